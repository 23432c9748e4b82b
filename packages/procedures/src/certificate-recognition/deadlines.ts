import type { CaseDocument, CaseView, DeadlineRule } from '../engine/procedure.ts'

export const deadlines: readonly DeadlineRule[] = [
  {
    rule: 'verification',
    version: 1,
    pair: 'any',
    from: null,
    to: null,
    scope: { states: ['requested'] },
    start: { event: 'received', documents: ['request'] },
    workingDays: 3,
  },
  {
    rule: 'review',
    version: 1,
    pair: 'any',
    from: null,
    to: null,
    scope: { states: ['under-review'] },
    start: { event: 'received', documents: reviewOpenedBy },
    workingDays: 10,
  },
]

/**
 * The document that put the case under review: the first since the last decision that the state table sends there. What arrives
 * during a review does not start its clock again.
 */
export function reviewOpenedBy(view: CaseView): CaseDocument | undefined {
  let opened: CaseDocument | undefined
  let decided: string | null = null
  for (const document of view.effective) {
    if (document.document === 'decision') {
      decided = (document.data as { outcome: string }).outcome
      opened = undefined
    } else if (opened === undefined && opensReview(document.document, decided)) opened = document
  }
  return opened
}

function opensReview(document: string, decided: string | null): boolean {
  if (document === 'revocation') return decided !== 'refused'
  return document === 'verification' && decided !== null
}
