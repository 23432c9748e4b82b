import { type KnownClaims, messageDigest, receiptLeafHash, signReceipt, toBase64url } from '@hefu/protocol'
import { caseNumberParts } from '@hefu/reference'
import { buildTree } from '@hefu/translog'
import { sql } from 'kysely'
import { raiseAlert } from '../alerts/alert-store.ts'
import type { Context } from '../context.ts'
import { insertDocuments, runTogether, type Statement, type Tx } from '../db/bulk.ts'
import type { CaseRow, DocumentRow, PlaceRow, ReceiptRow } from '../db/schema.ts'
import { type LogEntry, logStatements } from '../log/pending-log.ts'
import { uuidv7 } from '../uuid.ts'
import { caseRowOf } from './case-row.ts'
import { arrivedCaseStatements, insertArrivals, quarantine, receiptStatements, type StoredAnswer } from './inbox-store.ts'
import type { Verdict } from './judge-message.ts'

/** A message that will get a signed answer for the first time. */
export interface NewArrival {
  readonly token: string
  readonly jti: string
  readonly digest: string
  /** False when its (iss, jti) already stands for other bytes. */
  readonly first: boolean
  readonly verdict: Exclude<Verdict, { status: 'deferred' }>
}

export interface Stored {
  /** Of what was really new. */
  readonly answers: readonly StoredAnswer[]
  readonly caseNumbers: string[]
  readonly receipt: string | null
}

type StoreContext = Pick<Context, 'region' | 'db' | 'signer' | 'now' | 'log' | 'metrics' | 'recent'>

const nothing: Stored = { answers: [], caseNumbers: [], receipt: null }

/** How soon the sweep looks after an accepted message that no job applied. */
const applyGraceMs = 2_000

/** One transaction: arrivals, one receipt over those really inserted, places, documents, cases, pending log entries. */
export async function storeArrivals(ctx: StoreContext, iss: string, arrivals: readonly NewArrival[]): Promise<Stored> {
  if (arrivals.length === 0) return nothing
  return await ctx.db.transaction().execute(async (tx) => {
    const nowMs = ctx.now()
    const keys = await insertArrivals(
      tx,
      arrivals.map((arrival) => arrivalRow(arrival, iss, nowMs)),
    )
    const inserted = arrivals.filter((arrival) => keys.has(`${arrival.jti} ${arrival.digest}`))
    if (inserted.length === 0) return nothing
    const issued = await issueReceipt(ctx, iss, inserted, nowMs)
    await runTogether(tx, [
      ...caseStatements(ctx, inserted),
      ...insertDocuments(
        inserted.flatMap((arrival) => documentRow(ctx, arrival, nowMs)),
        sql`on conflict do nothing`,
      ),
      ...receiptStatements(issued.row, issued.places),
      ...logStatements(nowMs, issued.entries),
    ])
    await keepReusedIds(
      tx,
      ctx,
      iss,
      inserted.filter((arrival) => !arrival.first),
    )
    const accepted = inserted.flatMap(({ verdict }) => (verdict.status === 'accepted' ? [verdict.claims.case] : []))
    return { answers: answersOf(inserted, issued), caseNumbers: [...new Set<string>(accepted)], receipt: issued.row.digest }
  })
}

export function arrivalRow({ jti, digest, first, verdict }: NewArrival, iss: string, nowMs: number) {
  const accepted = verdict.status === 'accepted'
  const known: KnownClaims = accepted ? verdict.claims : verdict.known
  return {
    jti,
    iss,
    digest,
    first,
    case_number: known.case ?? null,
    status: verdict.status,
    reason: accepted ? null : verdict.reason,
    received_at: new Date(Math.floor(nowMs / 1000) * 1000),
    applied_at: accepted ? null : new Date(nowMs),
    next_apply_at: accepted ? new Date(nowMs + applyGraceMs) : null,
  }
}

function caseStatements(ctx: StoreContext, inserted: readonly NewArrival[]): Statement[] {
  const starting: CaseRow[] = []
  const early: CaseRow[] = []
  for (const { verdict } of inserted) {
    // Of a case that is known here, only its owner's first document could change anything.
    if (verdict.status !== 'accepted' || verdict.claims.iss !== caseNumberParts(verdict.claims.case).owner) continue
    const rows = verdict.starts ? starting : early
    rows.push(caseRowOf(ctx.region, verdict))
  }
  return arrivedCaseStatements(starting, early)
}

