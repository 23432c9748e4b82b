import { type EntryBundle, formatEntryBundle, HASH_BYTES, parseTilePath, type Tile, TranslogError, tileWidth } from '@hefu/translog'
import type { Context } from '../context.ts'
import type { LogEntryRow } from '../db/schema.ts'
import { HefuError } from '../errors.ts'
import {
  type EntryFilter,
  listEntryRows,
  listLogs,
  readBundleTexts,
  readEntryRow,
  readTileHashes,
  type StoredLog,
} from './audit-log-store.ts'
import { readNewestCheckpoint } from './log-store.ts'
import { headOver, proveSizes, proveSoundly } from './prove-entries.ts'
import { type DamageContext, reportDamage } from './report-damage.ts'
import { readNewestWitnessed } from './witness/witness-store.ts'

type ReadContext = Pick<Context, 'db'>

async function logOf(ctx: ReadContext, epoch?: number): Promise<StoredLog> {
  return logAmong(await listLogs(ctx.db), epoch)
}

/** The live one where nothing is said. Throws HefuError `not-found`. */
export function logAmong(logs: readonly StoredLog[], epoch?: number): StoredLog {
  const log = epoch === undefined ? logs.at(-1) : logs.find((one) => one.epoch === epoch)
  if (log === undefined) throw new HefuError('not-found')
  return log
}

async function headOf(ctx: ReadContext, epoch?: number) {
  const log = await logOf(ctx, epoch)
  const newest = await readNewestCheckpoint(ctx.db, log.epoch)
  if (newest === undefined) throw new HefuError('not-found')
  return { ...log, newest }
}

export interface LogEntryView {
  readonly index: number
  readonly epoch: number
  readonly at: string
  readonly kind: string
  readonly peer: string | null
  readonly procedure: string | null
  readonly caseNumber: string | null
  readonly jti: string | null
  readonly digest: string | null
  /** The exact text; everything else is read out of it. */
  readonly entry: string
}

export interface LogEntryPage extends Omit<EntryFilter, 'from' | 'to'> {
  /** Both inclusive, RFC 3339. */
  readonly from?: string | undefined
  readonly to?: string | undefined
  readonly epoch?: number | undefined
  readonly limit: number
  /** The index at which the page before ended. */
  readonly after?: number | undefined
}

/** Newest first. */
export async function listLogEntries(
  ctx: ReadContext,
  { epoch, from, to, limit, after, ...filter }: LogEntryPage,
): Promise<{ items: LogEntryView[]; next: number | null }> {
  const log = await logOf(ctx, epoch)
  const times = { from: from === undefined ? undefined : new Date(from), to: to === undefined ? undefined : new Date(to) }
  const rows = await listEntryRows(ctx.db, log.epoch, { ...filter, ...times, limit: limit + 1, below: after })
  const items = rows.slice(0, limit).map(toView)
  return { items, next: rows.length > limit ? (items.at(-1)?.index ?? null) : null }
}

function toView(row: LogEntryRow): LogEntryView {
  const { index, epoch, at, kind, peer, procedure, case_number: caseNumber, jti, digest, entry } = row
  return { index: Number(index), epoch, at: at.toISOString(), kind, peer, procedure, caseNumber, jti, digest, entry }
}

/** One entry with its `.tlog-proof`: against the newest checkpoint that a quorum cosigned, or the newest at all while there is none over it. */
export async function readLogEntry(
  ctx: DamageContext,
  index: number,
  epoch?: number,
): Promise<LogEntryView & { readonly proof: string; readonly witnessed: boolean }> {
  const log = await logOf(ctx, epoch)
  const [row, head] = await Promise.all([readEntryRow(ctx.db, log.epoch, index), headOver(ctx, log.epoch, index)])
  if (row === undefined || head === undefined) throw new HefuError('not-found')
  return { ...toView(row), proof: await proveSoundly(ctx, { index, entry: row.entry }, head), witnessed: head.witnessed }
}

export interface LogCheckpointView {
  readonly origin: string
  readonly epoch: number
  readonly size: number
  readonly at: string
  /** C2SP signed note; with the cosignatures where `witnessed`. */
  readonly note: string
}

