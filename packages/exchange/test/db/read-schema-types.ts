/** A column as `Database` of src/db/schema.ts declares it. */
export interface DeclaredColumn {
  /** What a query returns, without null: `string`, `Date`, `json`, … Literal unions become `string` with `values`. */
  readonly type: string
  readonly values: readonly string[]
  readonly nullable: boolean
  /** PostgreSQL fills it in when an insert leaves it out. */
  readonly generated: boolean
}

export type DeclaredTables = ReadonlyMap<string, ReadonlyMap<string, DeclaredColumn>>

const declaration = /^(?:export )?interface (\w+) \{\n([^}]*?)^\}/gm

/**
 * Reads the table types from the source: types are gone at run time. Knows only the forms that schema.ts and the tables beside it use and throws for
 * anything else, so that a new form is not silently left out of the comparison.
 */
export function readSchemaTypes(source: string): DeclaredTables {
  // A member may span lines (`Json<{ … }>` does not today); braces inside a member would end the interface early, so they go first.
  const flat = source.replaceAll(/<\{[^}]*\}>/g, '<object>')
  const interfaces = new Map([...flat.matchAll(declaration)].map(([, name, body]) => [name as string, membersOf(body as string)]))
  const database = interfaces.get('Database')
  if (!database) throw new Error('schema.ts declares no Database')
  const tables = new Map<string, ReadonlyMap<string, DeclaredColumn>>()
  for (const [table, type] of database) {
    const members = interfaces.get(type)
    if (!members) throw new Error(`table ${table}: ${type} is not an interface of src/db`)
    tables.set(table, new Map([...members].map(([column, declared]) => [column, readType(declared, `${table}.${column}`)])))
  }
  return tables
}

function membersOf(body: string): Map<string, string> {
  const lines = body.split('\n').filter((line) => line.trim() !== '')
  return new Map(
    lines.map((line) => {
      const [, name, type] = /^ {2}(\w+): (.+)$/.exec(line) ?? []
      if (name === undefined || type === undefined) throw new Error(`not a member of a table: ${line}`)
      return [name, type]
    }),
  )
}

function readType(declared: string, where: string): DeclaredColumn {
  const json = /^(Nullable)?Json<.+>$/.exec(declared)
  if (json) return { type: 'json', values: [], nullable: json[1] !== undefined, generated: false }
  const [, generated] = /^Generated<(.+)>$/.exec(declared) ?? []
  const parts = (generated ?? declared).split(' | ')
  const types = parts.filter((part) => part !== 'null')
  const values = types.flatMap((type) => /^'([^']*)'$/.exec(type)?.[1] ?? [])
  const [type] = values.length === types.length ? ['string'] : types
  const known = values.length === types.length || (types.length === 1 && plainTypes.has(type as string))
  if (!known) throw new Error(`${where}: the form ${declared} is not known to this test`)
  return { type: type as string, values: values.sort(), nullable: parts.includes('null'), generated: generated !== undefined }
}

const plainTypes = new Set(['string', 'number', 'boolean', 'Date', 'string[]', 'Buffer'])
