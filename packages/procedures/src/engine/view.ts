import type { CaseDocument, CaseFacts, CaseView } from './procedure.ts'

/** The case with these effective documents, in order. */
export function caseView(facts: CaseFacts, state: string | null, effective: readonly CaseDocument[]): CaseView {
  return {
    facts,
    state,
    effective,
    latest: (...kinds) => {
      for (let at = effective.length - 1; at >= 0; at--) {
        const document = effective[at] as CaseDocument
        if (kinds.includes(document.document)) return document
      }
      return undefined
    },
  }
}
