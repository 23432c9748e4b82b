import { policyOf } from '@hefu/protocol'
import type { RegionId } from '@hefu/reference'
import type { Policy } from '@hefu/translog'
import { raiseAlert } from '../../alerts/alert-store.ts'
import type { Context } from '../../context.ts'
import type { PromiseRow } from '../../db/schema.ts'
import { MAX_PROOFS } from '../answer-proof.ts'
import { type AskContext, fetchCheckpoint, fetchProofs } from './fetch-proofs.ts'
import { judgeMiss } from './judge-promise.ts'
import {
  endPromises,
  missPromise,
  type PromisedMessage,
  postponePromise,
  promisedMessages,
  readReceiptText,
  takeDuePromises,
} from './promise-store.ts'
import { promiseKey, verifyProofs } from './verify-proofs.ts'

/** Receipts looked at in one go. */
const RECEIPTS_AT_ONCE = 100
/** Longer than a look takes; after it the promises of a process that died are due again. */
const TAKEN_MS = 60_000
const MESSAGES_SHOWN = 100
/** A peer that answers, and for so long not this question, keeps its proofs back: an outage is over by then, or somebody looks at it anyway. */
const WITHHELD_AFTER_MS = 24 * 3_600_000

type CheckContext = Pick<Context, 'region' | 'federation' | 'peerTls' | 'signer' | 'db' | 'now' | 'log' | 'metrics'>

/**
 * Looks after every promise that has come due: fetches the proof that each message is in its receiver's log and verifies it under that
 * log's policy. A peer that cannot be asked is asked again; one whose witnessed log goes on without the message has broken its word, and of
 * one that answers everything but this for a day somebody is told.
 */
export async function checkPromises(ctx: CheckContext, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const now = new Date(ctx.now())
    const due = await takeDuePromises(ctx.db, now, new Date(now.getTime() + TAKEN_MS), RECEIPTS_AT_ONCE)
    if (due.length === 0) return
    const messages = Map.groupBy(
      await promisedMessages(
        ctx.db,
        due.map(({ receipt }) => receipt),
      ),
      ({ receipt }) => receipt,
    )
    for (const [peer, promises] of Map.groupBy(due, (promise) => promise.peer)) {
      await checkPeer({ ...ctx, signal }, peer as RegionId, promises, messages)
    }
  }
}

type Messages = ReadonlyMap<string, readonly PromisedMessage[]>

async function checkPeer(
  ctx: CheckContext & AskContext,
  peer: RegionId,
  promises: readonly PromiseRow[],
  messages: Messages,
): Promise<void> {
  const policy = policyOf(ctx.federation, peer)
  const of = ({ receipt }: PromiseRow) => messages.get(receipt) ?? []
  const first = policy && (await proveAll(ctx, peer, policy, promises.flatMap(of)))
  if (policy === undefined || first === undefined || isAway(first)) {
    if (first !== undefined && isAway(first) && first.answered) await tellWithheld(ctx, peer, promises)
    for (const promise of promises) await postpone(ctx, promise)
    return
  }
  const missing = await settleKept(ctx, promises, of, first)
  if (missing.length === 0) return
  // Looked at before they are asked for once more: what comes after this checkpoint is in a larger tree, so nobody is accused by a race.
  const checkpoint = await fetchCheckpoint(ctx, peer)
  const asked = await proveAll(ctx, peer, policy, missing.flatMap(of))
  const again = isAway(asked) ? undefined : asked
  const still = again === undefined ? missing : await settleKept(ctx, missing, of, again)
  for (const promise of still) {
    const lacking = of(promise).filter((one) => !again?.has(keyOf(one)))
    if (again === undefined) await postpone(ctx, promise)
    else await settleMissed(ctx, promise, lacking, policy, checkpoint)
  }
}

const keyOf = (message: PromisedMessage) => `${kindOf(message)} ${promiseKey(message)}`
const kindOf = ({ status }: PromisedMessage) => (status === 'accepted' ? 'message.received' : 'refusal')

/** The peer cannot be asked now; `answered`: it said so itself. */
interface Away {
  readonly answered: boolean
}

function isAway(proven: ReadonlyMap<string, number> | Away): proven is Away {
  return 'answered' in proven
}

