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
    const { error } = await new Migrator({ db, provider }).migrateToLatest()
    if (error) throw error
    await ensurePartitions(db, now)
    if (logins !== undefined) await grantLogins(db, logins)
  })
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
