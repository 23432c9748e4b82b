import type { AgencyCode, CaseNumber, RegionId } from '@hefu/reference'
import type { CaseDocument, CaseFacts, CaseView, NextDocument, Procedure, RefusedDocument, Replay } from '../src/index.ts'
import { nextFor, replay, seenFor } from '../src/index.ts'
import type { Rng } from './rng.ts'
import { seededRng } from './rng.ts'

/** What a procedure adds to the random histories: data of its documents, valid by its schema and without an `error` in `check`. */
export interface HistoryModel {
  readonly procedure: Procedure
  readonly data: (document: string, view: CaseView, rng: Rng) => unknown
  /** Codes of the procedure's own void reasons (`notNow`, transitions), each of which the histories must reach. */
  readonly voidReasons?: readonly string[]
}

/**
 * One thing that happens. `pick` chooses among what is possible then, `seed` makes the data.
 * write: a document legal by the side's own view; rogue: any document, as a faulty or hostile node would write it;
 * fork: as `write`, from a backup that lacks the side's latest document; deliver / refuse: one message on its way, in any order;
 * receipt: one receipt on its way back; recall: the side asks the other to give back a document of its own that arrived there;
 * confirm: one confirmation on its way back.
 */
export interface Step {
  readonly act: 'write' | 'rogue' | 'fork' | 'deliver' | 'refuse' | 'receipt' | 'recall' | 'confirm'
  readonly side: 0 | 1
  readonly pick: number
  readonly seed: number
}

export interface Side {
  readonly region: RegionId
  readonly role: string
  readonly documents: CaseDocument[]
  readonly refused: RefusedDocument[]
  readonly receivedAt: Map<string, number>
  readonly recalled: Set<string>
}

export interface History {
  readonly model: HistoryModel
  readonly sides: readonly [Side, Side]
}

interface Run extends History {
  readonly underway: { readonly document: CaseDocument; readonly to: Side }[]
  readonly receipts: { readonly digest: string; readonly receivedAt: number; readonly refused?: RefusedDocument; readonly to: Side }[]
  readonly confirmations: { readonly digest: string; readonly to: Side }[]
  readonly observe: (replay: Replay) => void
  now: number
  written: number
}

const owner = '510100' as RegionId
const counterparty = '500000' as RegionId
const agencies: Readonly<Record<string, AgencyCode>> = { [owner]: '510100-0001' as AgencyCode, [counterparty]: '500000-0001' as AgencyCode }
const startedAt = Date.UTC(2026, 1, 12, 1) / 1000

/** Plays the steps on two sides, then delivers everything that is still on its way. `observe` sees every replay on the way. */
export function playHistory(model: HistoryModel, steps: readonly Step[], observe: (replay: Replay) => void): History {
  const { roles } = model.procedure
  const sides = [newSide(owner, roles.owner.role), newSide(counterparty, roles.counterparties[0]?.role ?? '')] as const
  const run: Run = { model, sides, underway: [], receipts: [], confirmations: [], observe, now: startedAt, written: 0 }
  writeLegal(run, sides[0], sides[0], 0, steps[0]?.seed ?? 0)
  for (const step of steps) play(run, step)
  while (run.underway.length > 0) deliver(run, 0)
  while (run.receipts.length > 0) takeReceipt(run, 0)
  while (run.confirmations.length > 0) takeConfirmation(run, 0)
  return { model, sides }
}

export function factsOf(side: Side): CaseFacts {
  return {
    caseNumber: `${owner}-XX-20260212-00000000` as CaseNumber,
    owner,
    counterparties: [counterparty],
    deadlineRules: 1,
    receivedAt: side.receivedAt,
    refused: side.refused,
    recalled: side.recalled,
  }
}

export function replayOf(model: HistoryModel, side: Side): Replay {
  return replay(model.procedure, side.documents, factsOf(side))
}

function play(run: Run, step: Step): void {
  run.now += 3600 * (1 + (step.pick % 40))
  const side = run.sides[step.side]
  if (step.act === 'write') writeLegal(run, side, side, step.pick, step.seed)
  else if (step.act === 'fork') writeLegal(run, side, restoredBackup(side), step.pick, step.seed)
  else if (step.act === 'rogue') writeRogue(run, side, step.pick, step.seed)
  else if (step.act === 'deliver') deliver(run, step.pick)
  else if (step.act === 'refuse') refuse(run, step.pick)
  else if (step.act === 'recall') recall(run, side, step.pick)
  else if (step.act === 'confirm') takeConfirmation(run, step.pick)
  else takeReceipt(run, step.pick)
}

