import { sql } from 'kysely'
import { insertAll, type Reader, type Tx } from '../../db/bulk.ts'
import type { LogSealRow, LogSuccessorRow } from '../../db/schema.ts'

export async function readSuccessor(db: Reader, epoch: number): Promise<LogSuccessorRow | undefined> {
  return await db.selectFrom('log_successors').selectAll().where('epoch', '=', epoch).executeTakeFirst()
}

/** The first decision about an epoch stands. */
export async function insertSuccessor(db: Reader, row: LogSuccessorRow): Promise<void> {
  await insertAll(db, 'log_successors', [{ ...row }], sql`on conflict do nothing`)
}

/** The name that those of all later logs begin with. */
export async function readFirstOrigin(db: Reader): Promise<string> {
  return (await db.selectFrom('log_heads').select('origin').orderBy('epoch').limit(1).executeTakeFirstOrThrow()).origin
}

/**
 * Peers with which a reconciliation, asked for after the seal, has ended with a match, from the day of the last checkpoint that this
 * database has to the day of the seal.
 */
export async function reconciledPeers(db: Reader, { epoch, at }: LogSealRow): Promise<Set<string>> {
  const { rows } = await sql<{ peer: string }>`select distinct peer from reconciliations
    where state = 'done' and created_at >= ${at} and (result->>'match')::boolean
      and from_day <= (select (max(least(at, ${at})) at time zone 'Asia/Shanghai')::date from log_checkpoints where epoch = ${epoch})
      and to_day >= (${at}::timestamptz at time zone 'Asia/Shanghai')::date`.execute(db)
  return new Set(rows.map(({ peer }) => peer))
}

/** False when it was closed before. */
export async function closeHead(tx: Tx, epoch: number, at: Date): Promise<boolean> {
  const closed = await tx
    .updateTable('log_heads')
    .set({ closed_at: at })
    .where('epoch', '=', epoch)
    .where('closed_at', 'is', null)
    .executeTakeFirst()
  return closed.numUpdatedRows === 1n
}

/**
 * What the closed log holds beyond `size` waits for its place again, before everything else that waits: identities are never negative. Of a
 * heartbeat nothing is lost; what the closed log succeeded is its own affair.
 */
export async function carryOver(tx: Tx, epoch: number, size: number): Promise<number> {
  const carried = await sql`insert into log_pending (id, at, kind, entry) overriding system value
    select first.id - row_number() over (order by e.index desc), e.at, e.kind, e.entry
    from log_entries e, (select least(0, min(id)) as id from log_pending) as first
    where e.epoch = ${epoch} and e.index >= ${size} and e.kind not in ('heartbeat', 'log.successor')`.execute(tx)
  return Number(carried.numAffectedRows ?? 0)
}
