import { sql } from 'kysely'
import { coveredBy } from '../cases/case-list-store.ts'
import type { Caller, Context } from '../context.ts'
import { insertAll, insertRows, type Reader, type Tx } from '../db/bulk.ts'
import type { RegisterRecordRow } from '../db/schema.ts'
import { caseKey, effectOf, recordOfKey, recordOwner } from '../vault/stored-keys.ts'

export interface RecordToWrite {
  readonly key: string
  readonly data: unknown
  readonly lookupKeys: readonly string[]
}

/**
 * Writes records of one agency and their look-ups. Returns the new version of each record by its key (1: created); a
 * record that another agency wrote is left alone and absent from the answer. Keys must differ from each other.
 */
export async function writeRecords(
  tx: Tx,
  ctx: Pick<Context, 'vault' | 'now'>,
  register: string,
  agency: string,
  records: readonly RecordToWrite[],
): Promise<ReadonlyMap<string, number>> {
  if (records.length === 0) return new Map()
  const at = new Date(ctx.now())
  // One order of locking for everybody: two writers of the same records wait for each other instead of deadlocking.
  const sorted = [...records].sort((a, b) => (a.key < b.key ? -1 : 1))
  const rows = sorted.map(({ key, data }) => ({
    register,
    key,
    agency,
    ...sealedRecord(ctx, register, key, data),
    version: 1,
    created_at: at,
    updated_at: at,
  }))
  const onConflict = sql`on conflict (register, key) do update
    set data = excluded.data, data_key = excluded.data_key, version = register_records.version + 1, updated_at = excluded.updated_at
    where register_records.agency = excluded.agency
    returning key, version`
  const written = await insertRows('register_records', rows, onConflict).execute(tx)
  const versions = new Map((written.rows as { key: string; version: number }[]).map((row) => [row.key, row.version]))
  await sql`delete from register_lookups where register = ${register} and key = any(${[...versions.keys()]}::text[])`.execute(tx)
  const lookups = sorted
    .filter(({ key }) => versions.has(key))
    .flatMap(({ key, lookupKeys }) => [...new Set(lookupKeys)].map((lookup_key) => ({ register, lookup_key, key })))
  await insertAll(tx, 'register_lookups', lookups)
  return versions
}

/** A record has a data key of its own, another one with every write: with the row the key is gone. */
function sealedRecord({ vault }: Pick<Context, 'vault'>, register: string, key: string, data: unknown) {
  const owner = recordOwner(register, key)
  const wrapped = vault.newKey(owner)
  return { data: vault.seal({ owner, wrapped }, recordOfKey(register, key), JSON.stringify(data)), data_key: wrapped }
}

/** A record with what it says, no longer sealed. */
export type OpenedRecord = Omit<RegisterRecordRow, 'data' | 'data_key'> & { readonly data: unknown }

function openedRecord({ vault }: Pick<Context, 'vault'>, { data, data_key: wrapped, ...row }: RegisterRecordRow): OpenedRecord {
  const { register, key } = row
  return { ...row, data: JSON.parse(vault.open({ owner: recordOwner(register, key), wrapped }, recordOfKey(register, key), data)) }
}

export async function readStoredRecord(
  ctx: Pick<Context, 'db' | 'vault'>,
  register: string,
  key: string,
): Promise<OpenedRecord | undefined> {
  const row = await ctx.db
    .selectFrom('register_records')
    .selectAll()
    .where('register', '=', register)
    .where('key', '=', key)
    .executeTakeFirst()
  return row && openedRecord(ctx, row)
}

export async function lockStoredRecord(tx: Tx, register: string, key: string) {
  return await tx
    .selectFrom('register_records')
    .select(['agency', 'version'])
    .where('register', '=', register)
    .where('key', '=', key)
    .forUpdate()
    .executeTakeFirst()
}

