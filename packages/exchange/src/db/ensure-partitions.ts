import { type Kysely, sql, type Transaction } from 'kysely'
import type { Database } from './schema.ts'

/** With the storage parameters of their default partitions (migrations/0001-spine.sql): partitions do not inherit them. */
const partitioned = {
  documents: 'with (fillfactor = 60, toast_tuple_target = 512)',
  outbox: 'with (fillfactor = 60)',
  inbox: 'with (fillfactor = 60)',
} as const

/** Smallest UUIDv7 of an instant: 48 bits of milliseconds, then zeros (RFC 9562 section 5.7). */
export function firstUuidOf(epochMs: number): string {
  const hex = epochMs.toString(16).padStart(12, '0')
  return `${hex.slice(0, 8)}-${hex.slice(8)}-0000-0000-000000000000`
}

/** Makes the partitions of this year and the next; what is older than the first or forged goes to the default partition. */
export async function ensurePartitions(db: Kysely<Database>, now: number): Promise<void> {
  const year = new Date(now).getUTCFullYear()
  await db.transaction().execute(async (tx) => {
    await sql`select pg_advisory_xact_lock(hashtext('hefu.partitions'))`.execute(tx)
    for (const [table, parameters] of Object.entries(partitioned)) {
      for (const y of [year, year + 1]) {
        const name = `${table}_${y}`
        const exists = await sql`select 1 from pg_class where relname = ${name} and relnamespace = 'public'::regnamespace`.execute(tx)
        if (exists.rows.length > 0) continue
        const from = firstUuidOf(Date.UTC(y, 0, 1))
        const to = firstUuidOf(Date.UTC(y + 1, 0, 1))
        await createUnlessInTheWay(tx, `create table ${name} partition of ${table} for values from ('${from}') to ('${to}') ${parameters}`)
      }
    }
  })
}

/** Rows of that time already stand in the default partition: they stay there, and so do those to come. Never a reason not to start. */
async function createUnlessInTheWay(tx: Transaction<Database>, statement: string): Promise<void> {
  await sql`savepoint partition`.execute(tx)
  try {
    await sql.raw(statement).execute(tx)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === '23514')) throw error
    await sql`rollback to savepoint partition`.execute(tx)
  }
}
