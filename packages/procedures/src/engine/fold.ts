import { ancestorsOf, byDigest } from './order.ts'
import type { CaseDocument, CaseFacts, CaseView, Finding, Procedure, Reason, Standing } from './procedure.ts'
import {
  answersNothing,
  answersOlder,
  caseRecalled,
  documentDefinition,
  notPossible,
  notStarted,
  notTheWriter,
  overtaken,
  recalled,
  secondStart,
  startingDocument,
  undelivered,
  unknownDocument,
} from './reasons.ts'
import { caseView } from './view.ts'

export interface Fold {
  readonly view: CaseView
  /** What each effective document met: the case before it. */
  readonly before: readonly CaseView[]
}

const effective: Standing = { standing: 'effective' }
const waiting: Standing = { standing: 'waiting' }

/** Folds the placed documents into a state and writes each one's standing. A void document leaves the view as it was. */
export function foldDocuments(
  procedure: Procedure,
  order: readonly CaseDocument[],
  facts: CaseFacts,
  standings: Map<string, Standing>,
): Fold {
  const before: CaseView[] = []
  let view = caseView(facts, null, [])
  for (const document of order) {
    const judged = judge(procedure, view, document, order)
    if (typeof judged === 'string') {
      before.push(view)
      view = caseView(facts, judged, [...view.effective, document])
      standings.set(document.digest, effective)
    } else {
      standings.set(document.digest, { standing: 'void', reason: judged })
    }
  }
  return { view, before }
}

/** Why no document can start the case any more. */
export type StartGone = 'undelivered' | 'recalled'

/** Standings while no document has started the case: what could count waits with it, unless the start was refused or recalled. */
export function standUnstarted(
  procedure: Procedure,
  order: readonly CaseDocument[],
  facts: CaseFacts,
  gone: StartGone | null,
  standings: Map<string, Standing>,
): void {
  for (const document of order) {
    const reason = isRecalled(facts, document)
      ? recalled
      : (wrongWriter(procedure, facts, document) ?? (gone === null ? null : { undelivered, recalled: caseRecalled }[gone]))
    standings.set(document.digest, reason === null ? waiting : { standing: 'void', reason })
  }
}

export function isRecalled({ recalled }: CaseFacts, { digest }: { readonly digest: string }): boolean {
  return recalled?.has(digest) === true
}

/** Whether `document` starts the case when nothing has started it before. */
export function isStart(procedure: Procedure, facts: CaseFacts, document: { readonly document: string; readonly by: string }): boolean {
  return document.by === facts.owner && document.document === startingDocument(procedure)
}

/** Findings of every effective document where it stands. */
export function findingsOf(procedure: Procedure, fold: Fold): readonly (Finding & { readonly digest: string })[] {
  return fold.view.effective.flatMap((document, at) =>
    procedure.check(fold.before[at] as CaseView, document).map((finding) => ({ ...finding, digest: document.digest })),
  )
}

/** The next state, or why the document is void where it stands. */
function judge(procedure: Procedure, view: CaseView, document: CaseDocument, order: readonly CaseDocument[]): string | Reason {
  if (isRecalled(view.facts, document)) return recalled
  const definition = documentDefinition(procedure, document.document)
  if (definition === undefined) return unknownDocument
  if (!mayWrite(procedure, view.facts, document.by, definition.by)) return notTheWriter
  if (definition.starts) return view.state === null ? procedure.initial : secondStart
  if (view.state === null) return notStarted
  const transitions = procedure.states[view.state]?.on ?? {}
  const transition = Object.hasOwn(transitions, document.document) ? transitions[document.document] : undefined
  if (transition === undefined) return illegal(procedure, view, view.state, document, order)
  if (definition.answers !== undefined) {
    if (document.answers === undefined) return answersNothing
    const latest = view.latest(...definition.answers)
    if (latest?.digest !== document.answers) return answersOlder(procedure, latest)
  }
  const notNow = definition.notNow?.(view)
  if (notNow) return notNow
  if (typeof transition === 'string') return transition
  const result = transition(view, document)
  return 'state' in result ? result.state : result.void
}

/** Overtaken by what its author had not seen; without such a document it was never possible. */
function illegal(procedure: Procedure, view: CaseView, state: string, document: CaseDocument, order: readonly CaseDocument[]): Reason {
  const past = ancestorsOf(document, byDigest(order))
  const unseen = view.effective.findLast((earlier) => !past.has(earlier.digest))
  return unseen === undefined ? notPossible(procedure, state) : overtaken(procedure, unseen)
}

function wrongWriter(procedure: Procedure, facts: CaseFacts, document: CaseDocument): Reason | null {
  const definition = documentDefinition(procedure, document.document)
  if (definition === undefined) return unknownDocument
  return mayWrite(procedure, facts, document.by, definition.by) ? null : notTheWriter
}

function mayWrite(procedure: Procedure, facts: CaseFacts, by: CaseDocument['by'], role: string): boolean {
  return role === procedure.roles.owner.role ? by === facts.owner : by !== facts.owner && facts.counterparties.includes(by)
}
