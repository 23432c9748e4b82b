import type { CaseView } from '../src/index.ts'
import { violationNotice } from '../src/index.ts'
import { currentNoticeDocument, decidedNotice, noticeOf } from '../src/violation-notice/current-notice.ts'
import type { Notice } from '../src/violation-notice/documents.ts'
import { noticeParts } from '../src/violation-notice/documents.ts'
import type { HistoryModel } from './history.ts'
import type { Rng } from './rng.ts'

const violations = [
  { code: 'WG-01', area: 'WG', articles: ['LSSR-26-1'] },
  { code: 'RV-01', area: 'RV', articles: ['LSSR-25'] },
  { code: 'CT-01', area: 'CT', articles: ['LSSR-24'] },
] as const

export const violationNoticeModel: HistoryModel = {
  procedure: violationNotice,
  voidReasons: ['not-decided', 'back-to-suspected'],
  data: (document, view, rng) => {
    switch (document) {
      case 'notice':
        return randomNotice(rng, rng.chance(0.7))
      case 'correction':
        return randomCorrection(view, rng)
      case 'filing':
        return { entryNumber: `渝信档〔2026〕${rng.int(100, 999)}`, enteredOn: '2026-02-12', keyInspectionTarget: rng.chance(0.5) }
      case 'retraction':
        return { reason: rng.pick(['decision-annulled', 'sent-in-error']), explanation: '经复核撤回。' }
      default:
        return { repairedOn: '2026-02-12', decisionNumber: `成人社信修〔2026〕${rng.int(100, 999)}` }
    }
  },
}

function randomNotice(rng: Rng, decided: boolean): Notice {
  const { code, area, articles } = rng.pick(violations)
  const common = {
    employer: {
      uscc: '91500112MA5U7B2C22',
      name: '重庆渝帆建筑劳务有限公司',
      registeredAddress: '重庆市北碚区水土街道思源路100号',
      legalRepresentative: '陈立新',
    },
    violations: [
      { code, area, articles: [...articles], period: { from: '2025-09-01', to: '2025-12-31' }, workersAffected: rng.int(1, 500) },
    ],
    facts: '经查，该单位存在上述违法行为。',
    severity: rng.pick(['ordinary', 'major'] as const),
    contactAgency: { agency: '510100-0001', name: '成都市劳动保障监察总队' },
  }
  if (!decided) return { stage: 'suspected', ...common }
  return {
    stage: 'decided',
    ...common,
    dispositions: [{ code: 'ORDER_CORRECT', decisionNumber: `成人社监令〔2026〕${rng.int(100, 999)}`, decidedOn: '2026-01-10' }],
    creditClass: 'general',
    publicUntil: `2026-${rng.pick(['06', '09', '12'])}-30`,
    publication: rng.chance(0.5) ? { publishable: true, class: 'P1' } : { publishable: false },
  }
}

function randomCorrection(view: CaseView, rng: Rng): unknown {
  const stated = currentNoticeDocument(view)
  const notice = randomNotice(rng, decidedNotice(view) === null ? rng.chance(0.6) : rng.chance(0.85))
  const before: Readonly<Record<string, unknown>> = stated === undefined ? {} : { ...noticeOf(stated) }
  const after: Readonly<Record<string, unknown>> = { ...notice }
  const changed = noticeParts.filter((part) => JSON.stringify(before[part]) !== JSON.stringify(after[part]))
  return { notice, changed: changed.length > 0 ? changed : ['facts'], why: '复核后更正。' }
}
