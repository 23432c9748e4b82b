import { setTimeout as sleep } from 'node:timers/promises'
import { joinMessages, keyOwnerAt, MESSAGE_CONTENT_TYPE, MESSAGES_CONTENT_TYPE, type Outcome, verifyAnswer } from '@hefu/protocol'
import type { RegionId } from '@hefu/reference'
import { raiseAlert } from '../alerts/alert-store.ts'
import type { Context } from '../context.ts'
import { type PeerAnswer, placeOf, postToPeer } from '../peers/call-peer.ts'
import { recordPeerFailure } from '../peers/peer-store.ts'
import { deliveryAttempted } from '../telemetry.ts'
import { type Batch, endProbe, failuresAlone, leaseBatch, putBack, releaseLease, splitOf, tooLargeForPeer } from './outbox-store.ts'
import { recordAnswer } from './record-answer.ts'
import { retryAfterMs, retryDelayMs } from './retry-delay.ts'

type DeliverContext = Pick<
  Context,
  'region' | 'db' | 'queue' | 'federation' | 'procedures' | 'registers' | 'vault' | 'signer' | 'now' | 'log' | 'metrics' | 'keyMisses'
>

const INBOX_PATH = '/exchange/v1/inbox'

/** Requests to one peer at a time, from one worker. */
const lanes = 3

/** A request that takes longer than this lets another lane start: one message that the peer cannot get done with holds up nobody. */
const slowMs = 250

/** Sends what is due to one peer until nothing is (the job `deliver`). A further lane starts behind a full batch or a slow one. */
export async function deliverToPeer(ctx: DeliverContext, peer: string, options: { readonly signal?: AbortSignal } = {}): Promise<void> {
  const running = new Set<Promise<unknown>>()
  const failures: unknown[] = []
  const startLane = () => {
    if (running.size >= lanes || options.signal?.aborted === true) return
    const lane: Promise<unknown> = sendInTurn(ctx, peer, startLane, options.signal)
      .catch((error: unknown) => failures.push(error))
      .finally(() => running.delete(lane))
    running.add(lane)
  }
  const slow = setInterval(startLane, slowMs)
  startLane()
  while (running.size > 0) await Promise.race(running)
  clearInterval(slow)
  if (failures.length > 0) throw failures[0]
}

async function sendInTurn(ctx: DeliverContext, peer: string, startLane: () => void, signal: AbortSignal | undefined): Promise<void> {
  while (signal?.aborted !== true) {
    const batch = await leaseBatch(ctx, peer)
    if (batch.messages.length === 0) return
    if (batch.isFull) startLane()
    const halvesInMs = await deliverBatch(ctx, peer, batch, signal)
    if (halvesInMs !== null) await sleep(halvesInMs, undefined, signal ? { signal } : {}).catch(() => {})
    // Nothing was left behind it; what is written meanwhile comes with a job of its own.
    else if (!batch.isFull) return
  }
}

/** Answers how soon the halves of a batch that failed may go on, where this job is to send them itself; otherwise null. */
async function deliverBatch(ctx: DeliverContext, peer: string, batch: Batch, signal: AbortSignal | undefined): Promise<number | null> {
  const startedMs = performance.now()
  const body = batch.messages.length === 1 ? (batch.messages[0]?.message ?? '') : joinMessages(batch.messages.map((m) => m.message))
  const answer = await postToPeer({
    place: placeOf(ctx.federation, peer),
    path: INBOX_PATH,
    contentType: batch.messages.length === 1 ? MESSAGE_CONTENT_TYPE : MESSAGES_CONTENT_TYPE,
    body,
    signal,
  })
  // The node stops: no failure of the peer's, and whoever works next need not wait for the lease.
  if (signal?.aborted === true && answer.kind === 'no-answer') {
    await releaseLease(ctx, batch)
    return null
  }
  const attempt = { peer, messages: batch.messages.length, bytes: body.length, ms: performance.now() - startedMs }
  const outcomes = answer.kind === 'answer' && answer.status === 200 ? await verify(ctx, peer, batch, answer.body) : null
  if (outcomes === null || outcomes.every((outcome) => outcome.status === 'invalid')) {
    const cause = outcomes === null ? failureCause(answer) : `receipt-${(outcomes[0] as Extract<Outcome, { status: 'invalid' }>).why}`
    const httpStatus = answer.kind === 'answer' ? answer.status : undefined
    deliveryAttempted(ctx, { ...attempt, outcome: cause, httpStatus })
    if (outcomes !== null) await alertUnverifiable(ctx, peer, batch, cause)
    await alertTooLarge(ctx, peer, batch, cause)
    return await fail(ctx, peer, batch, answer, cause)
  }
  deliveryAttempted(ctx, { ...attempt, outcome: 'answered', httpStatus: 200, counts: countOutcomes(outcomes) })
  await recordAnswer(ctx, peer, batch, outcomes)
  return null
}

