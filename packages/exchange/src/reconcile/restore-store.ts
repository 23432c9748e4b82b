import type { LogFact } from '@hefu/protocol'
import { sql } from 'kysely'
import { lockCases, markToReplay } from '../cases/case-store.ts'
import type { Context } from '../context.ts'
import { insertAll, insertRows, type Tx } from '../db/bulk.ts'
import type { CaseRow } from '../db/schema.ts'
import { arrivalRow, documentRow, placeColumns } from '../inbox/arrival-rows.ts'
import { insertArrivals, readKnownCases } from '../inbox/inbox-store.ts'
import { appendToLog } from '../log/pending-log-store.ts'
import { promiseRow } from '../log/promises/promise-row.ts'
import { storedReceipt } from '../outbox/stored-receipt.ts'
import { keysOfCases } from '../vault/case-key-store.ts'
import { sealedDocument } from '../vault/sealed-document.ts'
import { caseKey } from '../vault/stored-keys.ts'
import { keyOf } from './compare-heads.ts'
import { restoreCases } from './restore-cases.ts'
import type { ProvenItem } from './verify-item.ts'

type StoreContext = Pick<Context, 'region' | 'vault' | 'now'>
type Key = { jti: string; iss: string }

/** The sweep applies what nobody applied; it waits while the rest of the case may still be on its way back. */
const applyGraceMs = 60_000

/**
 * Puts back whatever is missing of these messages, on either side of the exchange; answers what really was missing (by `iss jti`) and
 * the cases to replay. What this node has stays untouched, above all a message of its own that is still pending: the answer
 * to that comes by delivery, which also does what follows from a refusal.
 *
 * Order of locks as everywhere: inbox keys, cases, the rest.
 */
export async function storeProven(
  tx: Tx,
  ctx: StoreContext,
  proven: readonly ProvenItem[],
): Promise<{ keys: ReadonlySet<string>; caseNumbers: string[] }> {
  if (proven.length === 0) return { keys: new Set(), caseNumbers: [] }
  const nowMs = ctx.now()
  const candidates = await withoutContradictions(tx, proven)
  const received = candidates.filter(({ receiver }) => receiver === ctx.region)
  const known = await readKnownCases(tx, caseNumbersOf(candidates))
  const isOfCase = ({ claims }: ProvenItem) => known.get(claims.case ?? '')?.participants.includes(claims.iss) !== false
  const arrived = await insertArrivals(
    tx,
    received.map((one) => inboxRow(one, nowMs, isOfCase(one))),
  )
  await restoreCases(tx, ctx, candidates)
  const cases = await lockCases(tx, caseNumbersOf(candidates))
  const pending = await pendingHere(tx, ctx, candidates)
  const ours = candidates.filter((one) => !pending.has(keyOf(idOf(one))))
  const documents = await insertDocuments(
    tx,
    ctx,
    ours.filter((one) => takesPart(one, cases)),
    await keysOfCases(tx, ctx, caseNumbersOf(ours)),
    nowMs,
  )
  const delivered = await insertDelivered(
    tx,
    ours.filter(({ receiver }) => receiver !== ctx.region),
    nowMs,
  )
  const newReceipts = await insertReceipts(tx, ours, nowMs)
  const isArrived = (one: ProvenItem) => arrived.has(`${one.arrival.jti} ${one.arrival.digest}`)
  const isNew = (one: ProvenItem) => isArrived(one) || documents.has(keyOf(idOf(one)))
  const promises = newReceipts.filter(({ iss }) => iss !== ctx.region).flatMap((receipt) => promiseRow(receipt, nowMs))
  await insertAll(tx, 'promises', promises, sql`on conflict do nothing`)
  await appendToLog(tx, nowMs, [
    ...ours.filter(isNew).flatMap((one) => messageEntry(ctx, one)),
    ...newReceipts.map((row) => receiptEntry(ctx, row)),
  ])
  const restored = ours.filter((one) => isNew(one) || delivered.has(one.arrival.jti))
  const caseNumbers = caseNumbersOf(restored)
  await markToReplay(tx, caseNumbers, new Date(nowMs + applyGraceMs))
  return { keys: new Set(restored.map((one) => keyOf(idOf(one)))), caseNumbers }
}