/** Sizes by `keyOf`. */
async function proveAll(
  ctx: CheckContext & AskContext,
  peer: RegionId,
  policy: Policy,
  messages: readonly PromisedMessage[],
): Promise<Map<string, number> | Away> {
  const proven = new Map<string, number>()
  for (const [kind, some] of Map.groupBy(messages, kindOf)) {
    for (let start = 0; start < some.length; start += MAX_PROOFS) {
      const jtis = [...new Set(some.slice(start, start + MAX_PROOFS).map(({ jti }) => jti))]
      const fetched = await fetchProofs(ctx, peer, { kind, iss: ctx.region, jtis })
      if (!fetched.ok) {
        ctx.log.info({ event: 'promises.peer-away', peer, cause: fetched.away }, 'promises.peer-away')
        return { answered: fetched.answered }
      }
      for (const [key, size] of verifyProofs(fetched.proofs, { iss: ctx.region, aud: peer }, policy)) proven.set(key, size)
    }
  }
  return proven
}

/** Stores which promises are kept, and answers the others. */
async function settleKept(
  ctx: CheckContext,
  promises: readonly PromiseRow[],
  of: (promise: PromiseRow) => readonly PromisedMessage[],
  proven: ReadonlyMap<string, number>,
): Promise<PromiseRow[]> {
  const isKept = (promise: PromiseRow) => of(promise).every((message) => proven.has(keyOf(message)))
  const kept = promises.filter(isKept)
  for (const [size, some] of Map.groupBy(kept, (promise) =>
    Math.max(0, ...of(promise).map((message) => proven.get(keyOf(message)) ?? 0)),
  )) {
    await endPromises(
      ctx.db,
      some.map(({ receipt }) => receipt),
      'kept',
      new Date(ctx.now()),
      size,
    )
  }
  return promises.filter((promise) => !isKept(promise))
}

async function settleMissed(
  ctx: CheckContext,
  promise: PromiseRow,
  missing: readonly PromisedMessage[],
  policy: Policy,
  checkpoint: string | undefined,
): Promise<void> {
  const judged = judgeMiss(promise, checkpoint, policy, ctx.now())
  if (judged.verdict === 'not-in-log' || judged.verdict === 'unwitnessed')
    return await accuse(ctx, promise, missing, judged.verdict, checkpoint)
  if (judged.verdict === 'missed') await missPromise(ctx.db, promise.receipt, judged.miss)
  await postpone(ctx, promise)
}

/** The evidence is whole: the signed receipt with the promise, and the witnessed checkpoint that the peer shows. */
async function accuse(
  ctx: CheckContext,
  { receipt, peer, origin, due_at }: PromiseRow,
  missing: readonly PromisedMessage[],
  why: 'not-in-log' | 'unwitnessed',
  checkpoint: string | undefined,
): Promise<void> {
  await raiseAlert(ctx.db, ctx, {
    kind: 'log.promise-broken',
    key: receipt,
    peer,
    detail: {
      why,
      origin,
      due: due_at.toISOString(),
      receipt: await readReceiptText(ctx.db, receipt),
      checkpoint: checkpoint ?? null,
      messages: missing.length,
      missing: missing.slice(0, MESSAGES_SHOWN).map(({ jti, digest, status }) => ({ jti, digest, status })),
    },
  })
  await endPromises(ctx.db, [receipt], 'broken', new Date(ctx.now()), null)
}

/** Once a day and peer, with the oldest of these promises: it still stands, and is asked after as before. */
async function tellWithheld(ctx: CheckContext, peer: RegionId, promises: readonly PromiseRow[]): Promise<void> {
  const [oldest] = promises.toSorted((a, b) => a.due_at.getTime() - b.due_at.getTime())
  if (oldest === undefined || ctx.now() - oldest.due_at.getTime() <= WITHHELD_AFTER_MS) return
  const { receipt, origin, due_at } = oldest
  await raiseAlert(ctx.db, ctx, {
    kind: 'log.promise-broken',
    key: `${peer}:withheld:${new Date(ctx.now()).toISOString().slice(0, 10)}`,
    peer,
    detail: {
      why: 'withheld',
      origin,
      due: due_at.toISOString(),
      receipt: await readReceiptText(ctx.db, receipt),
    },
  })
}

async function postpone(ctx: CheckContext, { receipt, attempts }: PromiseRow): Promise<void> {
  await postponePromise(ctx.db, receipt, new Date(ctx.now() + Math.min(600_000, 2_500 * 2 ** Math.min(attempts, 10))))
}
