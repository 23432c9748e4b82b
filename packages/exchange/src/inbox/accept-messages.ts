import { type Answer, type AnswerEntry, keyOwner, keyOwnerAt, type VerifiedMessage, verifyMessages } from '@hefu/protocol'
import { caseNumberParts } from '@hefu/reference'
import type { Context } from '../context.ts'
import { logUnverifiable } from '../log/unverifiable-texts.ts'
import { requirePeerRate } from '../peers/require-peer-rate.ts'
import { messagesAccepted } from '../telemetry.ts'
import { tellQueue } from '../tell-queue.ts'
import type { NewArrival } from './arrival-rows.ts'
import { firstAnswers } from './first-answers.ts'
import { readAnswerRows, readKnownCases, type StoredAnswer } from './inbox-store.ts'
import { judgeMessage, type KnownCase, type Verdict } from './judge-message.ts'
import { storeArrivals } from './store-arrivals.ts'

export type Accepted = { readonly status: 200; readonly answer: Answer } | { readonly status: 400; readonly code: 'unverifiable' }

type AcceptContext = Pick<
  Context,
  | 'unverifiable'
  | 'keyMisses'
  | 'peerRates'
  | 'region'
  | 'db'
  | 'queue'
  | 'federation'
  | 'procedures'
  | 'vault'
  | 'signer'
  | 'ownSigners'
  | 'exchangeLog'
  | 'now'
  | 'log'
  | 'metrics'
  | 'recent'
>
type Verified = Extract<VerifiedMessage, { ok: true }> & { readonly token: string }

const unverifiable: AnswerEntry = { jti: null, status: 'deferred', reason: 'unverifiable' }

/**
 * Accepts a request of signed messages (protocol.md sections 1 and 2). One transaction stores whatever is new, with one
 * receipt over it; what was answered before gets its first answer, byte for byte. Throws when nothing was kept, or a first answer is lost.
 */
export async function acceptMessages(ctx: AcceptContext, tokens: readonly string[]): Promise<Accepted> {
  const startedMs = performance.now()
  const messages = await withoutLate(ctx, await verifyAll(ctx, tokens))
  if (messages.includes(null)) ctx.keyMisses.add()
  const verified = messages.filter((message) => message !== null)
  const iss = verified[0]?.region
  ctx.unverifiable.add(tokens.filter((_, at) => messages[at]?.region !== iss || iss === undefined))
  await logUnverifiable(ctx)
  if (iss === undefined) {
    ctx.metrics.messages.inc({ direction: 'in', peer: 'unknown', outcome: 'unverifiable' }, tokens.length)
    ctx.log.warn({ event: 'messages.unverifiable', messages: tokens.length }, 'messages.unverifiable')
    return { status: 400, code: 'unverifiable' }
  }
  requirePeerRate(ctx, iss)
  // A request is all of one issuer: its receipt has one addressee. A stranger's line counts as unverifiable.
  const ours = verified.filter((message) => message.region === iss)
  const { answers, deferred, caseNumbers, receipt } = await answerAll(ctx, iss, ours)
  const answer = compose(messages, iss, answers, deferred)
  messagesAccepted(ctx, { peer: iss, messages: tokens.length, counts: countStatuses(answer), receipt, ms: performance.now() - startedMs })
  if (caseNumbers.length > 0) await tellQueue(ctx, { name: 'apply', cases: caseNumbers })
  return { status: 200, answer }
}

/** Keys of peers only: a text signed with this node's own key did not come from a peer. */
async function verifyAll(ctx: AcceptContext, tokens: readonly string[]): Promise<(Verified | null)[]> {
  const lookUp = (kid: string) => {
    const owner = keyOwner(ctx.federation, kid)
    return owner?.region === ctx.region ? undefined : owner
  }
  const results = await verifyMessages(tokens, lookUp)
  return results.map((result, at) => (result.ok ? { ...result, token: tokens[at] as string } : null))
}

/**
 * A key that has ended, or was revoked, is good for no new text. What was answered while it was good still gets its answer, to the byte:
 * the sender may not have heard it.
 */
async function withoutLate(ctx: AcceptContext, messages: readonly (Verified | null)[]): Promise<readonly (Verified | null)[]> {
  const now = Math.floor(ctx.now() / 1000)
  const late = messages.filter((message) => message !== null && keyOwnerAt(ctx.federation, message.kid, now) === undefined) as Verified[]
  const [first] = late
  if (first === undefined) return messages
  const jtis = late.map(({ jti }) => jti)
  const answered = new Set((await readAnswerRows(ctx.db, first.region, jtis)).map(keyOf))
  return messages.map((message) => (message !== null && late.includes(message) && !answered.has(keyOf(message)) ? null : message))
}

interface Answered {
  /** By `jti digest`. */
  readonly answers: ReadonlyMap<string, StoredAnswer>
  readonly deferred: ReadonlyMap<string, AnswerEntry>
  readonly caseNumbers: string[]
  readonly receipt: string | null
}

/**
 * Replay look-up first, so that a message gets its first answer even after `exp`; then judgement; then one transaction. Another
 * request may store the same message in between: then that one's answer stands and the look-up finds it on the second turn.
 */
