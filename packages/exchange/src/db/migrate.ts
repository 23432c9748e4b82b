import { readdir, readFile } from 'node:fs/promises'
import { sql } from 'kysely'
import { type Migration, type MigrationProvider, Migrator } from 'kysely/migration'
import { ensurePartitions } from './ensure-partitions.ts'
import { openDatabase } from './open-database.ts'

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

/** Brings the database at `url` to the newest schema; safe to run from several processes at once (advisory lock). */
export async function migrate(url: string, now: number = Date.now()): Promise<void> {
  const db = openDatabase({ url, poolSize: 2, onError: () => {} })
  try {
    const { error } = await new Migrator({ db, provider }).migrateToLatest()
    if (error) throw error
    await ensurePartitions(db, now)
  } finally {
    await db.destroy()
  }
}
