import { CLOCK_TOLERANCE_SECONDS, type LogFact, type Outcome, type ReceiptedOutcome } from '@hefu/protocol'
import { sql } from 'kysely'
import { raiseAlert } from '../alerts/alert-store.ts'
import { loadCases, lockCases } from '../cases/case-store.ts'
import { type Projected, projectCases } from '../cases/project-cases.ts'
import { openResendTask } from '../cases/task-store.ts'
import type { Context } from '../context.ts'
import { insertStatements, type Statement, type Tx } from '../db/bulk.ts'
import type { ReceiptRow } from '../db/schema.ts'
import { logStatements } from '../log/pending-log.ts'
import { promiseRow } from '../log/promises/promise-row.ts'
import { peerSuccessStatements } from '../peers/peer-store.ts'
import { type Batch, type LeasedMessage, recordAttempts } from './outbox-store.ts'
import { retryDelayMs } from './retry-delay.ts'
import { storedReceipt } from './stored-receipt.ts'

type RecordContext = Pick<Context, 'region' | 'db' | 'procedures' | 'now' | 'log' | 'metrics'>

interface Answered {
  readonly sent: LeasedMessage
  readonly outcome: Extract<Outcome, ReceiptedOutcome>
}

/**
 * Records what the peer signed, in one transaction under the case locks: a receipt is a fact that the clocks of the case
 * depend on, so the cases are replayed with it. Safe to repeat: only what is still pending changes.
 */
export async function recordAnswer(ctx: RecordContext, peer: string, batch: Batch, outcomes: readonly Outcome[]): Promise<void> {
  const answered = batch.messages.flatMap((sent, at): Answered[] => {
    const outcome = outcomes[at]
    return outcome?.status === 'accepted' || outcome?.status === 'refused' ? [{ sent, outcome }] : []
  })
  const unanswered = batch.messages.flatMap((sent, at) => {
    const outcome = outcomes[at]
    return outcome?.status === 'deferred' || outcome?.status === 'invalid' ? [{ sent, outcome }] : []
  })
  await ctx.db.transaction().execute(async (tx) => {
    const rows = await lockCases(tx, [...new Set(answered.map(({ sent }) => sent.case_number))])
    const fresh = await settle(tx, ctx, answered)
    const refused = fresh.flatMap(({ sent, outcome }) => (outcome.status === 'refused' ? [{ sent, reason: outcome.reason }] : []))
    for (const { sent } of refused) await cancelUnsentDescendants(tx, ctx, sent)
    const receipts = receiptRows(ctx, fresh)
    const projected = await projectCases(
      tx,
      ctx,
      await loadCases(tx, ctx, rows, new Map(batch.messages.map((sent) => [sent.digest, sent.message]))),
      [...receiptStatements(ctx, fresh, receipts), ...peerSuccessStatements(ctx.now(), peer)],
    )
    for (const { sent, reason } of refused) await reportRefusal(tx, ctx, peer, sent, reason, projected)
    await alertClocks(tx, ctx, peer, fresh, receipts)
    await retryLater(tx, ctx, peer, batch, unanswered)
  })
}

/**
 * Settles outbox and documents together; answers those that were still pending: a repeated answer changes nothing. A refused
 * document keeps its bytes on the sender's node: the officer writes the new one from it.
 */
async function settle(tx: Tx, ctx: RecordContext, answered: readonly Answered[]): Promise<Answered[]> {
  if (answered.length === 0) return []
  const jtis = answered.map(({ sent }) => sent.jti)
  const receivedAt = answered.map(({ outcome }) => new Date(outcome.receivedAt * 1000))
  const refusals = answered.map(({ outcome }) => (outcome.status === 'refused' ? outcome.reason : null))
  const { rows } = await sql<{ jti: string }>`with answers as materialized (
      select * from unnest(${jtis}::uuid[], ${receivedAt}::timestamptz[], ${refusals}::text[]) as a (jti, received_at, refusal)),
    settled as (
      update outbox o set state = case when a.refusal is null then 'delivered' else 'refused' end, answered_at = ${new Date(ctx.now())},
        attempts = o.attempts + 1, lease = null, lease_until = null
      from answers a where o.jti = a.jti and o.jti = any(${jtis}::uuid[]) and o.state = 'pending' returning o.jti, a.received_at, a.refusal),
    marked as (
      update documents d set received_at = s.received_at, refusal = s.refusal,
        status = case when s.refusal is null then 'held' else 'refused' end, standing = case when s.refusal is null then d.standing else 'refused' end
      from settled s where d.jti = s.jti and d.iss = ${ctx.region})
    select jti from settled`.execute(tx)
  const pending = new Set(rows.map((row) => row.jti))
  return answered.filter(({ sent }) => pending.has(sent.jti))
}

function receiptRows(ctx: RecordContext, answered: readonly Answered[]): ReceiptRow[] {
  const outcomes = new Map(answered.map(({ outcome }) => [outcome.receiptDigest, outcome]))
  return [...outcomes.values()].map((outcome) => storedReceipt(outcome.receipt, outcome.receiptDigest, ctx.now()))
}

