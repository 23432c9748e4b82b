import { growTiles, leafHash } from '@hefu/translog'
import type { Kysely } from 'kysely'
import type { Context } from '../context.ts'
import type { Database } from '../db/schema.ts'
import { entryColumns } from './entry-columns.ts'
import { type LogHead, moveHead, readPending, storeGrowth } from './log-store.ts'
import { signCheckpoint } from './sign-checkpoint.ts'

/** More cost nothing per entry to wait for, and fewer pay for more commits (measured: bench log.append). */
export const BATCH_ENTRIES = 1_000

export type Sequenced =
  | { readonly status: 'idle' }
  /** `more`: the batch was full. */
  | { readonly status: 'placed'; readonly head: LogHead; readonly entries: number; readonly more: boolean }
  /** Somebody else has moved the log: `head` is not where it stands. Nothing was written. */
  | { readonly status: 'fenced' }

/**
 * Gives the entries that wait their place, in the order of their ids: index, tiles, head and checkpoint in one transaction, which fails
 * as a whole. `db`: the sequencer's login. The checkpoint is signed before, and nobody has seen it until it is read back after commit.
 */
export async function sequenceEntries(
  ctx: Pick<Context, 'region' | 'exchangeLog' | 'now'>,
  db: Kysely<Database>,
  head: LogHead,
  limit: number = BATCH_ENTRIES,
): Promise<Sequenced> {
  const pending = await readPending(db, limit)
  if (pending.length === 0) return { status: 'idle' }
  const { range, tiles } = growTiles(
    head.range,
    pending.map(({ entry }) => leafHash(Buffer.from(entry))),
  )
  const growth = {
    entries: pending.map(({ id, entry }) => ({ id, ...entryColumns(ctx.region, entry) })),
    tiles,
    checkpoint: {
      epoch: head.epoch,
      size: range.size,
      at: new Date(ctx.now()),
      note: await signCheckpoint(ctx.exchangeLog, range),
    },
  }
  const moved = await db.transaction().execute(async (tx) => {
    if (!(await moveHead(tx, head, range))) return false
    await storeGrowth(tx, head, growth)
    return true
  })
  if (!moved) return { status: 'fenced' }
  return { status: 'placed', head: { ...head, range }, entries: pending.length, more: pending.length === limit }
}
