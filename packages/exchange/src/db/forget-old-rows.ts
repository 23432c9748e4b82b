import { sql } from 'kysely'
import { forgetAssertions } from '../access/client-store.ts'
import type { Context } from '../context.ts'

const dayMs = 86_400_000

/**
 * Removes what has a term: idempotency keys after 7 days (those of an import's rows not before it is done), quarantined texts after their 30, ids of signed requests once they
 * could no longer be in time (±120 s; a day is kept), client assertions once they have expired. Cases, documents, receipts and the replay keys stay.
 */
export async function forgetOldRows(ctx: Pick<Context, 'db' | 'now'>): Promise<void> {
  const nowMs = ctx.now()
  await ctx.db
    .deleteFrom('idempotency')
    .where('created_at', '<', new Date(nowMs - 7 * dayMs))
    .where(sql<boolean>`not (key like 'import:%' and exists (select 1 from imports where state <> 'done'))`)
    .execute()
  await ctx.db.deleteFrom('quarantine').where('expires_at', '<', new Date(nowMs)).execute()
  await forgetAssertions(ctx.db, new Date(nowMs))
  await sql`delete from request_ids where at < ${new Date(nowMs - dayMs)}`.execute(ctx.db)
}