function idOf({ arrival, claims }: ProvenItem) {
  return { iss: claims.iss, jti: arrival.jti }
}

function caseNumbersOf(items: readonly ProvenItem[]): string[] {
  return [...new Set(items.flatMap(({ claims }) => (claims.case === undefined ? [] : [claims.case as string])))]
}

/** Other bytes under the same id, or another receipt for the same bytes: both sides' evidence stays as it is, for people to judge. */
async function withoutContradictions(tx: Tx, proven: readonly ProvenItem[]): Promise<ProvenItem[]> {
  const jtis = proven.map(({ arrival }) => arrival.jti)
  const { rows } = await sql<
    Key & { digest: string; receipt: string | null }
  >`select jti, iss, digest, null as receipt from documents where jti = any(${jtis}::uuid[])
    union all select jti, iss, digest, null from inbox where jti = any(${jtis}::uuid[]) and first
    union all select jti, iss, digest, receipt from places where jti = any(${jtis}::uuid[])`.execute(tx)
  const byKey = Map.groupBy(rows, keyOf)
  const contradicted = (one: ProvenItem) =>
    (byKey.get(keyOf(idOf(one))) ?? []).some(
      (row) => row.digest !== one.arrival.digest || (row.receipt !== null && row.receipt !== one.proof.receiptDigest),
    )
  const unique = new Map(proven.map((one) => [keyOf(idOf(one)), one]))
  return [...unique.values()].filter((one) => !contradicted(one))
}

/** What a region says about a case that it has no part in leaves no trace in the case (as in acceptance). */
function takesPart({ claims }: ProvenItem, cases: readonly CaseRow[]): boolean {
  const row = cases.find((one) => one.case_number === claims.case)
  return row === undefined || row.participants.some(({ region }) => region === claims.iss)
}

/** A refusal is applied as well (as in acceptance): a runner killed before it replays must not leave what waits for it waiting. */
function inboxRow({ arrival, claims, proof, receiver }: ProvenItem, nowMs: number, isOfCase: boolean) {
  const isToApply = isOfCase && documentRow({ region: receiver }, arrival, nowMs).length > 0
  return {
    ...arrivalRow(arrival, claims.iss, proof.receivedAt * 1000, proof, isToApply),
    applied_at: isToApply ? null : new Date(nowMs),
    next_apply_at: isToApply ? new Date(nowMs + applyGraceMs) : null,
  }
}

async function pendingHere(tx: Tx, { region }: StoreContext, items: readonly ProvenItem[]): Promise<Set<string>> {
  const jtis = items.flatMap((one) => (one.receiver === region ? [] : [one.arrival.jti]))
  if (jtis.length === 0) return new Set()
  const rows = await tx
    .selectFrom('outbox')
    .select('jti')
    .where('jti', '=', sql<string>`any(${jtis}::uuid[])`)
    .where('state', '=', 'pending')
    .forUpdate()
    .execute()
  return new Set(rows.map(({ jti }) => keyOf({ iss: region, jti })))
}

/**
 * The exact bytes, received when the receipt says. A row without that time is one whose answer was lost, or one that was given up here
 * as never sent although the peer has signed for it: the receipt settles both.
 */
