import { isDeepStrictEqual } from 'node:util'
import {
  addMonths,
  creditClassByCode,
  type DateText,
  divisionStatus,
  shanghaiDate,
  type ViolationCode,
  violationByCode,
} from '@hefu/reference'
import type { CaseDocument, CaseView, Finding } from '../engine/procedure.ts'
import { currentNoticeDocument, decidedNotice, decidedOn, noticeOf } from './current-notice.ts'
import { type Correction, type DecidedNotice, type Filing, type Notice, noticeParts, type Repair } from './documents.ts'
import { backToSuspected, errorOf, finding } from './findings.ts'
import { findPersonalNumbers } from './personal-numbers.ts'

export function checkViolationNotice(view: CaseView, document: CaseDocument): readonly Finding[] {
  const issuedOn = shanghaiDate(document.issuedAt * 1000)
  const personal = findPersonalNumbers(document.data).map((pointer) => finding('personal-number-in-text', pointer))
  return [...personal, ...checkKind(view, document, issuedOn)]
}

function checkKind(view: CaseView, document: CaseDocument, issuedOn: DateText): readonly Finding[] {
  switch (document.document) {
    case 'notice':
      return checkNotice(document.data as Notice, issuedOn, '')
    case 'correction':
      return [...checkNotice(noticeOf(document), issuedOn, '/notice'), ...checkChange(view, document.data as Correction)]
    case 'filing':
      return notLater((document.data as Filing).enteredOn, issuedOn, '/enteredOn')
    case 'repair':
      return checkRepair(view, document.data as Repair, issuedOn)
    default:
      return []
  }
}

function checkNotice(notice: Notice, issuedOn: DateText, at: string): readonly Finding[] {
  return [
    ...notice.violations.flatMap((violation, index) => checkViolation(violation, issuedOn, `${at}/violations/${index}`)),
    ...checkDivision(notice.employer.divisionCode, issuedOn, `${at}/employer/divisionCode`),
    ...checkDivision(notice.contactAgency.agency.slice(0, 6), issuedOn, `${at}/contactAgency/agency`),
    ...(notice.stage === 'decided' ? checkDecision(notice, issuedOn, at) : []),
  ]
}

function checkViolation(violation: Notice['violations'][number], issuedOn: DateText, at: string): readonly Finding[] {
  const { area, articles } = violationByCode[violation.code satisfies ViolationCode]
  const { from, to } = violation.period
  const findings: Finding[] = []
  if (area === 'SH') findings.push(finding('forward-safety-and-health', `${at}/code`))
  if (area !== violation.area) findings.push(finding('area-differs-from-code', `${at}/area`))
  if (!violation.articles.some((article) => articles.includes(article)))
    findings.push(finding('articles-differ-from-code', `${at}/articles`))
  if (from > to) findings.push(finding('period-reversed', `${at}/period`))
  return [...findings, ...notLater(to, issuedOn, `${at}/period/to`)]
}

/** 信用修复管理办法: minor at most 3 months, general 3 to 12, serious 12 to 36, counted from the decision. */
function checkDecision(notice: DecidedNotice, issuedOn: DateText, at: string): readonly Finding[] {
  const findings = notice.dispositions.flatMap((disposition, index) =>
    notLater(disposition.decidedOn, issuedOn, `${at}/dispositions/${index}/decidedOn`),
  )
  const { min, max } = creditClassByCode[notice.creditClass].publicMonths
  const decided = decidedOn(notice) as DateText
  if (notice.publicUntil < addMonths(decided, min)) findings.push(finding('public-until-too-early', `${at}/publicUntil`))
  if (notice.publicUntil > addMonths(decided, max)) findings.push(finding('public-until-too-late', `${at}/publicUntil`))
  return findings
}

function checkChange(view: CaseView, correction: Correction): readonly Finding[] {
  const document = currentNoticeDocument(view)
  if (document === undefined) return []
  const before = noticeOf(document)
  const after = correction.notice
  const findings: Finding[] = []
  if (before.stage === 'decided' && after.stage === 'suspected') findings.push(errorOf(backToSuspected, '/notice/stage'))
  if (before.employer.uscc !== after.employer.uscc) findings.push(finding('other-employer', '/notice/employer/uscc'))
  const part = (notice: Notice, name: (typeof noticeParts)[number]) => (notice as Readonly<Record<string, unknown>>)[name]
  const differing = noticeParts.filter((name) => !isDeepStrictEqual(part(before, name), part(after, name)))
  const listed = noticeParts.filter((name) => correction.changed.includes(name))
  if (!isDeepStrictEqual(differing, listed)) findings.push(finding('changed-parts-differ', '/changed'))
  return findings
}

function checkRepair(view: CaseView, repair: Repair, issuedOn: DateText): readonly Finding[] {
  const notice = decidedNotice(view)
  const early = notice !== null && repair.repairedOn < decidedOn(notice)
  return [...(early ? [finding('repaired-before-decision', '/repairedOn')] : []), ...notLater(repair.repairedOn, issuedOn, '/repairedOn')]
}

function checkDivision(code: string | undefined, issuedOn: DateText, pointer: string): readonly Finding[] {
  return code !== undefined && divisionStatus(code, issuedOn) === 'abolished' ? [finding('division-abolished', pointer)] : []
}

function notLater(date: string, issuedOn: DateText, pointer: string): readonly Finding[] {
  return date > issuedOn ? [finding('later-than-issue', pointer)] : []
}