/** The newest checkpoint, and the newest that a quorum cosigned. */
export async function readLogCheckpoint(
  ctx: ReadContext,
  epoch?: number,
): Promise<LogCheckpointView & { readonly witnessed: LogCheckpointView | null }> {
  const { origin, epoch: at, newest } = await headOf(ctx, epoch)
  const witnessed = await readNewestWitnessed(ctx.db, at)
  type Stored = Pick<typeof newest, 'size' | 'at' | 'note'>
  const view = (stored: Stored) => ({ origin, epoch: at, size: stored.size, at: stored.at.toISOString(), note: stored.note })
  return { ...view(newest), witnessed: witnessed === undefined ? null : view(witnessed) }
}

/**
 * The proof that the tree of size `to` begins with that of size `from` (RFC 6962 section 2.1.2), with both roots; all base64. Throws HefuError
 * `malformed-request` for sizes that the log does not have, or that no proof exists for.
 */
export async function readConsistency(ctx: DamageContext, { from, to, epoch }: { from: number; to: number; epoch?: number | undefined }) {
  const log = await headOf(ctx, epoch)
  const errors = [
    ...(to > log.newest.size ? [sizeError('/to', tooLarge(log.newest.size))] : []),
    ...(from > to ? [sizeError('/from', beyond)] : []),
  ]
  if (errors.length > 0) throw new HefuError('malformed-request', { errors })
  const { proof, fromRoot, toRoot } = await proveSizes(ctx, log.newest, { from, to })
  return {
    origin: log.origin,
    epoch: log.epoch,
    from: { size: from, root: base64(fromRoot) },
    to: { size: to, root: base64(toRoot) },
    proof: proof.map(base64),
  }
}

const beyond = { zh: '须不大于 to', en: 'must not be larger than "to"' }
const tooLarge = (size: number) => ({ zh: `日志现有 ${size} 条`, en: `the log has ${size} entries` })

function sizeError(pointer: string, text: { zh: string; en: string }) {
  return { pointer, code: 'out-of-range', ...text }
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64')
}

/**
 * The bytes of a hash tile or an entry bundle. `path`: as in C2SP tlog-tiles, without `tile/` (`0/x001/234.p/5`, `entries/000`). Not wider than
 * asked for: a partial tile that has grown still begins with what it held. Throws HefuError `not-found` for what the log does not have; also
 * for what it should have and the tables do not, so that an audit goes on and names it, and then the operators are told as well.
 */
export async function readLogTile(ctx: DamageContext, path: string, epoch?: number): Promise<Uint8Array> {
  const parsed = parseTilePath(`tile/${path}`)
  if (!parsed.ok) throw new HefuError('not-found')
  const log = await logOf(ctx, epoch)
  const tile = parsed.value
  const bytes = await readExactly(ctx, log.epoch, tile)
  if (bytes !== undefined) return bytes
  // Once more, after the head was read: the log may have grown so far in between.
  const size = (await readNewestCheckpoint(ctx.db, log.epoch))?.size ?? 0
  const again = await readExactly(ctx, log.epoch, tile)
  if (again !== undefined) return again
  if (tileWidth(tile.level === 'entries' ? 0 : tile.level, tile.index, size) >= tile.width)
    await reportDamage(ctx, log.epoch, new TranslogError('tile', `tile ${tile.level}/${tile.index} is cut short`))
  throw new HefuError('not-found')
}

/** Undefined: there are not so many. */
async function readExactly(
  { db }: ReadContext,
  epoch: number,
  { level, index, width }: Tile | EntryBundle,
): Promise<Uint8Array | undefined> {
  if (level === 'entries') {
    const texts = await readBundleTexts(db, epoch, index, width)
    return texts.length < width ? undefined : formatEntryBundle(texts.map((text) => Buffer.from(text)))
  }
  const hashes = await readTileHashes(db, epoch, level, index)
  return hashes === undefined || hashes.length < width * HASH_BYTES ? undefined : hashes.subarray(0, width * HASH_BYTES)
}
