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

/** The probe is one request: whoever sends it keeps the circuit open for the others meanwhile. The next probe is another message. */
export async function startProbe(tx: Tx, region: string, probe: { readonly sequence: string; readonly untilMs: number }): Promise<void> {
  await tx
    .updateTable('peers')
    .set({ open_until: new Date(probe.untilMs), probed: probe.sequence })
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

/** The peer answered. The row is written once a second at most, so that lanes do not wait for each other. */
export function peerSuccessStatement(nowMs: number, region: string): Statement {
  const at = new Date(nowMs)
  return sql`update peers set last_success_at = ${at}, failures = 0, open_until = null
    where region = ${region} and (failures > 0 or last_success_at is null or last_success_at < ${new Date(nowMs - 1_000)})`
}

export interface PeerFailure {
  readonly cause: string
  /** So long the peer asks to be left alone (Retry-After); 0 when it does not. */
  readonly afterMs: number
}

/** Counts a failure; from the third in a row the circuit opens. Answers until when it is open, or null. */
export async function recordPeerFailure(ctx: Pick<Context, 'db' | 'now'>, region: string, failure: PeerFailure): Promise<number | null> {
  const { cause: last_failure, afterMs } = failure
  const at = new Date(ctx.now())
  const row = await ctx.db
    .insertInto('peers')
    .values({ region, failures: 1, last_failure_at: at, last_failure })
    .onConflict((c) =>
      c.column('region').doUpdateSet((eb) => ({ failures: eb('peers.failures', '+', 1), last_failure_at: at, last_failure })),
    )
    .returning('failures')
    .executeTakeFirstOrThrow()
  if (row.failures < circuitThreshold) return null
  const openUntilMs = ctx.now() + Math.max(afterMs, circuitOpenMs(row.failures, Math.random()))
  await ctx.db
    .updateTable('peers')
    .set({ open_until: new Date(openUntilMs) })
    .where('region', '=', region)
    .execute()
  return openUntilMs
}
