import { CLOCK_TOLERANCE_SECONDS, type Outcome, type ReceiptedOutcome } from '@hefu/protocol'
import { sql } from 'kysely'
import { raiseAlert } from '../alerts/alert-store.ts'
import { loadCases, lockCases } from '../cases/case-store.ts'
import { projectCases } from '../cases/project-cases.ts'
import { openResendTask } from '../cases/task-store.ts'
import type { Context } from '../context.ts'
import { insertAll, rowsAs, type Tx } from '../db/bulk.ts'
import { appendToLog, type LogEntry } from '../log/pending-log.ts'
import { storedReceipt } from './stored-receipt.ts'
import { type Batch, type LeasedMessage, recordAttempts } from './outbox-store.ts'
import { retryDelayMs } from './retry-delay.ts'

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
    const numbers = [...new Set(answered.map(({ sent }) => sent.case_number))]
    const rows = await lockCases(tx, numbers)
    const fresh = await settleOutbox(tx, ctx, answered)
    await storeReceipts(tx, ctx, peer, fresh)
    await settleDocuments(tx, fresh)
    const refused = fresh.filter(({ outcome }) => outcome.status === 'refused')
    if (refused.length > 0) await cancelUnsentDescendants(tx, ctx, refused)
    const loaded = await loadCases(tx, ctx, rows)
    await projectCases(tx, ctx, loaded)
    for (const { sent, outcome } of refused) {
      const one = loaded.find((c) => c.row.case_number === sent.case_number)
      const document = one?.documents.find((d) => d.jti === sent.jti)
      if (one && document && outcome.status === 'refused') await openResendTask(tx, ctx, one, document.digest, document.document, outcome.reason)
      if (outcome.status === 'refused') await raiseAlert(tx, ctx, { kind: 'message.refused', key: sent.jti, peer, caseNumber: sent.case_number, jti: sent.jti, detail: { reason: outcome.reason } })
    }
    await retryLater(tx, ctx, peer, batch, unanswered)
  })
}

/** Answers those that were still pending: a repeated answer changes nothing. */
async function settleOutbox(tx: Tx, ctx: RecordContext, answered: readonly Answered[]): Promise<Answered[]> {
  if (answered.length === 0) return []
  const rows = answered.map(({ sent, outcome }) => ({ jti: sent.jti, state: outcome.status === 'accepted' ? 'delivered' : 'refused' }))
  const { rows: settled } = await sql<{ jti: string }>`update outbox o set state = r.state, answered_at = ${new Date(ctx.now())}, attempts = o.attempts + 1, lease = null, lease_until = null
    from ${rowsAs('outbox', rows)} where o.jti = r.jti and o.jti = any(${rows.map((r) => r.jti)}::uuid[]) and o.state = 'pending' returning o.jti`.execute(tx)
  const pending = new Set(settled.map((row) => row.jti))
  return answered.filter(({ sent }) => pending.has(sent.jti))
}

async function storeReceipts(tx: Tx, ctx: RecordContext, peer: string, answered: readonly Answered[]): Promise<void> {
  const receipts = [...new Map(answered.map(({ outcome }) => [outcome.receiptDigest, outcome])).values()].map((outcome) => storedReceipt(outcome.receipt, outcome.receiptDigest, ctx.now()))
  await insertAll(tx, 'receipts', receipts.map((receipt) => ({ ...receipt })), sql`on conflict (digest) do nothing`)
  await insertAll(
    tx,
    'places',
    answered.map(({ sent, outcome }) => ({
      jti: sent.jti,
      iss: ctx.region,
      digest: sent.digest,
      status: outcome.status,
      reason: outcome.status === 'refused' ? outcome.reason : null,
      receipt: outcome.receiptDigest,
      leaf_index: outcome.index,
      path: outcome.path,
    })),
    sql`on conflict do nothing`,
  )
  const entries: LogEntry[] = receipts.map((r) => ({ kind: 'receipt.received', iss: r.iss, aud: r.aud, jti: r.jti, digest: r.digest, size: r.size, root: r.root }))
  await appendToLog(tx, ctx.now(), entries)
  for (const receipt of receipts) {
    if (Math.abs(receipt.received_at.getTime() - ctx.now()) <= CLOCK_TOLERANCE_SECONDS * 1000) continue
    const secondsOff = Math.round((receipt.received_at.getTime() - ctx.now()) / 1000)
    // An answer to a message of long ago is not a wrong clock: only a receipt from the future, or one for a message sent just now.
    const fresh = answered.some(({ sent, outcome }) => outcome.receiptDigest === receipt.digest && sent.attempts === 0)
    if (secondsOff > 0 || fresh) await raiseAlert(tx, ctx, { kind: 'receipt.clock', key: `${peer}:${receipt.digest}`, peer, detail: { secondsOff } })
  }
}

