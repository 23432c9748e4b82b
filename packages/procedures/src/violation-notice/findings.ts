import type { Finding, Reason, Severity } from '../engine/procedure.ts'

export const notDecided: Reason = {
  code: 'not-decided',
  zh: '通报仍处于立案阶段，尚未作出处理决定',
  en: 'the notice reports a suspicion: nothing has been decided yet',
}

export const backToSuspected: Reason = {
  code: 'back-to-suspected',
  zh: '已作出处理决定的通报不能更正回立案阶段；决定被撤销的，请出具撤回',
  en: 'a decided notice cannot become a suspicion again: retract it when the decision was annulled',
}

const texts = {
  'personal-number-in-text': [
    'error',
    '文本中含有身份证件号码或电话号码，请删除',
    'The text holds an ID number or a telephone number: remove it',
  ],
  'forward-safety-and-health': [
    'error',
    '劳动安全卫生事项不由劳动保障监察办理（《劳动保障监察条例》第三十五条），请移送卫生健康或应急管理部门',
    'Labour safety and health is not for labour inspection (Regulations, Article 35): forward it to the health or emergency-management authority',
  ],
  'area-differs-from-code': ['error', '权益领域与违法行为代码不一致', 'The area is not that of the violation code'],
  'articles-differ-from-code': [
    'warning',
    '所引法条中没有该违法行为代码对应的条款，请核对',
    'None of the articles is one that this violation code is anchored in: check them',
  ],
  'period-reversed': ['error', '起始日期晚于终止日期', 'The first day lies after the last'],
  'later-than-issue': ['error', '日期晚于文书出具之日', 'The date lies after the day of issue'],
  'public-until-too-early': [
    'error',
    '公示截止日早于该失信类别的最短公示期',
    'The last public day lies before the shortest period of the credit class',
  ],
  'public-until-too-late': [
    'error',
    '公示截止日超过该失信类别的最长公示期',
    'The last public day lies beyond the longest period of the credit class',
  ],
  'division-abolished': [
    'warning',
    '该行政区划代码在出具之日已撤销，请核对现行代码',
    'This division was already abolished on the day of issue: check for the present code',
  ],
  'other-employer': [
    'error',
    '更正不能更换用人单位；请撤回本通报并另行通报',
    'A correction cannot name another employer: retract this notice and send a new one',
  ],
  'changed-parts-differ': ['warning', '所列更正项目与实际变化不一致', 'The parts listed as changed are not the ones that differ'],
  'repaired-before-decision': ['error', '修复日期早于处理决定日期', 'The repair lies before the decision'],
} as const satisfies Record<string, readonly [Severity, string, string]>

export type FindingCode = keyof typeof texts

export function finding(code: FindingCode, pointer: string): Finding {
  const [severity, zh, en] = texts[code]
  return { severity, code, pointer, zh, en }
}

export function errorOf(reason: Reason, pointer: string): Finding {
  return { severity: 'error', ...reason, pointer }
}
