import { sql } from 'kysely'
import type { Context } from '../context.ts'
import type { Reader, Tx } from '../db/bulk.ts'
import type { PeerRow } from '../db/schema.ts'
import { circuitOpenMs, circuitThreshold } from '../outbox/retry-delay.ts'

export async function readPeerRow(db: Reader, region: string): Promise<PeerRow | undefined> {
  return await db.selectFrom('peers').selectAll().where('region', '=', region).executeTakeFirst()
}

/** Serialises what decides about one peer: two workers must not both take the documents of one case. */
export async function lockPeer(tx: Tx, region: string): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`hefu.peer ${region}`}, 0))`.execute(tx)
}

/** The probe is one request: whoever sends it keeps the circuit open for the others meanwhile. */
export async function startProbe(tx: Tx, region: string, untilMs: number): Promise<void> {
  await tx.updateTable('peers').set({ open_until: new Date(untilMs) }).where('region', '=', region).execute()
}

/**
 * The peer answered. Closing a circuit makes everything that waited for this peer due at once: the outage spends no attempts
 * and delays nothing beyond itself.
 */
export async function recordPeerSuccess(ctx: Pick<Context, 'db' | 'now'>, region: string): Promise<void> {
  const at = new Date(ctx.now())
  const before = await readPeerRow(ctx.db, region)
  if (before && before.failures === 0 && before.open_until === null && before.last_success_at && at.getTime() - before.last_success_at.getTime() < 1_000) return
  await ctx.db
    .insertInto('peers')
    .values({ region, last_success_at: at })
    .onConflict((c) => c.column('region').doUpdateSet({ last_success_at: at, failures: 0, open_until: null }))
    .execute()
  if (!before || before.failures === 0) return
  await ctx.db.updateTable('outbox').set({ next_attempt_at: at }).where('peer', '=', region).where('state', '=', 'pending').where('last_failure', 'is not', null).where('deferrals', '=', 0).execute()
}

/** Counts a failure; from the third in a row the circuit opens. */
export async function recordPeerFailure(ctx: Pick<Context, 'db' | 'now'>, region: string, cause: string): Promise<void> {
  const at = new Date(ctx.now())
  const row = await ctx.db
    .insertInto('peers')
    .values({ region, failures: 1, last_failure_at: at, last_failure: cause })
    .onConflict((c) => c.column('region').doUpdateSet((eb) => ({ failures: eb('peers.failures', '+', 1), last_failure_at: at, last_failure: cause })))
    .returning('failures')
    .executeTakeFirstOrThrow()
  if (row.failures < circuitThreshold) return
  const openUntil = new Date(ctx.now() + circuitOpenMs(row.failures, Math.random()))
  await ctx.db.updateTable('peers').set({ open_until: openUntil }).where('region', '=', region).execute()
}