async function settleDocuments(tx: Tx, answered: readonly Answered[]): Promise<void> {
  if (answered.length === 0) return
  const rows = answered.map(({ sent, outcome }) => ({
    jti: sent.jti,
    received_at: new Date(outcome.receivedAt * 1000),
    status: outcome.status === 'accepted' ? 'held' : 'refused',
    refusal: outcome.status === 'refused' ? outcome.reason : null,
  }))
  // A refused document keeps its bytes on the sender's node: the officer writes the new one from it.
  await sql`update documents d set received_at = r.received_at, status = r.status, refusal = r.refusal,
      standing = case when r.status = 'refused' then 'refused' else d.standing end
    from ${rowsAs('documents', rows)} where d.jti = r.jti and d.jti = any(${rows.map((r) => r.jti)}::uuid[])`.execute(tx)
}

/** What was written after a refused document and never left the node leaves replay with it (protocol.md section 2). */
async function cancelUnsentDescendants(tx: Tx, ctx: RecordContext, refused: readonly Answered[]): Promise<void> {
  for (const { sent } of refused) {
    const { rows } = await sql<{ jti: string }>`with recursive descendants as (
        select d.jti, d.digest from documents d where d.case_number = ${sent.case_number} and d.iss = ${ctx.region} and ${sent.digest} = any(d.seen)
        union select d.jti, d.digest from documents d join descendants p on p.digest = any(d.seen) where d.case_number = ${sent.case_number} and d.iss = ${ctx.region})
      update outbox o set state = 'cancelled', answered_at = ${new Date(ctx.now())} from descendants
      where o.jti = descendants.jti and o.state = 'pending' and o.sent_at is null returning o.jti`.execute(tx)
    if (rows.length === 0) continue
    await sql`update documents set status = 'cancelled', standing = 'refused' where iss = ${ctx.region} and jti = any(${rows.map((r) => r.jti)}::uuid[])`.execute(tx)
  }
}

async function retryLater(tx: Tx, ctx: RecordContext, peer: string, batch: Batch, unanswered: readonly { sent: LeasedMessage; outcome: Extract<Outcome, { status: 'deferred' | 'invalid' }> }[]): Promise<void> {
  for (const { sent, outcome } of unanswered) {
    const cause = outcome.status === 'deferred' ? `deferred-${outcome.reason}` : `receipt-${outcome.why}`
    const deferrals = sent.deferrals + 1
    await tx
      .updateTable('outbox')
      .set((eb) => ({ attempts: eb('attempts', '+', 1), deferrals, last_failure: cause, lease: null, lease_until: null, next_attempt_at: new Date(ctx.now() + retryDelayMs(sent.attempts + 1, Math.random())) }))
      .where('jti', '=', sent.jti)
      .where('lease', '=', batch.lease)
      .where('state', '=', 'pending')
      .execute()
    await recordAttempts(tx, ctx, [{ jti: sent.jti, attempts: sent.attempts + 1 }], { cause, httpStatus: 200 }, batch.messages.length)
    if (outcome.status === 'invalid') await raiseAlert(tx, ctx, { kind: 'receipt.unverifiable', key: sent.jti, peer, caseNumber: sent.case_number, jti: sent.jti, detail: { why: outcome.why } })
    else if (deferrals > 2) await raiseAlert(tx, ctx, { kind: 'message.deferred', key: sent.jti, peer, caseNumber: sent.case_number, jti: sent.jti, detail: { reason: outcome.reason, deferrals } })
  }
}