async function insertDocuments(
  tx: Tx,
  ctx: StoreContext,
  items: readonly ProvenItem[],
  dataKeys: ReadonlyMap<string, string>,
  nowMs: number,
): Promise<Set<string>> {
  const rows = items.flatMap(({ arrival, receiver, proof }) =>
    documentRow({ region: receiver }, arrival, proof.receivedAt * 1000).map((row) => ({
      ...sealedDocument(ctx.vault, caseKey({ ...row, data_key: dataKeys.get(row.case_number) ?? null }), {
        ...row,
        // Only the sender keeps the bytes of what was refused: the new document is written from them.
        message: receiver === ctx.region && arrival.verdict.status === 'refused' ? null : arrival.token,
      }),
      stored_at: new Date(nowMs),
    })),
  )
  if (rows.length === 0) return new Set()
  const conflict = sql`on conflict (jti, iss) do update set received_at = excluded.received_at, status = excluded.status, refusal = excluded.refusal, standing = excluded.standing
    where documents.received_at is null and documents.digest = excluded.digest returning jti, iss`
  const { rows: keys } = (await insertRows('documents', rows, conflict).execute(tx)) as { rows: Key[] }
  return new Set(keys.map(keyOf))
}

/** Delivered long ago: the outbox knows it again, and nothing sends it a second time. Answers the `jti` of those that it did not know as such. */
async function insertDelivered(tx: Tx, items: readonly ProvenItem[], nowMs: number): Promise<Set<string>> {
  const rows = items.flatMap(({ arrival, receiver, claims, proof }) => {
    if (claims.case === undefined || claims.iat === undefined || claims.exp === undefined) return []
    const issuedAt = new Date(claims.iat * 1000)
    return [
      {
        jti: arrival.jti,
        digest: arrival.digest,
        peer: receiver,
        case_number: claims.case,
        state: arrival.verdict.status === 'accepted' ? 'delivered' : 'refused',
        attempts: 1,
        deferrals: 0,
        split: 0,
        bytes: arrival.token.length,
        next_attempt_at: new Date(nowMs),
        expires_at: new Date(claims.exp * 1000),
        created_at: issuedAt,
        sent_at: issuedAt,
        answered_at: new Date(proof.receivedAt * 1000),
        ...placeColumns(proof),
      },
    ]
  })
  if (rows.length === 0) return new Set()
  const conflict = sql`on conflict (jti) do update set state = excluded.state, sent_at = excluded.sent_at, answered_at = excluded.answered_at,
    receipt = excluded.receipt, leaf_index = excluded.leaf_index, path = excluded.path where outbox.receipt is null returning jti`
  const { rows: placed } = (await insertRows('outbox', rows, conflict).execute(tx)) as { rows: { jti: string }[] }
  return new Set(placed.map(({ jti }) => jti))
}

/** Answers the rows of those that were missing. */
async function insertReceipts(tx: Tx, items: readonly ProvenItem[], nowMs: number) {
  const receipts = [
    ...new Map(items.map(({ proof }) => [proof.receiptDigest, storedReceipt(proof.receipt, proof.receiptDigest, nowMs)])).values(),
  ]
  if (receipts.length === 0) return []
  const { rows } = (await insertRows(
    'receipts',
    receipts.map((row) => ({ ...row })),
    sql`on conflict (digest) do nothing returning digest`,
  ).execute(tx)) as { rows: { digest: string }[] }
  const fresh = new Set(rows.map(({ digest }) => digest))
  return receipts.filter(({ digest }) => fresh.has(digest))
}

/** As it was written the first time: what was sent or received; what this side refused is a refusal. */
function messageEntry({ region }: StoreContext, { receiver, arrival: { jti, digest, verdict }, claims }: ProvenItem): LogFact[] {
  const { iss, procedure, document, case: caseNumber } = claims
  if (receiver === region && verdict.status === 'refused')
    return [{ kind: 'refusal', iss, aud: receiver, jti, digest, reason: verdict.reason }]
  if (procedure === undefined || document === undefined || caseNumber === undefined) return []
  return [
    {
      kind: receiver === region ? 'message.received' : 'message.sent',
      iss,
      aud: receiver,
      jti,
      procedure,
      document,
      case: caseNumber,
      digest,
    },
  ]
}

function receiptEntry({ region }: StoreContext, { iss, aud, jti, digest, size, root }: ReturnType<typeof storedReceipt>): LogFact {
  return { kind: iss === region ? 'receipt.issued' : 'receipt.received', iss, aud, jti, digest, size, root }
}
