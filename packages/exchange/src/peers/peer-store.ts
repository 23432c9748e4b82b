import { sql } from 'kysely'
import type { Context } from '../context.ts'
import { insertAll, type Reader, type Statement, type Tx } from '../db/bulk.ts'
import type { PeerRow } from '../db/schema.ts'
import { circuitOpenMs, circuitThreshold } from '../outbox/retry-delay.ts'

export async function readPeerRow(db: Reader, region: string): Promise<PeerRow | undefined> {
  return await db.selectFrom('peers').selectAll().where('region', '=', region).executeTakeFirst()
}

/** Serialises what decides about one peer: two workers must not both take the documents of one case. */
export async function lockPeer(tx: Tx, region: string): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`hefu.peer ${region}`}, 0))`.execute(tx)
}

export async function setPeerPaused(tx: Tx, region: string, columns: Pick<PeerRow, 'paused' | 'paused_by' | 'paused_at'>): Promise<void> {
  await tx
    .insertInto('peers')
    .values({ region, ...columns })
    .onConflict((c) => c.column('region').doUpdateSet(columns))
    .execute()
}

/** The probe is one request: whoever sends it keeps the circuit open for the others meanwhile. */
export async function startProbe(tx: Tx, region: string, untilMs: number): Promise<void> {
  await tx
    .updateTable('peers')
    .set({ open_until: new Date(untilMs) })
    .where('region', '=', region)
    .execute()
}

/** So that every peer has its row. */
export async function preparePeers(ctx: Pick<Context, 'db' | 'federation' | 'region'>): Promise<void> {
  const regions = ctx.federation.regions.map(({ region }) => region).filter((region) => region !== ctx.region)
  await insertAll(
    ctx.db,
    'peers',
    regions.map((region) => ({ region, paused: false, failures: 0 })),
    sql`on conflict do nothing`,
  )
}

/**
 * The peer answered. Closing a circuit makes everything that waited for this peer due at once: the outage spends no attempts
 * and delays nothing beyond itself. The row is written once a second at most, so that lanes do not wait for each other.
 */
export function peerSuccessStatements(nowMs: number, region: string): Statement[] {
  const at = new Date(nowMs)
  const failed = sql`select 1 from peers where region = ${region} and failures > 0`
  return [
    sql`update outbox set next_attempt_at = ${at} where peer = ${region} and state = 'pending' and last_failure is not null and deferrals = 0
      and lease is null and next_attempt_at > ${at} and exists (${failed})`,
    sql`update peers set last_success_at = ${at}, failures = 0, open_until = null
      where region = ${region} and (failures > 0 or last_success_at is null or last_success_at < ${new Date(nowMs - 1_000)})`,
  ]
}

/** Counts a failure; from the third in a row the circuit opens. */
export async function recordPeerFailure(ctx: Pick<Context, 'db' | 'now'>, region: string, cause: string): Promise<void> {
  const at = new Date(ctx.now())
  const row = await ctx.db
    .insertInto('peers')
    .values({ region, failures: 1, last_failure_at: at, last_failure: cause })
    .onConflict((c) =>
      c.column('region').doUpdateSet((eb) => ({ failures: eb('peers.failures', '+', 1), last_failure_at: at, last_failure: cause })),
    )
    .returning('failures')
    .executeTakeFirstOrThrow()
  if (row.failures < circuitThreshold) return
  const openUntil = new Date(ctx.now() + circuitOpenMs(row.failures, Math.random()))
  await ctx.db.updateTable('peers').set({ open_until: openUntil }).where('region', '=', region).execute()
}