async function answerAll(ctx: AcceptContext, iss: string, messages: readonly Verified[]): Promise<Answered> {
  const jtis = [...new Set(messages.map((message) => message.jti))]
  const before = await firstAnswers(ctx, iss, jtis)
  const answers = new Map(before.map((answer) => [keyOf(answer), answer]))
  const taken = new Set(before.map((answer) => answer.jti))
  const fresh = [...new Map(messages.filter((m) => !answers.has(keyOf(m))).map((m) => [keyOf(m), m])).values()]
  if (fresh.length === 0) return { answers, deferred: new Map(), caseNumbers: [], receipt: null }

  const { arrivals, deferred } = await judgeAll(ctx, fresh, taken)
  const stored = await storeArrivals(ctx, iss, arrivals)
  const toApply = new Set(stored.caseNumbers)
  for (const { digest, token, verdict } of arrivals)
    if (verdict.status === 'accepted' && toApply.has(verdict.claims.case)) ctx.recent.add(digest, token)
  for (const answer of stored.answers) answers.set(keyOf(answer), answer)
  const lost = arrivals.filter((arrival) => !answers.has(keyOf(arrival)))
  for (const answer of await settleRaces(ctx, iss, lost)) answers.set(keyOf(answer), answer)
  return { answers, deferred, caseNumbers: stored.caseNumbers, receipt: stored.receipt }
}

/** Another request stored the same message first: its answer stands. What lost its `jti` to other bytes is a reused id after all. */
async function settleRaces(ctx: AcceptContext, iss: string, lost: readonly NewArrival[]): Promise<StoredAnswer[]> {
  if (lost.length === 0) return []
  const jtis = lost.map((arrival) => arrival.jti)
  const answered = new Set((await firstAnswers(ctx, iss, jtis)).map(keyOf))
  await storeArrivals(ctx, iss, lost.filter((arrival) => !answered.has(keyOf(arrival))).map(reusedId))
  return await firstAnswers(ctx, iss, jtis)
}

async function judgeAll(
  ctx: AcceptContext,
  fresh: readonly Verified[],
  taken: Set<string>,
): Promise<{ arrivals: NewArrival[]; deferred: Map<string, AnswerEntry> }> {
  const caseNumbers = fresh.flatMap((message) => knownOf(message).case ?? [])
  const cases = await readKnownCases(ctx.db, [...new Set(caseNumbers)])
  // What a line opens is known to the lines behind it, as if they had come later: their version and agreement are judged by it.
  const known = new Map(cases)
  const arrivals: NewArrival[] = []
  const deferred = new Map<string, AnswerEntry>()
  for (const message of fresh) {
    if (taken.has(message.jti)) {
      arrivals.push(reusedId({ ...message, verdict: { status: 'refused', reason: 'reused-id', known: knownOf(message) } }))
      continue
    }
    const verdict = judgeMessage(ctx, message.claims, (caseNumber) => known.get(caseNumber))
    if (verdict.status === 'deferred') {
      deferred.set(keyOf(message), { jti: message.jti, status: 'deferred', reason: verdict.reason })
      continue
    }
    taken.add(message.jti)
    const isNewCase = verdict.status === 'accepted' && !cases.has(verdict.claims.case)
    if (verdict.status === 'accepted') learn(known, verdict)
    arrivals.push({ ...message, first: true, isNewCase, verdict })
  }
  return { arrivals, deferred }
}

/** Its first document, or before that whatever comes first, says what a case is. */
function learn(known: Map<string, KnownCase>, { claims, procedure, starts }: Extract<Verdict, { status: 'accepted' }>): void {
  const held = known.get(claims.case)
  if (held?.started || (held !== undefined && !starts)) return
  known.set(claims.case, {
    procedure: procedure.name,
    version: procedure.version,
    owner: caseNumberParts(claims.case).owner,
    participants: [claims.iss, claims.aud],
    agreement: claims.agreement,
    started: starts,
  })
}

const knownOf = (message: Verified) => (message.claims.ok ? message.claims.claims : message.claims.known)
const keyOf = (message: { jti: string; digest: string }) => `${message.jti} ${message.digest}`

function reusedId(arrival: Omit<NewArrival, 'first' | 'isNewCase'>): NewArrival {
  const known = arrival.verdict.status === 'accepted' ? arrival.verdict.claims : arrival.verdict.known
  return { ...arrival, first: false, isNewCase: false, verdict: { status: 'refused', reason: 'reused-id', known } }
}

/** One entry per message, in the order of the request; each receipt once. */
function compose(
  messages: readonly (Verified | null)[],
  iss: string,
  answers: ReadonlyMap<string, StoredAnswer>,
  deferred: ReadonlyMap<string, AnswerEntry>,
): Answer {
  const receipts: string[] = []
  const numberOf = new Map<string, number>()
  const entries = messages.map((message): AnswerEntry => {
    if (message === null || message.region !== iss) return unverifiable
    const answer = answers.get(keyOf(message))
    if (!answer) return deferred.get(keyOf(message)) ?? unverifiable
    let receipt = numberOf.get(answer.receipt)
    if (receipt === undefined) {
      receipt = receipts.push(answer.receipt) - 1
      numberOf.set(answer.receipt, receipt)
    }
    const place = { jti: answer.jti, receipt, index: answer.index, path: [...answer.path] }
    return answer.status === 'accepted'
      ? { status: 'accepted', ...place }
      : ({ status: 'refused', reason: answer.reason, ...place } as AnswerEntry)
  })
  return { receipts, messages: entries }
}

function countStatuses(answer: Answer): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { status } of answer.messages) counts[status] = (counts[status] ?? 0) + 1
  return counts
}
