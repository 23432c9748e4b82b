import { type Kysely, type RawBuilder, sql } from 'kysely'
import { insertAll, type Reader, type Tx } from '../db/bulk.ts'
import type { Database, RewrapRow } from '../db/schema.ts'
import { HefuError } from '../errors.ts'
import type { StoredKey } from './vault.ts'

/** Where wrapped data keys are: `owner` as stored-keys.ts makes it, of the columns of the primary key. */
interface KeyedTable {
  readonly table: 'cases' | 'register_records' | 'imports' | 'quarantine' | 'vault_keys'
  readonly key: readonly string[]
}

export const keyedTables: readonly KeyedTable[] = [
  { table: 'vault_keys', key: ['name'] },
  { table: 'cases', key: ['case_number'] },
  { table: 'register_records', key: ['register', 'key'] },
  { table: 'imports', key: ['id'] },
  { table: 'quarantine', key: ['iss', 'jti', 'digest'] },
]

export type WrappedKey = StoredKey & { readonly wrapped: string; readonly ctid: string; readonly place: readonly string[] }

const notOf = (epoch: number) => sql`data_key is not null and data_key not like ${`e${epoch}.%`}`

/** The next keys behind `after`, in the order of their rows, that another epoch wrapped; locked, in the order in which everybody locks them. */
export async function lockKeysOfOtherEpochs(
  tx: Tx,
  { table, key }: KeyedTable,
  epoch: number,
  after: readonly string[] | undefined,
  limit: number,
): Promise<WrappedKey[]> {
  const columns = sql.join(key.map((name) => sql.ref(name)))
  const behind = after === undefined ? sql`true` : sql`(${columns}) > (${sql.join(after)})`
  const { rows } = await sql<{ ctid: string; wrapped: string; place: string[] }>`select ctid::text as ctid, data_key as wrapped,
      array[${sql.join(key.map((name) => sql`${sql.ref(name)}::text`))}] as place
    from ${sql.table(table)} where ${notOf(epoch)} and ${behind} order by ${columns} limit ${limit} for no key update`.execute(tx)
  return rows.map((row) => ({ ...row, owner: [table, ...row.place].join('/') }))
}

export async function replaceKeys(
  tx: Tx,
  { table }: KeyedTable,
  keys: readonly { readonly ctid: string; readonly wrapped: string }[],
): Promise<void> {
  if (keys.length === 0) return
  await sql`update ${sql.table(table)} as t set data_key = r.wrapped
    from unnest(${keys.map(({ ctid }) => ctid)}::tid[], ${keys.map(({ wrapped }) => wrapped)}::text[]) as r (place, wrapped)
    where t.ctid = r.place`.execute(tx)
}

/** How many living keys each epoch has wrapped. Reads every row: for people and for what happens once a month. */
export async function countKeys(db: Reader): Promise<Map<number, number>> {
  const one = ({ table }: KeyedTable): RawBuilder<unknown> => sql`select data_key from ${sql.table(table)} where data_key is not null`
  const { rows } = await sql<{
    epoch: number
    keys: string
  }>`select substring(data_key from '^e([0-9]+)\\.')::int as epoch, count(*) as keys
    from (${sql.join(keyedTables.map(one), sql` union all `)}) as k group by 1`.execute(db)
  return new Map(rows.map(({ epoch, keys }) => [epoch, Number(keys)]))
}

export async function insertRewrap(db: Reader, row: Pick<RewrapRow, 'id' | 'requested_by' | 'start_at' | 'created_at'>): Promise<void> {
  await insertAll(db, 'rewraps', [{ ...row, keys_done: 0 }])
}

export async function readRewrap(db: Reader, id: string): Promise<RewrapRow | undefined> {
  return await db.selectFrom('rewraps').selectAll().where('id', '=', id).executeTakeFirst()
}

/** The oldest that is due and not finished, be it of a process that died. */
export async function nextRewrap(db: Reader, now: Date): Promise<RewrapRow | undefined> {
  return await db
    .selectFrom('rewraps')
    .selectAll()
    .where('finished_at', 'is', null)
    .where('start_at', '<=', now)
    .orderBy('start_at')
    .executeTakeFirst()
}

/** Whether one was due in this time, done or not. */
export async function isRewrapDueIn(db: Reader, from: Date, to: Date): Promise<boolean> {
  const row = await db.selectFrom('rewraps').select('id').where('start_at', '>', from).where('start_at', '<=', to).executeTakeFirst()
  return row !== undefined
}

export async function reportRewrap(
  db: Reader,
  id: string,
  change: Partial<Pick<RewrapRow, 'keys_total' | 'keys_done' | 'finished_at'>>,
): Promise<void> {
  await db.updateTable('rewraps').set(change).where('id', '=', id).execute()
}

/**
 * Runs `work` when no other process of the node makes, rewrites or destroys epoch keys: a file is written, not a night's work. Throws HefuError
 * `unavailable` when another one hangs in it: whoever asked again would else take one connection of the pool after the other.
 */
export async function asOnlyWriter<T>(db: Kysely<Database>, work: (tx: Tx) => Promise<T>): Promise<T> {
  return await db.transaction().execute(async (tx) => {
    await sql`set local lock_timeout = ${sql.lit(WAIT_MS)}`.execute(tx)
    await sql`select pg_advisory_xact_lock(hashtext('hefu.vault'), 1)`.execute(tx).catch((error: unknown) => {
      throw (error as { code?: unknown }).code === LOCK_NOT_AVAILABLE ? new HefuError('unavailable', { cause: error }) : error
    })
    await sql`set local lock_timeout = 0`.execute(tx)
    return await work(tx)
  })
}

const WAIT_MS = 5_000
/** PostgreSQL's manual, appendix A. */
const LOCK_NOT_AVAILABLE = '55P03'

/** Runs `work` unless another process does; the lock ends with the connection, however the process ends. False when it was taken. */
export async function asOnlyKeeper(db: Kysely<Database>, work: () => Promise<void>): Promise<boolean> {
  return await db.connection().execute(async (connection) => {
    const lock = await sql<{ taken: boolean }>`select pg_try_advisory_lock(hashtext('hefu.vault'), 0) as taken`.execute(connection)
    if (!lock.rows[0]?.taken) return false
    try {
      await work()
    } finally {
      await sql`select pg_advisory_unlock(hashtext('hefu.vault'), 0)`.execute(connection)
    }
    return true
  })
}
