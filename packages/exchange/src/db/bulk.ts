import { type Kysely, type RawBuilder, sql, type Transaction } from 'kysely'
import { KEPT_PLAN } from './keep-plans.ts'
import type { Database, DocumentRow } from './schema.ts'

export type Tx = Transaction<Database>
export type Reader = Kysely<Database> | Tx

type Row = Readonly<Record<string, unknown>>

const keptPlan = sql.raw(KEPT_PLAN)

/**
 * Inserts many rows in one statement of constant size: the rows travel as JSON and PostgreSQL gives them the table's own types (a
 * thousand-row VALUES list costs more to plan than to execute). Columns are those of the first row.
 */
export function insertRows<R extends Row>(
  table: keyof Database,
  rows: readonly R[],
  onConflict: RawBuilder<unknown> = sql``,
): RawBuilder<unknown> {
  const columns = columnsOf(rows)
  return sql`insert into ${named([table])} (${columns}) select ${columns} from ${rowsAs(table, rows)} ${onConflict}`
}

/**
 * Documents with their sealed bytes beside the JSON, one per line: base64 holds no line end, and a megabyte of it need
 * not be read as JSON.
 */
export function insertDocuments(rows: readonly DocumentRow[], onConflict: RawBuilder<unknown> = sql``): Statement[] {
  if (rows.length === 0) return []
  const facts = rows.map(({ message: _, ...row }) => row)
  const columns = columnsOf(facts)
  const lines = (texts: readonly string[]) => sql`string_to_table(${texts.join('\n')}, E'\\n')`
  return [
    sql`insert into documents (${columns}, message) select ${columns}, nullif(b.message, '') from ${rowsAs('documents', facts)}
      left join rows from (${lines(rows.map((row) => row.digest))}, ${lines(rows.map((row) => row.message ?? ''))}) as b (of_digest, message)
        on b.of_digest = r.digest ${onConflict}`,
  ]
}

/**
 * The rows as a relation named `r`. What is the same in every row of many travels once beside them: reading JSON is a third of what
 * writing rows costs.
 */
export function rowsAs<R extends Row>(table: keyof Database, rows: readonly R[]): RawBuilder<unknown> {
  const type = sql`null::${named([table])}`
  const [first = {} as R] = rows
  const same = rows.length < 3 ? [] : Object.keys(first).filter((name) => rows.every((row) => isSame(row[name], first[name])))
  if (same.length === 0) return sql`json_populate_recordset(${type}, ${JSON.stringify(rows)}::json) as r`
  const varying = Object.keys(first).filter((name) => !same.includes(name))
  const columns = named([...varying.map((name) => `v.${name}`), ...same.map((name) => `s.${name}`)])
  return sql`(select ${columns} from json_populate_recordset(${type}, ${JSON.stringify(rows.map((row) => pick(row, varying)))}::json) as v
    cross join json_populate_record(${type}, ${JSON.stringify(pick(first, same))}::json) as s) as r`
}

function isSame(one: unknown, other: unknown): boolean {
  return one === other || (one instanceof Date && other instanceof Date && one.getTime() === other.getTime())
}

function pick(row: Row, names: readonly string[]): Row {
  const picked: Record<string, unknown> = {}
  for (const name of names) picked[name] = row[name]
  return picked
}

function columnsOf(rows: readonly Row[]): RawBuilder<unknown> {
  return named(Object.keys(rows[0] ?? {}))
}

/**
 * Names of this schema, as one piece of text. A node of the query for each of them costs more than the statement takes to run: a document is
 * written with a hundred.
 */
function named(names: readonly string[]): RawBuilder<unknown> {
  const key = names.join()
  const known = texts.get(key) ?? sql.raw(names.map(quoted).join(', '))
  if (texts.size >= MAX_TEXTS) texts.clear()
  texts.set(key, known)
  return known
}

/** There are about as many as sets of columns in the code. */
const MAX_TEXTS = 1_000
const texts = new Map<string, RawBuilder<unknown>>()

function quoted(name: string): string {
  if (!/^\w+(\.\w+)?$/.test(name)) throw new Error('not a name of this schema')
  return `"${name.replace('.', '"."')}"`
}

/** A statement that waits to be run together with others. */
export type Statement = RawBuilder<unknown>

/** None for no rows. */
export function insertStatements<R extends Row>(table: keyof Database, rows: readonly R[], onConflict?: RawBuilder<unknown>): Statement[] {
  return rows.length === 0 ? [] : [insertRows(table, rows, onConflict)]
}

/**
 * Runs statements that touch different rows as one, for one round trip: they share a snapshot, and foreign keys among them
 * are checked at its end (PostgreSQL, WITH queries, 7.8.4). `keepPlan`: they only insert, and few rows, so that their text is one of few.
 */
export async function runTogether(tx: Tx, statements: readonly Statement[], { keepPlan = false } = {}): Promise<void> {
  const [first, ...others] = statements
  if (first === undefined) return
  if (others.length === 0) await first.execute(tx)
  else
    await sql`${keepPlan ? keptPlan : sql``}with ${sql.join(statements.map((statement, at) => sql`${named([`write_${at}`])} as (${statement})`))} select 1`.execute(
      tx,
    )
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
