import type pg from 'pg'
import type { DeclaredColumn, DeclaredTables } from './read-schema-types.ts'

interface StoredColumn {
  readonly table: string
  readonly column: string
  readonly type: string
  /** A view knows its columns and their types, and nothing else. */
  readonly view: boolean
  readonly nullable: boolean
  readonly generated: boolean
  /** What a check constraint of the form `column in (…)` allows; empty without one. */
  readonly values: readonly string[]
}

/** Tables and views of the migrations, their partitions and the migrator's own tables left out. */
export async function readStoredColumns(client: pg.Client): Promise<StoredColumn[]> {
  const { rows } = await client.query<{
    relname: string
    relkind: string
    attname: string
    type: string
    attnotnull: boolean
    filled: boolean
    checked: string | null
  }>(
    `select c.relname, c.relkind, a.attname, format_type(a.atttypid, a.atttypmod) as type, a.attnotnull, a.atthasdef or a.attidentity <> '' as filled,
       (select pg_get_constraintdef(k.oid) from pg_constraint k where k.conrelid = c.oid and k.contype = 'c' and k.conkey = array[a.attnum]) as checked
     from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
     where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v') and not c.relispartition and c.relname not like 'kysely_%'
     order by c.relname, a.attnum`,
  )
  return rows.map((row) => ({
    table: row.relname,
    column: row.attname,
    type: row.type,
    view: row.relkind === 'v',
    nullable: !row.attnotnull,
    generated: row.filled,
    values: [...(row.checked ?? '').matchAll(/'([^']*)'::text/g)].map(([, value]) => value as string).sort(),
  }))
}

/** How each type of PostgreSQL arrives through the parsers of open-database.ts. */
const arrivesAs: Readonly<Record<string, string>> = {
  text: 'string',
  uuid: 'string',
  date: 'string',
  bigint: 'string',
  xid8: 'string',
  integer: 'number',
  smallint: 'number',
  boolean: 'boolean',
  'timestamp with time zone': 'Date',
  json: 'json',
  'text[]': 'string[]',
  bytea: 'Buffer',
}

/** What differs between the declared tables and the stored ones, a line each. */
export function compareSchema(declared: DeclaredTables, stored: readonly StoredColumn[]): string[] {
  const differences: string[] = []
  const seen = new Set<string>()
  for (const column of stored) {
    const where = `${column.table}.${column.column}`
    seen.add(where)
    const known = declared.get(column.table)?.get(column.column)
    if (known) differences.push(...compareColumn(where, known, column))
    else differences.push(`${where}: stored, not declared`)
  }
  for (const [table, columns] of declared) {
    for (const column of columns.keys()) if (!seen.has(`${table}.${column}`)) differences.push(`${table}.${column}: declared, not stored`)
  }
  return differences
}

function compareColumn(where: string, declared: DeclaredColumn, stored: StoredColumn): string[] {
  const arrives = arrivesAs[stored.type]
  const type = ['type', declared.type, arrives ?? `unknown ${stored.type}`] as const
  const pairs: readonly (readonly [string, unknown, unknown])[] = [
    type,
    ['nullable', declared.nullable, stored.nullable],
    ['filled in by default', declared.generated, stored.generated],
    ['allowed values', declared.values.join(', '), stored.values.join(', ')],
  ]
  return (stored.view ? [type] : pairs)
    .filter(([, one, other]) => one !== other)
    .map(([what, one, other]) => `${where}: ${what} declared ${one}, stored ${other}`)
}