/** Held: the exact bytes. Refused: enough to show it on both sides, no content; nothing at all where it is not about a case of ours. */
export function documentRow(
  ctx: Pick<Context, 'region'>,
  { token, jti, digest, first, verdict }: NewArrival,
  nowMs: number,
): DocumentRow[] {
  const claims: KnownClaims = verdict.status === 'accepted' ? verdict.claims : verdict.known
  const { iss, aud, case: caseNumber, document, from, to, iat } = claims
  if (
    !first ||
    aud !== ctx.region ||
    caseNumber === undefined ||
    document === undefined ||
    from === undefined ||
    to === undefined ||
    iat === undefined
  )
    return []
  if (verdict.status === 'refused' && verdict.reason === 'case-participants') return []
  const held = verdict.status === 'accepted'
  return [
    {
      jti,
      iss,
      aud,
      digest,
      case_number: caseNumber,
      document,
      from_agency: from,
      to_agency: to,
      issued_at: new Date(iat * 1000),
      received_at: new Date(Math.floor(nowMs / 1000) * 1000),
      seen: held ? verdict.claims.seen : [],
      answers: held ? (verdict.claims.answers ?? null) : null,
      status: held ? 'held' : 'refused',
      refusal: held ? null : verdict.reason,
      message: held ? token : null,
      standing: held ? 'waiting' : 'refused',
      standing_reason: null,
      stored_at: new Date(nowMs),
    },
  ]
}

interface Issued {
  readonly row: ReceiptRow
  readonly places: readonly PlaceRow[]
  readonly entries: readonly LogEntry[]
}

async function issueReceipt(ctx: StoreContext, iss: string, inserted: readonly NewArrival[], nowMs: number): Promise<Issued> {
  const leaves = inserted.map(({ jti, digest, verdict }) =>
    receiptLeafHash({ jti, digest, status: verdict.status, ...(verdict.status === 'refused' ? { reason: verdict.reason } : {}) }),
  )
  const tree = buildTree(leaves)
  const root = toBase64url(tree.root)
  const receivedAt = Math.floor(nowMs / 1000)
  const jti = uuidv7(nowMs)
  const receipt = await signReceipt(
    { iss: ctx.region, aud: iss as typeof ctx.region, jti, iat: receivedAt, receivedAt, tree: { size: tree.size, root } },
    ctx.signer,
  )
  const digest = messageDigest(receipt)
  const places = inserted.map((arrival, at) => ({
    jti: arrival.jti,
    iss,
    digest: arrival.digest,
    status: arrival.verdict.status,
    reason: arrival.verdict.status === 'refused' ? arrival.verdict.reason : null,
    receipt: digest,
    leaf_index: at,
    path: (tree.paths[at] ?? []).map(toBase64url),
  }))
  return {
    row: {
      digest,
      iss: ctx.region,
      aud: iss,
      jti,
      receipt,
      received_at: new Date(receivedAt * 1000),
      size: tree.size,
      root,
      stored_at: new Date(nowMs),
    },
    places,
    entries: [
      ...inserted.map((arrival) => logEntry(ctx, iss, arrival)),
      { kind: 'receipt.issued', iss: ctx.region, aud: iss, jti, digest, size: tree.size, root },
    ],
  }
}

/** The same that a later look-up of these messages finds. */
function answersOf(inserted: readonly NewArrival[], { row, places }: Issued): StoredAnswer[] {
  return places.map(({ jti, digest, status, reason, leaf_index, path }, at) => ({
    jti,
    digest,
    first: inserted[at]?.first === true,
    status,
    reason,
    receipt: row.receipt,
    index: leaf_index,
    path,
  }))
}

function logEntry(ctx: StoreContext, iss: string, { jti, digest, verdict }: NewArrival): LogEntry {
  if (verdict.status === 'refused') return { kind: 'refusal', iss, aud: ctx.region, jti, digest, reason: verdict.reason }
  const { claims } = verdict
  return {
    kind: 'message.received',
    iss,
    aud: claims.aud,
    jti,
    procedure: claims.procedure,
    document: claims.document,
    case: claims.case,
    digest,
  }
}

async function keepReusedIds(tx: Tx, ctx: StoreContext, iss: string, reused: readonly NewArrival[]): Promise<void> {
  if (reused.length === 0) return
  await quarantine(
    tx,
    ctx.now(),
    reused.map(({ jti, digest, token }) => ({ iss, jti, digest, message: token })),
  )
  for (const { jti, digest } of reused)
    await raiseAlert(tx, ctx, { kind: 'message.reused-id', key: `${iss}:${jti}:${digest}`, peer: iss, jti, detail: { digest } })
}
