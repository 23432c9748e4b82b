import { CLOCK_TOLERANCE_SECONDS, type LogFact, type Outcome, type ReceiptedOutcome } from '@hefu/protocol'
import { raiseAlert } from '../alerts/alert-store.ts'
import { loadCases, lockCases } from '../cases/case-store.ts'
import { type Projected, projectCases } from '../cases/project-cases.ts'
import { openResendTask } from '../cases/task-store.ts'
import type { Context } from '../context.ts'
import type { Statement, Tx } from '../db/bulk.ts'
import type { ReceiptRow } from '../db/schema.ts'
import { transact } from '../db/transact.ts'
import { receiptStatements } from '../inbox/inbox-store.ts'
import { logStatements } from '../log/pending-log-store.ts'
import { promiseRow } from '../log/promises/promise-row.ts'
import { promiseStatements } from '../log/promises/promise-store.ts'
import { peerSuccessStatement } from '../peers/peer-store.ts'
import { type Batch, type LeasedMessage, outageOverStatement, recordAttempts } from './outbox-store.ts'
import { retryDelayMs } from './retry-delay.ts'
import { cancelUnsentDescendants, putOffAnswered, settleMessages } from './settle-store.ts'
import { storedReceipt } from './stored-receipt.ts'

type RecordContext = Pick<Context, 'region' | 'db' | 'federation' | 'procedures' | 'vault' | 'now' | 'log' | 'metrics'>

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
  await transact(ctx.db, async (tx) => {
    const rows = await lockCases(tx, [...new Set(answered.map(({ sent }) => sent.case_number))])
    const fresh = await settle(tx, ctx, answered)
    const refused = fresh.flatMap(({ sent, outcome }) => (outcome.status === 'refused' ? [{ sent, reason: outcome.reason }] : []))
    for (const { sent } of refused) await cancelUnsentDescendants(tx, ctx, sent)
    const receipts = receiptRows(ctx, fresh)
    const projected = await projectCases(
      tx,
      ctx,
      await loadCases(tx, ctx, rows, new Map(batch.messages.map((sent) => [sent.digest, sent.message]))),
      [...evidenceStatements(ctx, receipts), outageOverStatement(ctx.now(), peer), peerSuccessStatement(ctx.now(), peer)],
    )
    for (const { sent, reason } of refused) await reportRefusal(tx, ctx, peer, sent, reason, projected)
    await alertClocks(tx, ctx, peer, fresh, receipts)
    await retryLater(tx, ctx, peer, batch, unanswered)
  })
}

/** Answers those that were still pending: a repeated answer changes nothing. */
async function settle(tx: Tx, ctx: RecordContext, answered: readonly Answered[]): Promise<Answered[]> {
  const settled = await settleMessages(
    tx,
    ctx,
    answered.map(({ sent, outcome }) => ({
      jti: sent.jti,
      receivedAt: new Date(outcome.receivedAt * 1000),
      refusal: outcome.status === 'refused' ? outcome.reason : null,
      place: outcome,
    })),
  )
  return answered.filter(({ sent }) => settled.has(sent.jti))
}

function receiptRows(ctx: RecordContext, answered: readonly Answered[]): ReceiptRow[] {
  const outcomes = new Map(answered.map(({ outcome }) => [outcome.receiptDigest, outcome]))
  return [...outcomes.values()].map((outcome) => storedReceipt(outcome.receipt, outcome.receiptDigest, ctx.now()))
}

function evidenceStatements(ctx: RecordContext, receipts: readonly ReceiptRow[]): Statement[] {
  const entries: LogFact[] = receipts.map((r) => ({
    kind: 'receipt.received',
    iss: r.iss,
    aud: r.aud,
    jti: r.jti,
    digest: r.digest,
    size: r.size,
    root: r.root,
  }))
  const promises = receipts.flatMap((receipt) => promiseRow(receipt, ctx.now()))
  return [...receiptStatements(receipts), ...promiseStatements(promises), ...logStatements(ctx.now(), entries)]
}

/** Answers may be old, so two things speak of a clock: a receipt from the future, and one from before its message first left here. */
async function alertClocks(
  tx: Tx,
  ctx: RecordContext,
  peer: string,
  answered: readonly Answered[],
  receipts: readonly ReceiptRow[],
): Promise<void> {
  for (const receipt of receipts) {
    const answers = answered.filter(({ outcome }) => outcome.receiptDigest === receipt.digest)
    const receivedMs = receipt.received_at.getTime()
    const ahead = Math.round((receivedMs - ctx.now()) / 1000)
    const behind = Math.round((Math.max(...answers.map(({ sent }) => sent.sent_at.getTime())) - receivedMs) / 1000)
    if (Math.max(ahead, behind) <= CLOCK_TOLERANCE_SECONDS) continue
    const secondsOff = behind > CLOCK_TOLERANCE_SECONDS ? -behind : ahead
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
    await putOffAnswered(tx, batch, {
      jti: sent.jti,
      deferrals,
      cause,
      nextAt: new Date(ctx.now() + retryDelayMs(sent.attempts + 1, Math.random())),
    })
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