/** Writes what `basis`, the side as its author believes it to be, allows. What `check` reports as an error is not submitted. */
function writeLegal(run: Run, side: Side, basis: Side, pick: number, seed: number): void {
  const { procedure, data } = run.model
  const seenNow = replayOf(run.model, basis)
  run.observe(seenNow)
  const offers = nextFor(procedure, seenNow, side.role).filter((offer) => offer.allowed)
  const offer = offers[pick % Math.max(offers.length, 1)]
  if (offer === undefined) return
  const seen = seenFor(basis.documents, factsOf(basis), side.region)
  const document = newDocument(run, side, offer, seen, data(offer.document, seenNow.view, seededRng(seed)))
  if (procedure.check(seenNow.view, document).some((finding) => finding.severity === 'error')) return
  send(run, side, document)
}

function writeRogue(run: Run, side: Side, pick: number, seed: number): void {
  const rng = seededRng(seed)
  const { procedure, data } = run.model
  const kinds = Object.keys(procedure.documents)
  const kind = pick % 9 === 0 ? 'no-such-document' : rng.pick(kinds)
  const held = side.documents.map((document) => document.digest)
  const seen = rng.chance(0.7) ? seenFor(side.documents, factsOf(side), side.region) : held.filter(() => rng.chance(0.5))
  const answers = rng.chance(0.7) && held.length > 0 ? rng.pick(held) : undefined
  const content = kinds.includes(kind) ? data(kind, replayOf(run.model, side).view, rng) : {}
  send(run, side, newDocument(run, side, { document: kind, ...(answers !== undefined && { answers }) }, seen, content))
}

function newDocument(
  run: Run,
  side: Side,
  offer: Pick<NextDocument, 'document' | 'answers'>,
  seen: readonly string[],
  data: unknown,
): CaseDocument {
  run.written += 1
  const other = side.region === owner ? counterparty : owner
  return {
    digest: digestOf(run.written, offer.document),
    document: offer.document,
    by: side.region,
    from: agencies[side.region] as AgencyCode,
    to: agencies[other] as AgencyCode,
    issuedAt: run.now,
    seen,
    ...(offer.answers !== undefined && { answers: offer.answers }),
    data,
  }
}

/** Digests in no order that has to do with the order of writing. */
function digestOf(count: number, kind: string): string {
  return `${((count * 2654435761 + kind.length * 40503) >>> 0).toString(36).padStart(7, '0')}-${count}`
}

function send(run: Run, side: Side, document: CaseDocument): void {
  side.documents.push(document)
  run.underway.push({ document, to: otherSide(run, side) })
}

function deliver(run: Run, pick: number): void {
  const message = takeOne(run.underway, pick)
  if (message === undefined) return
  message.to.documents.push(message.document)
  message.to.receivedAt.set(message.document.digest, run.now)
  run.receipts.push({ digest: message.document.digest, receivedAt: run.now, to: otherSide(run, message.to) })
  run.observe(replayOf(run.model, message.to))
}

function refuse(run: Run, pick: number): void {
  const message = takeOne(run.underway, pick)
  if (message === undefined) return
  const { digest, document, by } = message.document
  const refused = { digest, document, by, reason: 'expired' }
  message.to.refused.push(refused)
  run.receipts.push({ digest, receivedAt: run.now, refused, to: otherSide(run, message.to) })
}

function takeReceipt(run: Run, pick: number): void {
  const receipt = takeOne(run.receipts, pick)
  if (receipt === undefined) return
  if (receipt.refused) receipt.to.refused.push(receipt.refused)
  else receipt.to.receivedAt.set(receipt.digest, receipt.receivedAt)
}

/** The receiver judges by its own half, as a node does: of a final case nothing is given back. Its content is gone there at once. */
function recall(run: Run, side: Side, pick: number): void {
  const other = otherSide(run, side)
  if (replayOf(run.model, other).final) return
  const arrived = other.documents.filter(({ by, digest }) => by === side.region && !other.recalled.has(digest))
  const document = arrived[pick % Math.max(arrived.length, 1)]
  if (document === undefined) return
  other.recalled.add(document.digest)
  other.documents[other.documents.indexOf(document)] = { ...document, data: {} }
  run.confirmations.push({ digest: document.digest, to: side })
  run.observe(replayOf(run.model, other))
}

function takeConfirmation(run: Run, pick: number): void {
  const confirmation = takeOne(run.confirmations, pick)
  if (confirmation === undefined) return
  confirmation.to.recalled.add(confirmation.digest)
  run.observe(replayOf(run.model, confirmation.to))
}

function restoredBackup(side: Side): Side {
  const latest = side.documents.findLast((document) => document.by === side.region)
  if (latest === undefined) return side
  const at = side.documents.indexOf(latest)
  return { ...side, documents: side.documents.slice(0, at) }
}

function otherSide(run: Run, side: Side): Side {
  return side === run.sides[0] ? run.sides[1] : run.sides[0]
}

function takeOne<T>(list: T[], pick: number): T | undefined {
  return list.splice(pick % Math.max(list.length, 1), 1)[0]
}

function newSide(region: RegionId, role: string): Side {
  return { region, role, documents: [], refused: [], receivedAt: new Map(), recalled: new Set() }
}
