import type { Context } from '../context.ts'
import { askPeer, PeerQuestionError } from './ask-peer.ts'
import { compareHeads, type Difference, precedes } from './compare-heads.ts'
import { boundsOf } from './day-bounds.ts'
import { type Head, headsAnswer, MAX_HEADS, type MessageId } from './heads-schemas.ts'
import { readHeads } from './heads-store.ts'

type CompareContext = Pick<Context, 'region' | 'db' | 'federation' | 'peerTls' | 'signer' | 'now'>

/**
 * Compares one day message by message, a page at a time. Each turn covers the stretch that both pages reach over, so that neither
 * side's page decides alone what is missing. Throws PeerQuestionError.
 */
export async function compareDay(ctx: CompareContext, peer: string, day: string): Promise<{ compared: number; differences: Difference[] }> {
  const bounds = boundsOf(day)
  const differences: Difference[] = []
  let compared = 0
  let after: MessageId | undefined
  for (;;) {
    const before = await readHeads(ctx.db, ctx, peer, { ...bounds, after }, MAX_HEADS)
    const { heads, more } = await askPeer(ctx, peer, after === undefined ? { day } : { day, after }, headsAnswer)
    requireOrder(ctx, peer, heads, more, after)
    const upTo = earlier(more ? idOf(heads.at(-1)) : undefined, before.length === MAX_HEADS ? idOf(before.at(-1)) : undefined)
    const mine = await readHeads(ctx.db, ctx, peer, { ...bounds, after, upTo }, 2 * MAX_HEADS)
    const within = (head: Head) => upTo === undefined || !precedes(upTo, head)
    const turn = compareHeads(ctx.region, { before: before.filter(within), theirs: heads.filter(within), mine })
    compared += turn.compared
    differences.push(...turn.differences)
    if (upTo === undefined) return { compared, differences }
    after = upTo
  }
}

/** A peer that repeats a page, or names messages of others, must not keep this node busy for ever. */
function requireOrder({ region }: CompareContext, peer: string, heads: readonly Head[], more: boolean, after: MessageId | undefined): void {
  let last = after
  for (const head of heads) {
    const ours = head.iss === region || head.iss === peer
    if (!ours || (last !== undefined && !precedes(last, head))) throw new PeerQuestionError('unreadable')
    last = head
  }
  if (more && heads.length === 0) throw new PeerQuestionError('unreadable')
}

function idOf(head: Head | undefined): MessageId | undefined {
  return head && { iss: head.iss, jti: head.jti }
}

function earlier(one: MessageId | undefined, other: MessageId | undefined): MessageId | undefined {
  if (one === undefined || other === undefined) return one ?? other
  return precedes(one, other) ? one : other
}
