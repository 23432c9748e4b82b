import { defineProcedure } from '../engine/define-procedure.ts'
import type { CaseDocument, CaseView, DeadlineRule, Reason } from '../engine/procedure.ts'
import { checkViolationNotice } from './check.ts'
import { decidedNotice, noticeOf } from './current-notice.ts'
import { correction, filing, notice, repair, retraction } from './documents.ts'
import { violationNoticeEffects } from './effects.ts'
import { correctionExamples, filingExamples, noticeExamples, repairExamples, retractionExamples } from './examples.ts'
import { backToSuspected, notDecided } from './findings.ts'
import { integrityEntry } from './integrity-entry.ts'

const unlessDecided = (view: CaseView) => (decidedNotice(view) === null ? notDecided : null)

const anyPair = { version: 1, pair: 'any', from: null, to: null } as const

const deadlines: readonly DeadlineRule[] = [
  {
    // 劳动保障监察条例 17: sixty working days from the opening of the investigation.
    ...anyPair,
    rule: 'investigation',
    scope: { states: ['notified'] },
    start: { event: 'issued', documents: ['notice'] },
    when: (view) => decidedNotice(view) === null,
    workingDays: 60,
  },
  {
    ...anyPair,
    rule: 'filing',
    scope: { states: ['notified'] },
    start: { event: 'received', documents: ['notice', 'correction'] },
    when: (view) => decidedNotice(view) !== null,
    workingDays: 5,
  },
]

/** 劳动保障违法信息通报: the place of use tells the place of registration about an employer's violations. */
export const violationNotice = defineProcedure({
  name: 'violation-notice',
  retentionDays: 1825,
  path: 'violation-notices',
  version: 1,
  code: 'VN',
  title: { zh: '劳动保障违法信息通报', en: 'Labour-violation notice' },
  roles: {
    owner: { role: 'finder', title: { zh: '查处地', en: 'Place of use, which found the violation' } },
    counterparties: [{ role: 'home', title: { zh: '登记地', en: 'Place where the employer is registered' } }],
  },
  purposes: [{ code: 'labour-inspection', title: { zh: '劳动保障监察', en: 'Labour inspection' } }],
  documents: {
    notice: {
      title: { zh: '通报', en: 'Notice' },
      by: 'finder',
      starts: true,
      schema: notice,
      privacy: 'personal',
      batch: true,
      examples: noticeExamples,
    },
    filing: {
      title: { zh: '立案归档', en: 'Filing' },
      by: 'home',
      answers: ['notice', 'correction'],
      notNow: unlessDecided,
      schema: filing,
      privacy: 'organisation',
      batch: true,
      examples: filingExamples,
    },
    correction: {
      title: { zh: '更正', en: 'Correction' },
      by: 'finder',
      schema: correction,
      privacy: 'personal',
      batch: false,
      examples: correctionExamples,
    },
    retraction: {
      title: { zh: '撤回', en: 'Retraction' },
      by: 'finder',
      schema: retraction,
      privacy: 'organisation',
      batch: false,
      examples: retractionExamples,
    },
    repair: {
      title: { zh: '信用修复', en: 'Credit repair' },
      by: 'finder',
      notNow: unlessDecided,
      schema: repair,
      privacy: 'organisation',
      batch: false,
      examples: repairExamples,
    },
  },
  initial: 'notified',
  states: {
    notified: {
      title: { zh: '已通报', en: 'Notified' },
      ball: (view) => (decidedNotice(view) === null ? 'finder' : 'home'),
      on: { filing: 'filed', correction: correct, retraction: 'retracted', repair: 'repaired' },
    },
    filed: {
      title: { zh: '已归档', en: 'Filed' },
      ball: null,
      on: { correction: correct, retraction: 'retracted', repair: 'repaired' },
    },
    repaired: { title: { zh: '已修复', en: 'Repaired' }, final: true, ball: null, on: { retraction: 'retracted' } },
    retracted: { title: { zh: '已撤回', en: 'Retracted' }, final: true, ball: null, on: {} },
  },
  deadlines,
  effectiveUntil: (view) => decidedNotice(view)?.publicUntil ?? null,
  restricted: {
    scope: 'suspected',
    title: { zh: '查看和书写涉嫌（尚未认定）的通报', en: 'see and write notices that are only suspected' },
    holds: (view) => decidedNotice(view) === null,
  },
  check: checkViolationNotice,
  effects: violationNoticeEffects,
  entries: { employers: integrityEntry },
  registerAnswers: [],
})

/** A correction may turn a suspicion into a decision, never back. */
function correct(view: CaseView, document: CaseDocument): { readonly state: string } | { readonly void: Reason } {
  return decidedNotice(view) !== null && noticeOf(document).stage === 'suspected' ? { void: backToSuspected } : { state: 'notified' }
}
