import type { CaseDocument, CaseView } from '../engine/procedure.ts'
import type { Correction, DecidedNotice, Notice } from './documents.ts'

/** The notice that a document states: a correction states a whole one. */
export function noticeOf(document: CaseDocument): Notice {
  return document.document === 'correction' ? (document.data as Correction).notice : (document.data as Notice)
}

/** The document that states the notice as it now stands. */
export function currentNoticeDocument(view: CaseView): CaseDocument | undefined {
  return view.latest('notice', 'correction')
}

/** The notice as it now stands, when it reports a decision and not only a suspicion. */
export function decidedNotice(view: CaseView): DecidedNotice | null {
  const document = currentNoticeDocument(view)
  if (document === undefined) return null
  const notice = noticeOf(document)
  return notice.stage === 'decided' ? notice : null
}

/** Day of the last of its decisions: the credit periods count from it. */
export function decidedOn(notice: DecidedNotice): string {
  return notice.dispositions
    .map((disposition) => disposition.decidedOn)
    .sort()
    .at(-1) as string
}