function receiptStatements(ctx: RecordContext, answered: readonly Answered[], receipts: readonly ReceiptRow[]): Statement[] {
  const places = answered.map(({ sent, outcome }) => ({
    jti: sent.jti,
    iss: ctx.region,
    digest: sent.digest,
    status: outcome.status,
    reason: outcome.status === 'refused' ? outcome.reason : null,
    receipt: outcome.receiptDigest,
    leaf_index: outcome.index,
    path: outcome.path,
  }))
  const entries: LogFact[] = receipts.map((r) => ({
    kind: 'receipt.received',
    iss: r.iss,
    aud: r.aud,
    jti: r.jti,
    digest: r.digest,
    size: r.size,
    root: r.root,
  }))
  return [
    ...insertStatements(
      'receipts',
      receipts.map((receipt) => ({ ...receipt })),
      sql`on conflict (digest) do nothing`,
    ),
    ...insertStatements('places', places, sql`on conflict do nothing`),
    ...insertStatements(
      'promises',
      receipts.flatMap((receipt) => promiseRow(receipt, ctx.now())),
      sql`on conflict do nothing`,
    ),
    ...logStatements(ctx.now(), entries),
  ]
}

/** Only a receipt from the future, or a wrong time for a message that was sent just now, speaks of a clock: answers may be old. */
async function alertClocks(
  tx: Tx,
  ctx: RecordContext,
  peer: string,
  answered: readonly Answered[],
  receipts: readonly ReceiptRow[],
): Promise<void> {
  for (const receipt of receipts) {
    const secondsOff = Math.round((receipt.received_at.getTime() - ctx.now()) / 1000)
    const firstTry = answered.some(({ sent, outcome }) => outcome.receiptDigest === receipt.digest && sent.attempts === 0)
    if (Math.abs(secondsOff) <= CLOCK_TOLERANCE_SECONDS || (secondsOff < 0 && !firstTry)) continue
    await raiseAlert(tx, ctx, { kind: 'receipt.clock', key: `${peer}:${receipt.digest}`, peer, detail: { secondsOff } })
  }
}

async function reportRefusal(
  tx: Tx,
  ctx: RecordContext,
  peer: string,
  sent: LeasedMessage,
  reason: string,
  projected: readonly Projected[],
): Promise<void> {
  const one = projected.find(({ loaded }) => loaded.row.case_number === sent.case_number)?.loaded
  const document = one?.documents.find((d) => d.jti === sent.jti)
  if (one && document) await openResendTask(tx, ctx, one, document.digest, document.document, reason)
  await raiseAlert(tx, ctx, {
    kind: 'message.refused',
    key: sent.jti,
    peer,
    caseNumber: sent.case_number,
    jti: sent.jti,
    detail: { reason },
  })
}

/** What was written after a refused document and never left the node leaves replay with it (protocol.md section 2). */
async function cancelUnsentDescendants(tx: Tx, ctx: RecordContext, sent: LeasedMessage): Promise<void> {
  const { rows } = await sql<{ jti: string }>`with recursive descendants as (
        select d.jti, d.digest from documents d where d.case_number = ${sent.case_number} and d.iss = ${ctx.region} and ${sent.digest} = any(d.seen)
        union select d.jti, d.digest from documents d join descendants p on p.digest = any(d.seen) where d.case_number = ${sent.case_number} and d.iss = ${ctx.region})
      update outbox o set state = 'cancelled', answered_at = ${new Date(ctx.now())} from descendants
      where o.jti = descendants.jti and o.state = 'pending' and o.sent_at is null returning o.jti`.execute(tx)
  if (rows.length === 0) return
  await sql`update documents set status = 'cancelled', standing = 'refused' where iss = ${ctx.region} and jti = any(${rows.map((r) => r.jti)}::uuid[])`.execute(
    tx,
  )
}

async function retryLater(
  tx: Tx,
  ctx: RecordContext,
  peer: string,
  batch: Batch,
  unanswered: readonly { sent: LeasedMessage; outcome: Extract<Outcome, { status: 'deferred' | 'invalid' }> }[],
): Promise<void> {
  for (const { sent, outcome } of unanswered) {
    const cause = outcome.status === 'deferred' ? `deferred-${outcome.reason}` : `receipt-${outcome.why}`
    const deferrals = sent.deferrals + (outcome.status === 'deferred' ? 1 : 0)
    await tx
      .updateTable('outbox')
      .set((eb) => ({
        attempts: eb('attempts', '+', 1),
        deferrals,
        last_failure: cause,
        lease: null,
        lease_until: null,
        next_attempt_at: new Date(ctx.now() + retryDelayMs(sent.attempts + 1, Math.random())),
      }))
      .where('jti', '=', sent.jti)
      .where('lease', '=', batch.lease)
      .where('state', '=', 'pending')
      .execute()
    await recordAttempts(tx, ctx, [{ jti: sent.jti, attempts: sent.attempts + 1 }], { cause, httpStatus: 200 }, batch.messages.length)
    if (outcome.status === 'invalid')
      await raiseAlert(tx, ctx, {
        kind: 'receipt.unverifiable',
        key: sent.jti,
        peer,
        caseNumber: sent.case_number,
        jti: sent.jti,
        detail: { why: outcome.why },
      })
    else if (deferrals > 2)
      await raiseAlert(tx, ctx, {
        kind: 'message.deferred',
        key: sent.jti,
        peer,
        caseNumber: sent.case_number,
        jti: sent.jti,
        detail: { reason: outcome.reason, deferrals },
      })
  }
}
