import { sql } from 'kysely'
import type { Reader } from './db/bulk.ts'

/** Rejects when the database does not answer or was never migrated. */
export async function askDatabase(db: Reader): Promise<void> {
  await sql`select 1 from cases limit 1`.execute(db)
}

/** What has arrived and is not applied, and what the exchange log has no place for yet. */
export async function countBacklog(db: Reader): Promise<{ unapplied: number; logPending: number }> {
  const { rows } = await sql<{
    unapplied: string
    log: string
  }>`select (select count(*) from inbox where applied_at is null) as unapplied, (select count(*) from log_pending) as log`.execute(db)
  return { unapplied: Number(rows[0]?.unapplied ?? 0), logPending: Number(rows[0]?.log ?? 0) }
}
