import type { Context } from '../context.ts'
import { applyCases } from '../inbox/apply-cases.ts'
import { keyOf } from './compare-heads.ts'
import type { Item } from './heads-schemas.ts'
import { storeProven } from './restore-store.ts'
import { type ItemRefusal, type ProvenItem, verifyItem } from './verify-item.ts'

export interface Restored {
  /** How many of the items this node did not have whole. */
  readonly restored: number
  readonly caseNumbers: readonly string[]
  /** Items that were not taken, by `iss jti`. */
  readonly refused: ReadonlyMap<string, ItemRefusal>
}

type RestoreContext = Pick<Context, 'region' | 'db' | 'federation' | 'procedures' | 'vault' | 'now' | 'log'>

/**
 * Takes back what this node has lost, with the receipt of that time: `receivedAt`, and with it every clock of the case, stays what
 * it was. Verified first, then stored in one transaction. The caller replays the cases once everything is back.
 */
export async function restoreItems(ctx: RestoreContext, peer: string, items: readonly Item[]): Promise<Restored> {
  const proven: ProvenItem[] = []
  const refused = new Map<string, ItemRefusal>()
  // At most a body's worth, so all at once: the signatures are computed on other threads.
  const verdicts = await Promise.all(items.map(async (item) => ({ item, verified: await verifyItem(ctx, peer, item) })))
  for (const { item, verified } of verdicts) {
    if (verified.ok) proven.push(verified.item)
    else refused.set(keyOf(item), verified.why)
  }
  const { keys, caseNumbers } = await ctx.db.transaction().execute(async (tx) => await storeProven(tx, ctx, proven))
  ctx.log.info({ event: 'reconcile.restored', peer, items: items.length, restored: keys.size, refused: refused.size }, 'reconcile.restored')
  return { restored: keys.size, caseNumbers, refused }
}

/** How many cases one transaction replays. */
const applyBatch = 500

export async function applyAll(ctx: Parameters<typeof applyCases>[0], caseNumbers: Iterable<string>): Promise<void> {
  const all = [...new Set(caseNumbers)].sort()
  for (let at = 0; at < all.length; at += applyBatch) await applyCases(ctx, all.slice(at, at + applyBatch))
}
