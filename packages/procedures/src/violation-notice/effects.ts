import type { CaseDocument, CaseView, Effect } from '../engine/procedure.ts'
import { currentNoticeDocument, decidedNotice, noticeOf } from './current-notice.ts'
import type { Filing } from './documents.ts'
import type { IntegrityEntry } from './integrity-entry.ts'

export function violationNoticeEffects(view: CaseView, role: string): readonly Effect[] {
  const stated = currentNoticeDocument(view)
  if (stated === undefined) return []
  if (view.state === 'notified') return [role === 'home' ? filingTask(stated) : outcomeTask(stated)].filter((effect) => effect !== null)
  if (view.state === 'filed' && role === 'home') return fileEntry(view, stated)
  return []
}

function filingTask(stated: CaseDocument): Effect | null {
  if (noticeOf(stated).stage !== 'decided') return null
  return {
    kind: 'task',
    key: 'file-notice',
    digest: stated.digest,
    title: { zh: '将违法信息录入守法诚信档案并归档', en: "Enter the notice in the employer's integrity file" },
    document: 'filing',
  }
}

function outcomeTask(stated: CaseDocument): Effect | null {
  if (noticeOf(stated).stage !== 'suspected') return null
  return {
    kind: 'task',
    key: 'report-outcome',
    digest: stated.digest,
    title: {
      zh: '结案后更正为处理决定，或者撤回通报',
      en: 'When the investigation ends: correct the notice to the decision, or retract it',
    },
    document: 'correction',
  }
}

function fileEntry(view: CaseView, stated: CaseDocument): readonly Effect[] {
  const filed = view.latest('filing')
  const notice = decidedNotice(view)
  if (filed === undefined || notice === null) return []
  const { entryNumber, enteredOn, keyInspectionTarget } = filed.data as Filing
  const data: IntegrityEntry = {
    entryNumber,
    enteredOn,
    keyInspectionTarget,
    violations: notice.violations,
    dispositions: notice.dispositions,
    severity: notice.severity,
    creditClass: notice.creditClass,
    publicUntil: notice.publicUntil,
    publication: notice.publication,
    provenance: { caseNumber: view.facts.caseNumber, region: view.facts.owner, agency: stated.from, digest: stated.digest },
  }
  const lookup = { kind: 'uscc', value: notice.employer.uscc }
  return [{ kind: 'register', key: 'integrity-entry', digest: filed.digest, register: 'employers', lookup, data }]
}
