import { sql } from 'kysely'
import { raiseAlert } from './alerts/alert-store.ts'
import type { Context } from './context.ts'
import { importsToResume } from './imports/import-store.ts'
import { peersWithDueMessages } from './outbox/outbox-store.ts'
import { peersToReconcile } from './reconcile/reconciliation-store.ts'
import { tellQueue, tellToApply } from './tell-queue.ts'

type SweepContext = Pick<Context, 'db' | 'queue' | 'now' | 'log' | 'metrics'>

/**
 * Refills the queue from PostgreSQL: due deliveries, accepted messages nobody applied, imports and reconciliations nobody runs.
 * It is also what drives retries, so that there is one owner of them. Cheap when there is nothing: a few index look-ups.
 */
export async function sweep(ctx: SweepContext): Promise<void> {
  for (const peer of await peersWithDueMessages(ctx)) await tellQueue(ctx, { name: 'deliver', peer })
  await tellToApply(ctx, await unappliedCases(ctx))
  for (const id of await importsToResume(ctx.db)) await tellQueue(ctx, { name: 'import', import: id })
  for (const peer of await peersToReconcile(ctx.db)) await tellQueue(ctx, { name: 'reconcile', peer })
}

/** Takes the rows for a while, so that the next sweep does not add them again. */
async function unappliedCases(ctx: SweepContext): Promise<string[]> {
  const now = new Date(ctx.now())
  const again = new Date(ctx.now() + 10_000)
  const { rows } = await sql<{ case_number: string }>`update inbox i set next_apply_at = ${again}
    from (select jti, iss, digest from inbox where applied_at is null and next_apply_at <= ${now} order by next_apply_at limit 5000) as late
    where i.jti = late.jti and i.iss = late.iss and i.digest = late.digest and i.applied_at is null returning i.case_number`.execute(ctx.db)
  return [...new Set(rows.map((row) => row.case_number))]
}

/** Messages past their delivery horizon still wait for a signed answer: somebody must look. */
export async function alertExpired(ctx: SweepContext): Promise<void> {
  const late = await ctx.db
    .selectFrom('outbox')
    .select(['jti', 'peer', 'case_number'])
    .where('state', '=', 'pending')
    .where('expires_at', '<', new Date(ctx.now()))
    .limit(100)
    .execute()
  for (const row of late)
    await raiseAlert(ctx.db, ctx, {
      kind: 'delivery.expired',
      key: row.jti,
      peer: row.peer,
      caseNumber: row.case_number,
      jti: row.jti,
      detail: {},
    })
}
