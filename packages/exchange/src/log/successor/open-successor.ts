import { formatLogEntry } from '@hefu/protocol'
import { EMPTY_RANGE, emptyRoot, growTiles, leafHash, parseCheckpointNote } from '@hefu/translog'
import type { Kysely } from 'kysely'
import type { Context } from '../../context.ts'
import type { Database } from '../../db/schema.ts'
import { entryColumns } from '../entry-columns.ts'
import { insertFirstEntry, insertHead, type LogHead, moveHead, storeGrowth } from '../log-store.ts'
import { signCheckpoint } from '../sign-checkpoint.ts'
import { readNewestWitnessed } from '../witness/witness-store.ts'
import { carryOver, closeHead, readSuccessor } from './successor-store.ts'

/**
 * Carries out an operator's decision (request-successor.ts): closes the sealed log and opens the next, whose entry 0 says where the old
 * one ended by what its witnesses cosigned last. Beyond that nothing of the old log can be proven to anybody, and its entries are in the new
 * one once more: what was promised stays promised. One transaction. Undefined: nobody has decided, or this process does not have the new
 * log's key. `db`: the sequencer's login.
 */
export async function openSuccessor(
  ctx: Pick<Context, 'region' | 'exchangeLog' | 'now' | 'log'>,
  db: Kysely<Database>,
  sealed: LogHead,
): Promise<LogHead | undefined> {
  const { origin } = ctx.exchangeLog
  const decided = await readSuccessor(db, sealed.epoch + 1)
  if (decided === undefined || decided.origin !== origin) return undefined
  const nowMs = ctx.now()
  const head: LogHead = { epoch: sealed.epoch + 1, origin, range: EMPTY_RANGE, closedAt: null }
  const { size, root } = await lastWitnessed(db, sealed.epoch)
  const entry = formatLogEntry({ kind: 'log.successor', origin: sealed.origin, size, root, decision: decided.decision }, nowMs)
  const { range, tiles } = growTiles(EMPTY_RANGE, [leafHash(Buffer.from(entry))])
  const at = new Date(nowMs)
  const growth = {
    entries: [],
    tiles,
    checkpoint: { epoch: head.epoch, size: range.size, at, note: await signCheckpoint(ctx.exchangeLog, range) },
  }
  const carried = await db.transaction().execute(async (tx) => {
    if (!(await closeHead(tx, sealed.epoch, at))) throw new Error(`the log of epoch ${sealed.epoch} is closed already`)
    await insertHead(tx, head)
    if (!(await moveHead(tx, head, range))) throw new Error(`the log of epoch ${head.epoch} has been moved already`)
    await insertFirstEntry(tx, head, { at, kind: 'log.successor', entry, ...entryColumns(ctx.region, entry) })
    await storeGrowth(tx, head, growth)
    return await carryOver(tx, sealed.epoch, size)
  })
  ctx.log.info({ event: 'log.succeeded', origin, predecessor: sealed.origin, size, carried }, 'log.succeeded')
  return { ...head, range }
}

async function lastWitnessed(db: Kysely<Database>, epoch: number): Promise<{ size: number; root: string }> {
  const witnessed = await readNewestWitnessed(db, epoch)
  const parsed = witnessed && parseCheckpointNote(witnessed.note)
  const { size, root } = parsed?.ok ? parsed.value.checkpoint : { size: 0, root: emptyRoot() }
  return { size, root: Buffer.from(root).toString('base64url') }
}
