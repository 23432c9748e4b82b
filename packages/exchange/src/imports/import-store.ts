import { type Insertable, type Kysely, type Selectable, sql } from 'kysely'
import type { Context } from '../context.ts'
import { insertAll, type Reader, rowsAs, type Tx } from '../db/bulk.ts'
import type { Database, ImportRow } from '../db/schema.ts'
import { importOwner, importRowOf } from '../vault/stored-keys.ts'
import type { StoredKey, Vault } from '../vault/vault.ts'
import type { QueuedRow, RowFailure, RowOutcome } from './row-outcome.ts'

export type StoredImport = Selectable<ImportRow>
export type ImportedRow = QueuedRow | { readonly line: number; readonly failure: RowFailure }

const ROWS_PER_STATEMENT = 1000
const BYTES_PER_STATEMENT = 4 * 1024 * 1024

export async function insertImport(tx: Tx, row: Insertable<ImportRow>): Promise<void> {
  await insertAll(tx, 'imports', [{ ...row }])
}

/** Inserts the rows in batches whose statements stay small. */
export async function insertImportRows(tx: Tx, vault: Vault, key: StoredKey, id: string, rows: readonly ImportedRow[]): Promise<void> {
  let batch: ReturnType<typeof columnsOf>[] = []
  let size = 0
  for (const row of rows) {
    batch.push(columnsOf(vault, key, id, row))
    size += 'body' in row ? row.body.length : 0
    if (batch.length < ROWS_PER_STATEMENT && size < BYTES_PER_STATEMENT) continue
    await insertAll(tx, 'import_rows', batch)
    batch = []
    size = 0
  }
  await insertAll(tx, 'import_rows', batch)
}

function columnsOf(vault: Vault, key: StoredKey, id: string, row: ImportedRow) {
  const failed = 'failure' in row
  return {
    import_id: id,
    line: row.line,
    state: failed ? 'failed' : 'queued',
    body: failed ? null : vault.seal(key, importRowOf(id, row.line), row.body),
    attempts: 0,
    errors: failed ? row.failure : null,
  }
}

export async function readImportRow(db: Reader, id: string): Promise<StoredImport | undefined> {
  return await db.selectFrom('imports').selectAll().where('id', '=', id).executeTakeFirst()
}

/** False when the import is finished already. */
export async function startImport(db: Reader, id: string): Promise<boolean> {
  const started = await db
    .updateTable('imports')
    .set({ state: 'running' })
    .where('id', '=', id)
    .where('state', '<>', 'done')
    .returning('id')
    .executeTakeFirst()
  return started !== undefined
}

/** Finishes the import unless rows still wait, and destroys its key; returns its counts when it is finished. */
export async function finishImport(db: Reader, id: string, at: Date): Promise<{ rows_done: number; rows_failed: number } | undefined> {
  return await db
    .updateTable('imports')
    .set({ state: 'done', finished_at: at, data_key: null })
    .where('id', '=', id)
    .where((eb) => eb.not(eb.exists(eb.selectFrom('import_rows').select('line').where('import_id', '=', id).where('state', '=', 'queued'))))
    .returning(['rows_done', 'rows_failed'])
    .executeTakeFirst()
}

/** The next rows that wait after `after`: at most `limit`, and few enough to hold in memory. */
export async function queuedRows(
  { db, vault }: Pick<Context, 'db' | 'vault'>,
  { id, data_key: wrapped }: Pick<StoredImport, 'id' | 'data_key'>,
  after: number,
  limit: number,
): Promise<QueuedRow[]> {
  const result = await sql<QueuedRow>`
    select line, body from (
      select line, body, row_number() over (order by line) as place, sum(octet_length(body)) over (order by line) as bytes
      from (select line, body from import_rows where import_id = ${id} and state = 'queued' and line > ${after} order by line limit ${limit}) as waiting
    ) as counted
    where place = 1 or bytes <= ${BYTES_PER_STATEMENT}
    order by line`.execute(db)
  const key = { owner: importOwner(id), wrapped }
  return result.rows.map(({ line, body }) => ({ line, body: vault.open(key, importRowOf(id, line), body) }))
}

/** Ends the rows, erases their bodies and counts them, all at once. A row that is not waiting is left alone and not counted again. */
export async function endRows(tx: Tx, id: string, outcomes: readonly RowOutcome[]): Promise<void> {
  if (outcomes.length === 0) return
  const rows = outcomes.map((outcome) =>
    'failure' in outcome
      ? { import_id: id, line: outcome.line, state: 'failed', result: null, errors: outcome.failure }
      : { import_id: id, line: outcome.line, state: 'done', result: outcome.result, errors: null },
  )
  // The lines once more as an array: without statistics of a new import the planner would read all its rows for each of these.
  const lines = outcomes.map(({ line }) => line)
  await sql`
    with ended as (
      update import_rows i set state = r.state, result = r.result, errors = r.errors, body = null
      from ${rowsAs('import_rows', rows)}
      where i.import_id = ${id} and i.line = any(${lines}::integer[]) and i.line = r.line and i.state = 'queued'
      returning i.state)
    update imports set
      rows_done = rows_done + (select count(*) from ended where state = 'done'),
      rows_failed = rows_failed + (select count(*) from ended where state = 'failed')
    where id = ${id}`.execute(tx)
}

/** How often the row could not be judged, this time included. */
export async function countAttempt(db: Reader, id: string, line: number): Promise<number> {
  const row = await db
    .updateTable('import_rows')
    .set((eb) => ({ attempts: eb('attempts', '+', 1) }))
    .where('import_id', '=', id)
    .where('line', '=', line)
    .returning('attempts')
    .executeTakeFirstOrThrow()
  return row.attempts
}

/**
 * Runs `work` unless somebody else is running this import, on any process of the node. The lock belongs to a connection
 * of its own: when the process is killed, PostgreSQL releases it. Returns false when it was taken.
 */
export async function asOnlyRunner(db: Kysely<Database>, id: string, work: () => Promise<void>): Promise<boolean> {
  return await db.connection().execute(async (connection) => {
    const lock = await sql<{ taken: boolean }>`select pg_try_advisory_lock(hashtext('hefu.import'), hashtext(${id})) as taken`.execute(
      connection,
    )
    if (!lock.rows[0]?.taken) return false
    try {
      await work()
    } finally {
      await sql`select pg_advisory_unlock(hashtext('hefu.import'), hashtext(${id}))`.execute(connection)
    }
    return true
  })
}

/** Imports that are not finished and that nobody runs, oldest first: what the sweep puts back into the queue. */
export async function importsToResume(db: Kysely<Database>): Promise<string[]> {
  const result = await sql<{ id: string }>`
    select i.id from imports i
    where i.state <> 'done' and not exists (
      select 1 from pg_locks l
      where l.locktype = 'advisory' and l.objsubid = 2 and l.granted
        and l.database = (select oid from pg_database where datname = current_database())
        and l.classid::bigint = (hashtext('hefu.import')::bigint & 4294967295)
        and l.objid::bigint = (hashtext(i.id::text)::bigint & 4294967295))
    order by i.id
    limit 100`.execute(db)
  return result.rows.map((row) => row.id)
}

export async function pageOfRows(db: Reader, id: string, state: 'done' | 'failed', page: { limit: number; after?: number | undefined }) {
  let query = db
    .selectFrom('import_rows')
    .select(['line', 'result', 'errors'])
    .where('import_id', '=', id)
    .where('state', '=', state)
    .orderBy('line')
    .limit(page.limit + 1)
  if (page.after !== undefined) query = query.where('line', '>', page.after)
  return await query.execute()
}
