import { TILE_WIDTH } from '@hefu/translog'
import { sql } from 'kysely'
import type { Reader } from '../db/bulk.ts'
import type { LogEntryRow } from '../db/schema.ts'
import type { StoredCheckpoint } from './log-store.ts'

/** The columns beside `entry` are for look-ups; what counts is `entry`. */
export interface EntryFilter {
  readonly kind?: string | undefined
  readonly peer?: string | undefined
  readonly procedure?: string | undefined
  readonly caseNumber?: string | undefined
  readonly digest?: string | undefined
  /** Both inclusive; the time that the entry itself says. */
  readonly from?: Date | undefined
  readonly to?: Date | undefined
}

export interface EntryPage extends EntryFilter {
  readonly limit: number
  /** Entries below this index. */
  readonly below?: number | undefined
}

/** Newest first. */
export async function listEntryRows(db: Reader, epoch: number, page: EntryPage): Promise<LogEntryRow[]> {
  let query = db.selectFrom('log_entries').selectAll().where('epoch', '=', epoch).orderBy('index', 'desc').limit(page.limit)
  if (page.below !== undefined) query = query.where('index', '<', String(page.below))
  if (page.kind !== undefined) query = query.where('kind', '=', page.kind)
  if (page.peer !== undefined) query = query.where('peer', '=', page.peer)
  if (page.procedure !== undefined) query = query.where('procedure', '=', page.procedure)
  if (page.caseNumber !== undefined) query = query.where('case_number', '=', page.caseNumber)
  if (page.digest !== undefined) query = query.where('digest', '=', page.digest)
  if (page.from !== undefined) query = query.where('at', '>=', page.from)
  if (page.to !== undefined) query = query.where('at', '<=', page.to)
  return await query.execute()
}

export async function readEntryRow(db: Reader, epoch: number, index: number): Promise<LogEntryRow | undefined> {
  return await db.selectFrom('log_entries').selectAll().where('epoch', '=', epoch).where('index', '=', String(index)).executeTakeFirst()
}

/** Entries of that log which name one of these digests, in their order. */
export async function findEntryRows(db: Reader, epoch: number, digests: readonly string[]): Promise<LogEntryRow[]> {
  return await db
    .selectFrom('log_entries')
    .selectAll()
    .where('epoch', '=', epoch)
    .where('digest', '=', sql<string>`any(${digests}::text[])`)
    .orderBy('index')
    .execute()
}

/** The texts of a bundle as far as they are there, and at most `width`. */
export async function readBundleTexts(db: Reader, epoch: number, index: number, width: number): Promise<string[]> {
  const first = index * TILE_WIDTH
  const rows = await db
    .selectFrom('log_entries')
    .select(['index', 'entry'])
    .where('epoch', '=', epoch)
    .where('index', '>=', String(first))
    .where('index', '<', String(first + width))
    .orderBy('index')
    .execute()
  return rows.map(({ entry }) => entry)
}

export async function readTileHashes(db: Reader, epoch: number, level: number, index: number): Promise<Buffer | undefined> {
  const row = await db
    .selectFrom('log_tiles')
    .select('hashes')
    .where('epoch', '=', epoch)
    .where('level', '=', level)
    .where('index', '=', String(index))
    .executeTakeFirst()
  return row?.hashes
}

export interface StoredLog {
  readonly epoch: number
  readonly origin: string
  /** When its successor was opened; null of the live one. */
  readonly closedAt: Date | null
}

/** All logs of this node, oldest first; the last is the live one. */
export async function listLogs(db: Reader): Promise<StoredLog[]> {
  return await db.selectFrom('log_heads').select(['epoch', 'origin', 'closed_at as closedAt']).orderBy('epoch').execute()
}

/** The checkpoint of that size, or of the next larger tree that has one. */
export async function readCheckpointFrom(db: Reader, epoch: number, size: number): Promise<StoredCheckpoint | undefined> {
  const row = await db
    .selectFrom('log_checkpoints')
    .selectAll()
    .where('epoch', '=', epoch)
    .where('size', '>=', String(size))
    .orderBy('size')
    .limit(1)
    .executeTakeFirst()
  return row && { epoch, size: Number(row.size), at: row.at, note: row.note, witnessed: row.witnessed }
}

/** The newest checkpoints of other logs that this node cosigned, as their logs signed them. */
export async function listCosigned(db: Reader): Promise<{ origin: string; note: string }[]> {
  return await db.selectFrom('witnessed_heads').select(['origin', 'checkpoint as note']).orderBy('origin').execute()
}
