import { type CompactRange, EMPTY_RANGE, formatCompactRange, parseCompactRange, type ReadTiles, type TileGrowth } from '@hefu/translog'
import { sql } from 'kysely'
import type { Reader, Tx } from '../db/bulk.ts'
import type { LogPendingRow } from '../db/schema.ts'

/** Where a log stands: the newest epoch is the live one. */
export interface LogHead {
  readonly epoch: number
  readonly origin: string
  readonly range: CompactRange
  readonly closedAt: Date | null
}

/** What look-ups need of an entry; see `log_entries`. */
export interface EntryColumns {
  readonly peer: string | null
  readonly procedure: string | null
  readonly caseNumber: string | null
  readonly jti: string | null
  readonly digest: string | null
}

/** A row of `log_pending` with what was read out of its bytes. */
export interface PlacedEntry extends EntryColumns {
  readonly id: string
}

export interface StoredCheckpoint {
  readonly epoch: number
  readonly size: number
  readonly at: Date
  /** Signed by the log. */
  readonly note: string
  /** With the cosignatures of a quorum. */
  readonly witnessed: string | null
}

export async function readHead(db: Reader): Promise<LogHead | undefined> {
  const row = await db.selectFrom('log_heads').selectAll().orderBy('epoch', 'desc').limit(1).executeTakeFirst()
  if (row === undefined) return undefined
  const range = parseCompactRange(row.range)
  if (!range.ok || range.value.size !== Number(row.size)) throw new Error(`the head of epoch ${row.epoch} is damaged`)
  return { epoch: row.epoch, origin: row.origin, range: range.value, closedAt: row.closed_at }
}

