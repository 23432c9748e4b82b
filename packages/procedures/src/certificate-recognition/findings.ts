import type { Finding, Reason, Severity } from '../engine/procedure.ts'

const texts = {
  'level-differs-from-number': ['error', '等级与证书编号中的等级不一致', 'The level is not the one in the certificate number'],
  'province-differs-from-number': [
    'error',
    '证书编号中的省份与所询问的发证地不一致，请向发证地核验',
    'The number names another province than the issuer asked: ask there',
  ],
  'year-after-issue': ['error', '证书编号中的年份晚于发证日期', 'The year in the number lies after the issue date'],
  'issued-later': ['error', '发证日期晚于请求日期', 'The issue date lies after the day of the request'],
  'record-differs': ['error', '登记内容与请求不一致，不能答复“真实”', 'The record differs from the request: the answer is not `authentic`'],
  'subsidy-missing': ['error', '用途为补贴时须说明是否已发放补贴', 'For the use `subsidy` the answer says whether one was paid'],
  'subsidy-not-asked': ['error', '未询问补贴，不得提供补贴信息', 'No subsidy was asked about: leave it out'],
  'fields-repeated': ['error', '不一致字段重复', 'A field is listed twice'],
  'revoked-before-issue': ['error', '撤销日期早于发证日期', 'The revocation lies before the issue date'],
  'revoked-later': ['error', '撤销日期晚于出具日期', 'The revocation lies after the day of this document'],
  'never-authentic': [
    'error',
    '该证书此前未核验为真实，无需撤销',
    'The certificate was not verified as authentic: there is nothing to revoke',
  ],
  'rule-does-not-apply': ['error', '该互认规则不适用于此证书', 'This rule does not apply to the certificate'],
  'not-authentic': ['error', '最近一次核验结果不是“真实”，不能认可', 'The latest verification is not `authentic`: it cannot be recognised'],
  'reason-needed': ['error', '收到撤销通知后仍予认可的，须说明理由', 'After a revocation, recognising needs a reason'],
} as const satisfies Record<string, readonly [Severity, string, string]>

export type FindingCode = keyof typeof texts

export function finding(code: FindingCode, pointer: string): Finding {
  const [severity, zh, en] = texts[code]
  return { severity, code, pointer, zh, en }
}

export function voidReason(code: FindingCode): Reason {
  const [, zh, en] = texts[code]
  return { code, zh, en }
}
