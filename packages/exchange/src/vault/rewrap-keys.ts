import type { Context } from '../context.ts'
import type { RewrapRow } from '../db/schema.ts'
import { countKeys, keyedTables, lockKeysOfOtherEpochs, nextRewrap, replaceKeys, reportRewrap } from './rewrap-store.ts'

type RewrapContext = Pick<Context, 'db' | 'vault' | 'now' | 'log'>

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
  await reportRewrap(ctx.db, id, { keys_total: total, keys_done: Math.max(0, done) })
  for (const table of keyedTables) {
    for (let after: readonly string[] | undefined; ; ) {
      if (isStopping()) return
      const batch = await ctx.db.transaction().execute(async (tx) => {
        const keys = await lockKeysOfOtherEpochs(tx, table, epoch, after, KEYS_AT_ONCE)
        const wrapped = keys.map((key) => ({ ctid: key.ctid, wrapped: ctx.vault.rewrap(key) ?? key.wrapped }))
        await replaceKeys(tx, table, wrapped)
        return keys
      })
      if (batch.length === 0) break
      after = batch.at(-1)?.place
      done = Math.min(total, done + batch.length)
      await reportRewrap(ctx.db, id, { keys_done: Math.max(0, done) })
    }
  }
  ctx.vault.forgetKeys()
  await reportRewrap(ctx.db, id, { keys_done: total, finished_at: new Date(ctx.now()) })
  ctx.log.info({ event: 'vault.rewrapped', rewrap: id, epoch, keys: total }, 'vault.rewrapped')
}

async function countOthers(ctx: RewrapContext, epoch: number): Promise<number> {
  let others = 0
  for (const [wrappedBy, keys] of await countKeys(ctx.db)) if (wrappedBy !== epoch) others += keys
  return others
}
