import { Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import { keepPlans } from './keep-plans.ts'
import type { Database } from './schema.ts'

/** `date` stays yyyy-mm-dd text: a date without a zone must not become an instant. */
const types = new pg.TypeOverrides()
types.setTypeParser(pg.types.builtins.DATE, (text: string) => text)

export interface OpenDatabaseOptions {
  readonly url: string
  readonly poolSize: number
  /** Called for errors of idle connections: the pool replaces them, the process must not die. */
  readonly onError: (error: Error) => void
  /** Statements for each new connection. */
  readonly session?: string
}

export function openDatabase(options: OpenDatabaseOptions): Kysely<Database> {
  const { session } = options
  const pool = new pg.Pool({
    connectionString: options.url,
    max: options.poolSize,
    types,
    application_name: 'hefu',
    connectionTimeoutMillis: 10_000,
    idleTimeoutMillis: 30_000,
    ...(session === undefined ? {} : { onConnect: async (client) => void (await client.query(session)) }),
  })
  pool.on('error', options.onError)
  // A connection can break while it is checked out, between two statements: the next one reports it, the event must not end the process.
  pool.on('connect', (client) => {
    client.on('error', () => {})
    keepPlans(client)
  })
  return new Kysely<Database>({ dialect: new PostgresDialect({ pool }) })
}
