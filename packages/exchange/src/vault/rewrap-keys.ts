import { raiseAlert } from '../alerts/alert-store.ts'
import type { Context } from '../context.ts'
import type { RewrapRow } from '../db/schema.ts'
import { HefuError } from '../errors.ts'
import { countKeys, keyedTables, lockKeysOfOtherEpochs, nextRewrap, replaceKeys, reportRewrap, type WrappedKey } from './rewrap-store.ts'
import { epochOf } from './vault.ts'

type RewrapContext = Pick<Context, 'db' | 'vault' | 'now' | 'log' | 'metrics'>

const KEYS_AT_ONCE = 500

/** Runs what was requested and is due. Each batch is a transaction of its own: a killed run is run again and finds the rest. */
export async function runRewraps(ctx: RewrapContext, isStopping: () => boolean = () => false): Promise<void> {
  for (let row = await nextRewrap(ctx.db, new Date(ctx.now())); row && !isStopping(); row = await nextRewrap(ctx.db, new Date(ctx.now())))
    await rewrapAll(ctx, row, isStopping)
}

async function rewrapAll(ctx: RewrapContext, { id, keys_total: known }: RewrapRow, isStopping: () => boolean): Promise<void> {
  const epoch = ctx.vault.currentEpoch()
  const left = await countOthers(ctx, epoch)
  const total = known ?? left
  let done = total - left
  const unreadable = new Map<number, number>()
  await reportRewrap(ctx.db, id, { keys_total: total, keys_done: Math.max(0, done) })
  for (const table of keyedTables) {
    for (let after: readonly string[] | undefined; ; ) {
      if (isStopping()) return
      const batch = await ctx.db.transaction().execute(async (tx) => {
        const keys = await lockKeysOfOtherEpochs(tx, table, epoch, after, KEYS_AT_ONCE)
        const tried = keys.map((key) => ({ ...key, again: rewrapped(ctx, key) }))
        await replaceKeys(
          tx,
          table,
          tried.flatMap(({ ctid, again }) => (again === null ? [] : [{ ctid, wrapped: again }])),
        )
        return tried
      })
      if (batch.length === 0) break
      for (const { wrapped, again } of batch) if (again === null) unreadable.set(epochOf(wrapped), (unreadable.get(epochOf(wrapped)) ?? 0) + 1)
      after = batch.at(-1)?.place
      done = Math.min(total, done + batch.length)
      await reportRewrap(ctx.db, id, { keys_done: Math.max(0, done) })
    }
  }
  ctx.vault.forgetKeys()
  for (const [of, keys] of unreadable)
    await raiseAlert(ctx.db, ctx, { kind: 'vault.key-unreadable', key: `${id}:${of}`, detail: { epoch: of, keys } })
  const failed = [...unreadable.values()].reduce((sum, keys) => sum + keys, 0)
  await reportRewrap(ctx.db, id, { keys_done: Math.max(0, total - failed), finished_at: new Date(ctx.now()) })
  ctx.log.info({ event: 'vault.rewrapped', rewrap: id, epoch, keys: total }, 'vault.rewrapped')
}

/** Null where nothing opens it: somebody damaged the row. It stays as it is, and keeps no other key from being wrapped anew. */
function rewrapped({ vault }: RewrapContext, key: WrappedKey): string | null {
  try {
    return vault.rewrap(key) ?? key.wrapped
  } catch (error) {
    if (error instanceof HefuError && error.code === 'unreadable') return null
    throw error
  }
}

async function countOthers(ctx: RewrapContext, epoch: number): Promise<number> {
  let others = 0
  for (const [wrappedBy, keys] of await countKeys(ctx.db)) if (wrappedBy !== epoch) others += keys
  return others
}