/** The first log of a node. No error when there is one. */
export async function insertFirstHead(db: Reader, origin: string): Promise<void> {
  await db
    .insertInto('log_heads')
    .values(emptyHead(0, origin))
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

/** A further log, empty. */
export async function insertHead(tx: Tx, { epoch, origin }: Pick<LogHead, 'epoch' | 'origin'>): Promise<void> {
  await tx.insertInto('log_heads').values(emptyHead(epoch, origin)).execute()
}

function emptyHead(epoch: number, origin: string) {
  return { epoch, origin, size: '0', range: Buffer.from(formatCompactRange(EMPTY_RANGE)), closed_at: null }
}

/**
 * The rows that wait, in the order of their ids. All that are committed, from the smallest id on: rows commit in another order than
 * that of their ids, so that "after the last one" would leave some behind for ever.
 */
export async function readPending(db: Reader, limit: number): Promise<Pick<LogPendingRow, 'id' | 'entry'>[]> {
  return await db.selectFrom('log_pending').select(['id', 'entry']).orderBy('id').limit(limit).execute()
}

/** The fence: false when the log has moved on since `head` was read, or was closed. Whoever else wants to move it waits for this transaction. */
export async function moveHead(tx: Tx, head: LogHead, range: CompactRange): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('log_heads')
    .set({ size: String(range.size), range: Buffer.from(formatCompactRange(range)) })
    .where('epoch', '=', head.epoch)
    .where('size', '=', String(head.range.size))
    .where('closed_at', 'is', null)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

export interface Growth {
  /** In the order of their places. */
  readonly entries: readonly PlacedEntry[]
  readonly tiles: readonly TileGrowth[]
  readonly checkpoint: Omit<StoredCheckpoint, 'witnessed'>
}

/**
 * Everything that a batch adds, in one statement; the entries themselves go from table to table. Throws when the tables do not hold what
 * they must: then nothing was moved.
 */
export async function storeGrowth(tx: Tx, head: LogHead, { entries, tiles, checkpoint }: Growth): Promise<void> {
  const { rows } = await sql<{ placed: number; misfits: number }>`
    with gone as (${takePending(entries)}),
      placed as (insert into log_entries (index, epoch, at, kind, peer, procedure, case_number, jti, digest, entry)
        select ${head.range.size}::bigint + n - 1, ${head.epoch}::smallint, at, kind, peer, procedure, case_number, jti, digest, entry
        from gone order by n returning 1),
      grown as (${growTileRows(head.epoch, tiles)} returning level, index, octet_length(hashes) as bytes),
      misfits as (select 1 from (${expectedTiles(tiles)}) as e left join grown g using (level, index) where g.bytes is distinct from e.bytes),
      signed as (insert into log_checkpoints (epoch, size, at, note)
        values (${checkpoint.epoch}, ${checkpoint.size}, ${checkpoint.at}, ${checkpoint.note}))
    select (select count(*)::int from placed) as placed, (select count(*)::int from misfits) as misfits`.execute(tx)
  const done = rows[0]
  if (done?.placed !== entries.length || done.misfits !== 0) {
    throw new Error(
      `the log does not fit: ${JSON.stringify({ epoch: head.epoch, size: head.range.size, entries: entries.length, ...done })}`,
    )
  }
}

function takePending(entries: readonly PlacedEntry[]) {
  const column = <Name extends keyof PlacedEntry>(name: Name) => entries.map((entry) => entry[name])
  return sql`delete from log_pending p
    using unnest(${column('id')}::bigint[], ${column('peer')}::text[], ${column('procedure')}::text[], ${column('caseNumber')}::text[],
      ${column('jti')}::uuid[], ${column('digest')}::text[]) with ordinality as t (id, peer, procedure, case_number, jti, digest, n)
    where p.id = t.id returning p.at, p.kind, p.entry, t.peer, t.procedure, t.case_number, t.jti, t.digest, t.n`
}

/** The first entry of a log, which nobody has waited with. */
export async function insertFirstEntry(
  tx: Tx,
  { epoch }: LogHead,
  { at, kind, entry, caseNumber, ...columns }: Pick<LogPendingRow, 'at' | 'kind' | 'entry'> & EntryColumns,
): Promise<void> {
  await tx
    .insertInto('log_entries')
    .values({ index: '0', epoch, at, kind, entry, case_number: caseNumber, ...columns })
    .execute()
}

function growTileRows(epoch: number, tiles: readonly TileGrowth[]) {
  return sql`insert into log_tiles as old (epoch, level, index, hashes)
    select ${epoch}::smallint, level, index, hashes
    from unnest(${tiles.map(({ level }) => level)}::smallint[], ${tiles.map(({ index }) => index)}::bigint[],
      ${tiles.map(({ hashes }) => Buffer.from(hashes))}::bytea[]) as t (level, index, hashes)
    on conflict (epoch, level, index) do update set hashes = old.hashes || excluded.hashes`
}

/** What each tile must hold afterwards: a row that was there and should not, or should and was not, shows in its length. */
function expectedTiles(tiles: readonly TileGrowth[]) {
  return sql`select * from unnest(${tiles.map(({ level }) => level)}::smallint[], ${tiles.map(({ index }) => index)}::bigint[],
    ${tiles.map(({ width }) => width * 32)}::int[]) as t (level, index, bytes)`
}

export async function insertCheckpoint(db: Reader, { epoch, size, at, note }: Omit<StoredCheckpoint, 'witnessed'>): Promise<void> {
  await db
    .insertInto('log_checkpoints')
    .values({ epoch, size: String(size), at, note })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

/** The checkpoint of the largest tree of that epoch. */
export async function readNewestCheckpoint(db: Reader, epoch: number): Promise<StoredCheckpoint | undefined> {
  const row = await db
    .selectFrom('log_checkpoints')
    .selectAll()
    .where('epoch', '=', epoch)
    .orderBy('size', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row && { epoch: row.epoch, size: Number(row.size), at: row.at, note: row.note, witnessed: row.witnessed }
}

/** For proofs: all the tiles that one needs in one query. A tile that is missing comes back empty, which no proof takes. */
export function tilesOf(db: Reader, epoch: number): ReadTiles {
  return async (tiles) => {
    const { rows } = await sql<{ level: number; index: string; hashes: Buffer }>`
      select level, index, hashes from log_tiles where epoch = ${epoch} and (level, index) in
        (select * from unnest(${tiles.map(({ level }) => level)}::smallint[], ${tiles.map(({ index }) => index)}::bigint[]))`.execute(db)
    const held = new Map(rows.map(({ level, index, hashes }) => [`${level}/${index}`, hashes]))
    return tiles.map(({ level, index }) => held.get(`${level}/${index}`) ?? Buffer.alloc(0))
  }
}