/** Never the peer's word alone: the receipt must verify and lead from our own leaf to its root. */
async function verify(ctx: DeliverContext, peer: string, batch: Batch, body: Buffer): Promise<Outcome[]> {
  const now = Math.floor(ctx.now() / 1000)
  return await verifyAnswer(body, { iss: ctx.region, aud: peer as RegionId, messages: batch.messages }, (kid) => {
    const owner = keyOwnerAt(ctx.federation, kid, now)
    if (owner === undefined) ctx.keyMisses.add()
    return owner
  })
}

/** `http-503`, `refused`, `timeout`, … Any unsigned answer is a failure, 4xx included: a proxy may have sent it. */
function failureCause(answer: PeerAnswer): string {
  return answer.kind === 'answer' ? `http-${answer.status}` : answer.cause
}

/** A 2xx that proves nothing: one alert for the whole answer, on its first message. */
async function alertUnverifiable(ctx: DeliverContext, peer: string, { messages }: Batch, cause: string): Promise<void> {
  const [first] = messages
  if (!first) return
  await raiseAlert(ctx.db, ctx, {
    kind: 'receipt.unverifiable',
    key: first.jti,
    peer,
    caseNumber: first.case_number,
    jti: first.jti,
    detail: { cause, messages: messages.length },
  })
}

/** Alone and again: it is not the company it was in. Either the document or the limit of something in between has to change. */
async function alertTooLarge(ctx: DeliverContext, peer: string, { messages }: Batch, cause: string): Promise<void> {
  const [first, ...others] = messages
  if (!first || others.length > 0 || cause !== tooLargeForPeer || first.last_failure !== cause) return
  await raiseAlert(ctx.db, ctx, {
    kind: 'delivery.too-large',
    key: first.jti,
    peer,
    caseNumber: first.case_number,
    jti: first.jti,
    detail: { cause, bytes: first.message.length },
  })
}

/** From one request that failed to its halves. */
const halvesMs = 20

/** Halves that have to wait longer, because the circuit is open, are left to the sweep. */
const longestPauseMs = 1_000

/**
 * Puts the batch back. The second time the same answer comes for the same messages, they go in halves and soon, so that one
 * message cannot hold up the others; when the peer itself is down, its circuit opens and bounds the attempts.
 */
async function fail(ctx: DeliverContext, peer: string, batch: Batch, answer: PeerAnswer, cause: string): Promise<number | null> {
  const size = batch.messages.length
  const answered = answer.kind === 'answer'
  const afterMs = (answered ? retryAfterMs(answer.retryAfter, ctx.now()) : null) ?? 0
  const busy = answered && (answer.status === 429 || answer.status === 503)
  const openUntilMs = await recordPeerFailure(ctx, peer, { cause, afterMs: busy ? afterMs : 0 })
  if (batch.isProbe && cause !== tooLargeForPeer) {
    await endProbe(ctx, batch, cause)
    return null
  }
  const again = answered && size > 1 && batch.messages.every((m) => m.last_failure === cause)
  const [first] = batch.messages
  const alone = size === 1 && first ? await failuresAlone(ctx, first.jti) : 0
  const waitMs = Math.max(afterMs, again ? halvesMs : retryDelayMs(alone + 1, Math.random()))
  const split = first?.split ?? 0
  await putBack(ctx, batch, {
    cause,
    httpStatus: answered ? answer.status : null,
    nextAttemptAtMs: ctx.now() + waitMs,
    split: again ? splitOf(size, split) : split,
  })
  const pauseMs = Math.max(waitMs, (openUntilMs ?? 0) - ctx.now())
  return again && pauseMs <= longestPauseMs ? pauseMs : null
}

function countOutcomes(outcomes: readonly Outcome[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { status } of outcomes) counts[status] = (counts[status] ?? 0) + 1
  return counts
}
