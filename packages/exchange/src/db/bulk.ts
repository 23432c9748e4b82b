import { type Kysely, type RawBuilder, sql, type Transaction } from 'kysely'
import type { Database, DocumentRow } from './schema.ts'

export type Tx = Transaction<Database>
export type Reader = Kysely<Database> | Tx

type Row = Readonly<Record<string, unknown>>

/**
 * Inserts many rows in one statement of constant size: the rows travel as one JSON parameter and PostgreSQL gives them
 * the table's own types (a thousand-row VALUES list costs more to plan than to execute). Columns are those of the first row.
 */
export function insertRows<R extends Row>(
  table: keyof Database,
  rows: readonly R[],
  onConflict: RawBuilder<unknown> = sql``,
): RawBuilder<unknown> {
  const columns = sql.join(Object.keys(rows[0] as R).map((name) => sql.ref(name)))
  return sql`insert into ${sql.table(table)} (${columns}) select ${columns} from json_populate_recordset(null::${sql.table(table)}, ${JSON.stringify(rows)}::json) ${onConflict}`
}

/**
 * Documents with their bytes beside the JSON, one per line: a signed message holds no line end, and a megabyte of base64 need
 * not be read as JSON.
 */
export function insertDocuments(rows: readonly DocumentRow[], onConflict: RawBuilder<unknown> = sql``): Statement[] {
  if (rows.length === 0) return []
  const facts = rows.map(({ message: _, ...row }) => row)
  const columns = sql.join(Object.keys(facts[0] ?? {}).map((name) => sql.ref(name)))
  const lines = rows.map((row) => row.message ?? '').join('\n')
  return [
    sql`insert into documents (${columns}, message) select ${columns}, nullif(line, '')
      from (select r.*, s.line from (select *, row_number() over () as n from json_populate_recordset(null::documents, ${JSON.stringify(facts)}::json)) as r
        left join string_to_table(${lines}, E'\\n') with ordinality as s (line, n) on s.n = r.n) as t ${onConflict}`,
  ]
}

/** The same rows as a relation named `r`, for updates that join. */
export function rowsAs<R extends Row>(table: keyof Database, rows: readonly R[]): RawBuilder<unknown> {
  return sql`json_populate_recordset(null::${sql.table(table)}, ${JSON.stringify(rows)}::json) as r`
}

/** A statement that waits to be run together with others. */
export type Statement = RawBuilder<unknown>

/** None for no rows. */
export function insertStatements<R extends Row>(table: keyof Database, rows: readonly R[], onConflict?: RawBuilder<unknown>): Statement[] {
  return rows.length === 0 ? [] : [insertRows(table, rows, onConflict)]
}

/**
 * Runs statements that touch different rows as one, for one round trip: they share a snapshot, and foreign keys among them
 * are checked at its end (PostgreSQL, WITH queries, 7.8.4).
 */
export async function runTogether(tx: Tx, statements: readonly Statement[]): Promise<void> {
  const [first, ...others] = statements
  if (first === undefined) return
  if (others.length === 0) await first.execute(tx)
  else await sql`with ${sql.join(statements.map((statement, at) => sql`${sql.ref(`write_${at}`)} as (${statement})`))} select 1`.execute(tx)
}

export async function insertAll<R extends Row>(
  tx: Reader,
  table: keyof Database,
  rows: readonly R[],
  onConflict?: RawBuilder<unknown>,
): Promise<void> {
  if (rows.length === 0) return
  await insertRows(table, rows, onConflict).execute(tx)
}
