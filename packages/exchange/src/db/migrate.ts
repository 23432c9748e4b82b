import { readdir, readFile } from 'node:fs/promises'
import { type Kysely, sql } from 'kysely'
import { type Migration, type MigrationProvider, Migrator } from 'kysely/migration'
import { ensurePartitions } from './ensure-partitions.ts'
import { grantLogins, type Logins } from './grant-logins.ts'
import { openDatabase } from './open-database.ts'
import type { Database } from './schema.ts'

const folder = new URL('../../../../migrations/', import.meta.url)

/** Numbered SQL files, forward only. */
const provider: MigrationProvider = {
  async getMigrations() {
    const names = (await readdir(folder)).filter((name) => name.endsWith('.sql')).sort()
    const migrations: Record<string, Migration> = {}
    for (const name of names) {
      const text = await readFile(new URL(name, folder), 'utf8')
      migrations[name.replace(/\.sql$/, '')] = {
        up: async (db) => {
          await sql.raw(text).execute(db)
        },
      }
    }
    return migrations
  },
}

export interface MigrateOptions {
  readonly now?: number
  /** Whose rights are made what they should be. */
  readonly logins?: Logins
}

/** Brings the database at `url`, the owner's login, to the newest schema; safe to run from several processes at once (advisory lock). */
export async function migrate(url: string, { now = Date.now(), logins }: MigrateOptions = {}): Promise<void> {
  await asOwner(url, async (db) => {
    const migrator = new Migrator({ db, provider })
    await refuseNewer(db, Object.keys(await provider.getMigrations()))
    const { error } = await migrator.migrateToLatest()
    if (error) throw error
    await ensurePartitions(db, now)
    if (logins !== undefined) await grantLogins(db, logins)
  })
}

/** The database has seen software that this one is older than: it would read tables that it does not know. */
export class SchemaNewerError extends Error {
  readonly code = 'schema-newer'

  constructor(migrations: readonly string[]) {
    super(`the database has migrations that this software does not know: ${migrations.join(', ')}`)
    this.name = 'SchemaNewerError'
  }
}

async function refuseNewer(db: Kysely<Database>, known: readonly string[]): Promise<void> {
  const { rows: tables } = await sql<{ exists: boolean }>`select to_regclass('kysely_migration') is not null as exists`.execute(db)
  if (tables[0]?.exists !== true) return
  const { rows } = await sql<{ name: string }>`select name from kysely_migration order by name`.execute(db)
  const unknown = rows.map(({ name }) => name).filter((name) => !known.includes(name))
  if (unknown.length > 0) throw new SchemaNewerError(unknown)
}

/** Makes the partitions of this year and the next, while the node runs under a login that may not. */
export async function keepPartitions(url: string, now: number): Promise<void> {
  await asOwner(url, async (db) => await ensurePartitions(db, now))
}

async function asOwner(url: string, work: (db: Kysely<Database>) => Promise<void>): Promise<void> {
  const db = openDatabase({ url, poolSize: 2, onError: () => {} })
  try {
    await work(db)
  } finally {
    await db.destroy()
  }
}