/** Its look-ups go with it. */
export async function removeRecord(tx: Tx, register: string, key: string): Promise<void> {
  await tx.deleteFrom('register_records').where('register', '=', register).where('key', '=', key).execute()
}

export async function pageOfRecords(
  ctx: Pick<Context, 'db' | 'vault'>,
  register: string,
  agency: string,
  page: { limit: number; after?: string | undefined },
): Promise<OpenedRecord[]> {
  let query = ctx.db
    .selectFrom('register_records')
    .selectAll()
    .where('register', '=', register)
    .where('agency', '=', agency)
    .orderBy('key')
    .limit(page.limit + 1)
  if (page.after !== undefined) query = query.where('key', '>', page.after)
  return (await query.execute()).map((row) => openedRecord(ctx, row))
}

/**
 * What cases have entered under any of these look-ups and may still be shown on `today` (yyyy-mm-dd). With `agency`
 * only from the cases of that agency.
 */
export async function entriesOf(
  { db, vault }: Pick<Context, 'db' | 'vault'>,
  register: string,
  lookupKeys: readonly string[],
  options: { today: string; agency?: string; caller?: Caller },
) {
  let query = db
    .selectFrom('effects as e')
    .innerJoin('cases as c', 'c.case_number', 'e.case_number')
    .select(['e.case_number', 'e.digest', 'e.key', 'e.data', 'e.created_at', 'c.procedure', 'c.effective_until', 'c.data_key'])
    .where('e.kind', '=', 'register')
    .where('e.register', '=', register)
    .where('e.lookup_key', 'in', [...lookupKeys])
    .where((eb) => eb.or([eb('c.effective_until', 'is', null), eb('c.effective_until', '>=', options.today)]))
    .orderBy('e.created_at')
    .orderBy('e.case_number')
    .orderBy('e.key')
  if (options.agency !== undefined) query = query.where('c.agency', '=', options.agency)
  if (options.caller !== undefined) query = query.where(coveredBy(options.caller, 'c'))
  const rows = await query.execute()
  return rows.map(({ data_key, ...row }) => ({
    ...row,
    data: JSON.parse(vault.open(caseKey({ ...row, data_key }), effectOf(row), row.data)) as unknown,
  }))
}

export async function lookupKeysOf(db: Reader, register: string, key: string): Promise<string[]> {
  const rows = await db
    .selectFrom('register_lookups')
    .select('lookup_key')
    .where('register', '=', register)
    .where('key', '=', key)
    .execute()
  return rows.map((row) => row.lookup_key)
}

/**
 * The records that many look-ups find, in one statement: what automatic answers and drafts are made from. The key of
 * the answer is register NUL look-up key; a look-up that finds nothing is absent.
 */
export async function findRecords(
  db: Reader,
  { vault }: Pick<Context, 'vault'>,
  keys: readonly { readonly register: string; readonly lookupKey: string }[],
): Promise<Map<string, unknown[]>> {
  const found = new Map<string, unknown[]>()
  if (keys.length === 0) return found
  const registers = keys.map((key) => key.register)
  const lookupKeys = keys.map((key) => key.lookupKey)
  const result = await sql<{ register: string; lookup_key: string; key: string; data: string; data_key: string }>`
    select l.register, l.lookup_key, r.key, r.data, r.data_key
    from (select distinct * from unnest(${registers}::text[], ${lookupKeys}::text[])) as k (register, lookup_key)
    join register_lookups l on l.register = k.register and l.lookup_key = k.lookup_key
    join register_records r on r.register = l.register and r.key = l.key
    order by l.register, l.lookup_key, r.key`.execute(db)
  for (const row of result.rows) {
    const name = `${row.register}\0${row.lookup_key}`
    const records = found.get(name)
    const { register, key, data_key: wrapped } = row
    const data: unknown = JSON.parse(vault.open({ owner: recordOwner(register, key), wrapped }, recordOfKey(register, key), row.data))
    if (records) records.push(data)
    else found.set(name, [data])
  }
  return found
}
