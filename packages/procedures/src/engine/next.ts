import type { DocumentDefinition, NextDocument, Procedure, Reason, Replay } from './procedure.ts'
import { alreadyStarted, caseFinal, caseRecalled, nothingToAnswer, notInThisState, notStarted, otherSide, undelivered } from './reasons.ts'

/**
 * Every document of the procedure, in the order of its definition: whether `role` may write it now, or why not, and what it would answer.
 * Judged without the document's data: what a transition decides by the data is offered, and `check` says the rest at submit.
 */
export function nextFor(procedure: Procedure, replay: Replay, role: string): readonly NextDocument[] {
  return Object.entries(procedure.documents).map(([document, definition]) => {
    const reason = whyNot(procedure, replay, role, document, definition)
    if (reason !== null) return { document, by: definition.by, allowed: false, reason }
    const answered = definition.answers && replay.view.latest(...definition.answers)
    return { document, by: definition.by, allowed: true, ...(answered && { answers: answered.digest }) }
  })
}

function whyNot(procedure: Procedure, replay: Replay, role: string, document: string, definition: DocumentDefinition): Reason | null {
  const { view } = replay
  if (definition.by !== role) return otherSide
  if (view.state === null) return unstartedWhy(replay.state) ?? (definition.starts && replay.order.length === 0 ? null : notStarted)
  if (definition.starts) return alreadyStarted
  if (!Object.hasOwn(procedure.states[view.state]?.on ?? {}, document))
    return replay.final ? caseFinal : notInThisState(procedure, view.state)
  if (definition.answers !== undefined && view.latest(...definition.answers) === undefined)
    return nothingToAnswer(procedure, definition.answers)
  return definition.notNow?.(view) ?? null
}

function unstartedWhy(state: string): Reason | null {
  if (state === 'undelivered') return undelivered
  return state === 'recalled' ? caseRecalled : null
}
