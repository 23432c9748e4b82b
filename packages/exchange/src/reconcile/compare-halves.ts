import type { Context } from '../context.ts'
import { askPeer } from './ask-peer.ts'
import { compareDay } from './compare-day.ts'
import type { Difference } from './compare-heads.ts'
import { dayCount, eachDay } from './day-bounds.ts'
import { daysAnswer } from './heads-schemas.ts'
import { sumDays } from './heads-store.ts'

export interface Comparison {
  /** Days looked at, and those of them that were not alike at the first look. */
  readonly days: number
  readonly differingDays: number
  /** Messages that stand in either half. */
  readonly compared: number
  readonly differences: readonly Difference[]
}

/** Compares the sums of each day and descends where they differ. Throws PeerQuestionError. */
export async function compareHalves(
  ctx: Pick<Context, 'region' | 'db' | 'federation' | 'peerTls' | 'signer' | 'now'>,
  peer: string,
  from: string,
  to: string,
): Promise<Comparison> {
  const theirs = new Map((await askPeer(ctx, peer, { days: { from, to } }, daysAnswer)).days.map((sum) => [sum.day, sum]))
  const mine = new Map((await sumDays(ctx.db, ctx, peer, eachDay(from, to))).map((sum) => [sum.day, sum]))
  const differences: Difference[] = []
  let compared = 0
  let differingDays = 0
  for (const { day } of eachDay(from, to)) {
    const sum = mine.get(day)
    if (sum?.digest === theirs.get(day)?.digest) {
      compared += sum?.count ?? 0
      continue
    }
    differingDays += 1
    const turn = await compareDay(ctx, peer, day)
    compared += turn.compared
    differences.push(...turn.differences)
  }
  return { days: dayCount(from, to), differingDays, compared, differences }
}
