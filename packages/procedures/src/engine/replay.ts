import { deadlinesOf } from './deadlines.ts'
import { findingsOf, foldDocuments, isRecalled, isStart, type StartGone, standUnstarted } from './fold.ts'
import { placeDocuments } from './order.ts'
import type { CaseDocument, CaseFacts, CaseView, Finding, Procedure, Replay, Standing } from './procedure.ts'
import { recalled, refusalReason } from './reasons.ts'
import { caseView } from './view.ts'

/**
 * What a set of documents and facts means: the same on every node that holds the same set (procedures.md section 1).
 * Total on documents that match their schemas; order and duplicates of the input do not matter. No clock takes part.
 * Findings are computed when they are first read: most callers only need the state.
 */
export function replay(procedure: Procedure, documents: readonly CaseDocument[], facts: CaseFacts): Replay {
  const { order, waiting, forks } = placeDocuments(documents, facts)
  const standings = new Map<string, Standing>()
  const digests = order.map((document) => document.digest)
  const started = order.some((document) => isStart(procedure, facts, document) && !isRecalled(facts, document))
  if (!started) {
    const gone = startGone(procedure, order, facts)
    standUnstarted(procedure, order, facts, gone, standings)
    standAside(waiting, facts, standings)
    return unstarted(gone, standings, digests, forks, caseView(facts, null, []))
  }
  const fold = foldDocuments(procedure, order, facts, standings)
  standAside(waiting, facts, standings)
  const { view } = fold
  const state = view.state as string
  const definition = procedure.states[state]
  if (definition === undefined) throw new Error(`procedure ${procedure.name} has no state ${state}`)
  const final = definition.final === true
  const ballHolder = typeof definition.ball === 'function' ? definition.ball(view) : definition.ball
  let findings: readonly (Finding & { readonly digest: string })[] | undefined
  return {
    state,
    final,
    ballHolder,
    deadlines: deadlinesOf(procedure, view, final, ballHolder),
    effectiveUntil: procedure.effectiveUntil?.(view) ?? null,
    standings,
    order: digests,
    forks,
    get findings() {
      findings ??= findingsOf(procedure, fold)
      return findings
    },
    view,
  }
}

function standAside(waiting: readonly CaseDocument[], facts: CaseFacts, standings: Map<string, Standing>): void {
  for (const document of waiting)
    standings.set(document.digest, isRecalled(facts, document) ? { standing: 'void', reason: recalled } : { standing: 'waiting' })
  for (const refused of facts.refused) standings.set(refused.digest, { standing: 'refused', reason: refusalReason(refused.reason) })
}

/** Of a case that nothing starts: whether what should have started it is gone for good, and how. */
function startGone(procedure: Procedure, order: readonly CaseDocument[], facts: CaseFacts): StartGone | null {
  if (facts.refused.some((refused) => isStart(procedure, facts, refused))) return 'undelivered'
  return order.some((document) => isStart(procedure, facts, document)) ? 'recalled' : null
}

function unstarted(
  gone: StartGone | null,
  standings: ReadonlyMap<string, Standing>,
  order: readonly string[],
  forks: Replay['forks'],
  view: CaseView,
): Replay {
  return {
    state: gone ?? 'waiting',
    final: gone !== null,
    ballHolder: null,
    deadlines: [],
    effectiveUntil: null,
    standings,
    order,
    forks,
    findings: [],
    view,
  }
}
