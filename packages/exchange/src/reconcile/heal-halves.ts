import { raiseAlert } from '../alerts/alert-store.ts'
import type { Context } from '../context.ts'
import { tellQueue } from '../tell-queue.ts'
import { askPeer } from './ask-peer.ts'
import { type Difference, type DifferenceKind, keyOf } from './compare-heads.ts'
import { type Item, itemsAnswer, MAX_ITEMS, type MessageId, restoredAnswer } from './heads-schemas.ts'
import { readItems } from './heads-store.ts'
import { batchItems } from './item-batches.ts'
import { makeDue } from './reconciliation-store.ts'
import { restoreItems } from './restore-items.ts'
import type { ItemRefusal } from './verify-item.ts'

export interface Healed {
  readonly sentAgain: number
  readonly fetched: number
  readonly restoredAtPeer: number
  /** Cases that came back here, still to be replayed. */
  readonly caseNumbers: readonly string[]
  /** Why a message could not be brought back, by `iss jti`. */
  readonly failures: ReadonlyMap<string, ItemRefusal | 'not-answered'>
}

type HealContext = Pick<Context, 'region' | 'db' | 'queue' | 'federation' | 'procedures' | 'vault' | 'signer' | 'now' | 'log' | 'metrics'>

const ofKind = (differences: readonly Difference[], ...kinds: DifferenceKind[]) => differences.filter(({ kind }) => kinds.includes(kind))

/**
 * Sends again, fetches and gives back what one of the halves lacks. On either side its own documents come back before the peer's:
 * a node that had its own answer must not see only the question and answer it a second time. Throws PeerQuestionError.
 */
export async function healHalves(ctx: HealContext, peer: string, differences: readonly Difference[]): Promise<Healed> {
  const unanswered = ofKind(differences, 'pending-here', 'answer-lost-here')
  const due = await makeDue(
    ctx.db,
    peer,
    unanswered.map(({ jti }) => jti),
    new Date(ctx.now()),
  )
  if (due.size > 0) await tellQueue(ctx, { name: 'deliver', peer })

  const receiptLost = ofKind(unanswered, 'answer-lost-here').filter(({ jti }) => !due.has(jti))
  const wanted = ownFirst([...ofKind(differences, 'lost-here'), ...receiptLost], ctx.region)
  const fetched = await fetchLost(ctx, peer, wanted)
  const lacking = ownFirst(ofKind(differences, 'lost-at-peer', 'answer-lost-at-peer'), peer)
  const given = await giveBack(ctx, peer, lacking)
  for (const one of ofKind(differences, 'digest-differs', 'receipt-differs', 'receipt-missing')) {
    await raiseAlert(ctx.db, ctx, {
      kind: 'reconcile.differs',
      key: `${keyOf(one)}:${one.kind}`,
      peer,
      jti: one.jti,
      detail: { iss: one.iss, why: one.kind },
    })
  }
  return {
    sentAgain: due.size,
    fetched: fetched.restored,
    restoredAtPeer: given.restored,
    caseNumbers: fetched.caseNumbers,
    failures: new Map([...fetched.failures, ...given.failures]),
  }
}

function ownFirst(ids: readonly Difference[], region: string): MessageId[] {
  const own = (id: MessageId) => (id.iss === region ? 0 : 1)
  return ids.toSorted((a, b) => own(a) - own(b)).map(({ iss, jti }) => ({ iss, jti }))
}

/** The peer may answer fewer than were asked: the rest is asked again, until an answer brings none of them. */
async function fetchLost(ctx: HealContext, peer: string, wanted: readonly MessageId[]) {
  const failures = new Map<string, ItemRefusal | 'not-answered'>()
  const caseNumbers: string[] = []
  let restored = 0
  let waiting = [...wanted]
  while (waiting.length > 0) {
    const asked = waiting.slice(0, MAX_ITEMS)
    const { items } = await askPeer(ctx, peer, { fetch: asked }, itemsAnswer)
    const askedKeys = new Set(asked.map(keyOf))
    const answered = items.filter((item) => askedKeys.has(keyOf(item)))
    const done = await restoreItems(ctx, peer, answered)
    restored += done.restored
    caseNumbers.push(...done.caseNumbers)
    for (const [key, why] of done.refused) failures.set(key, why)
    const got = new Set(answered.map(keyOf))
    if (got.size === 0) for (const key of askedKeys) failures.set(key, 'not-answered')
    const over = got.size === 0 ? askedKeys : got
    waiting = waiting.filter((id) => !over.has(keyOf(id)))
  }
  return { restored, caseNumbers, failures }
}

/** Pushes with message, receipt and place: the receipt is the peer's own signature where the peer received the message. */
async function giveBack(ctx: HealContext, peer: string, lacking: readonly MessageId[]) {
  const failures = new Map<string, ItemRefusal | 'not-answered'>()
  let restored = 0
  for (let at = 0; at < lacking.length; at += MAX_ITEMS) {
    const ids = lacking.slice(at, at + MAX_ITEMS)
    const held = new Map((await readItems(ctx.db, ctx, peer, ids)).map((item) => [keyOf(item), item]))
    const items = ids.flatMap((id): Item[] => {
      const item = held.get(keyOf(id))
      if (item?.message === null) failures.set(keyOf(id), 'content-not-held')
      return item && item.message !== null ? [item] : []
    })
    for (const batch of batchItems(items)) restored += (await askPeer(ctx, peer, { restore: batch }, restoredAnswer)).restored
  }
  return { restored, failures }
}
