import { randomUUID } from 'node:crypto'
import { MAX_BODY_BYTES, MAX_MESSAGES } from '@hefu/protocol'
import { sql } from 'kysely'
import type { Context } from '../context.ts'
import { insertAll, type Tx } from '../db/bulk.ts'
import { lockPeer, startProbe } from '../peers/peer-store.ts'
import { circuitThreshold } from './retry-delay.ts'

export interface LeasedMessage {
  readonly jti: string
  readonly digest: string
  readonly case_number: string
  readonly message: string
  readonly attempts: number
  readonly deferrals: number
  readonly split: number
  readonly last_failure: string | null
  readonly expires_at: Date
}

export interface Batch {
  readonly lease: string
  readonly messages: readonly LeasedMessage[]
  /** There may be more. */
  readonly isFull: boolean
}

/** Longer than a request may take: a killed sender's messages are free again after this. */
const leaseMs = 15_000

/**
 * Takes the next due messages for one peer, in the order they were written. A message goes only together with or after its own
 * side's earlier ones of the case, so one whose predecessor is pending elsewhere stays. Messages that failed together with a
 * poisonous one are taken in ever smaller batches (`split`). Empty while the peer is paused or its circuit open.
 */
export async function leaseBatch(ctx: Pick<Context, 'db' | 'now' | 'region'>, peer: string): Promise<Batch> {
  const lease = randomUUID()
  return await ctx.db.transaction().execute(async (tx) => {
    await lockPeer(tx, peer)
    const { split, cap } = await allowedNow(tx, ctx, peer)
    const messages = cap === 0 ? [] : await takeDue(tx, ctx, peer, lease, split, cap)
    return { lease, messages, isFull: messages.length > 0 && messages.length === cap }
  })
}

const isDue = (o: string, now: Date) =>
  sql`(${sql.ref(`${o}.next_attempt_at`)} <= ${now} and (${sql.ref(`${o}.lease_until`)} is null or ${sql.ref(`${o}.lease_until`)} <= ${now}))`

/**
 * Nothing earlier of its case is still to come: neither in a batch of another size nor later. Written so that the planner asks it for
 * each candidate in turn, by index, and does not join a whole backlog for the sake of one batch.
 */
const isNext = (now: Date) => sql`(select true from outbox e where e.case_number = o.case_number and e.sequence < o.sequence
  and e.state = 'pending' and (e.split <> o.split or not ${isDue('e', now)}) limit 1) is null`

/** How many messages may go now: none while paused or open; one as the probe of an open circuit whose time has come. */
async function allowedNow(tx: Tx, ctx: Pick<Context, 'now'>, peer: string): Promise<{ split: number; cap: number }> {
  const now = new Date(ctx.now())
  const { rows } = await sql<{ split: number | null; paused: boolean | null; failures: number | null; open_until: Date | null }>`select
      (select o.split from outbox o where o.peer = ${peer} and o.state = 'pending' and ${isDue('o', now)} and ${isNext(now)} order by o.sequence limit 1) as split,
      p.paused, p.failures, p.open_until from (select 1) as one left join peers p on p.region = ${peer}`.execute(tx)
  const [row] = rows
  const split = row?.split ?? null
  if (split === null || row?.paused) return { split: 0, cap: 0 }
  const all = Math.max(1, MAX_MESSAGES >> split)
  if (!row || (row.failures ?? 0) < circuitThreshold || row.open_until === null) return { split, cap: all }
  if (row.open_until.getTime() > ctx.now()) return { split, cap: 0 }
  await startProbe(tx, peer, ctx.now() + 10_000)
  return { split, cap: 1 }
}

/** `sent_at` says from when on the bytes may have left the node: what never left can still be cancelled. */
async function takeDue(
  tx: Tx,
  ctx: Pick<Context, 'now' | 'region'>,
  peer: string,
  lease: string,
  split: number,
  cap: number,
): Promise<LeasedMessage[]> {
  const now = new Date(ctx.now())
  const { rows } = await sql<LeasedMessage>`with due as materialized (
      select o.jti, o.sequence, o.bytes from outbox o
      where o.peer = ${peer} and o.state = 'pending' and o.split = ${split} and ${isDue('o', now)}
        and ${isNext(now)}
      order by o.sequence limit ${cap}),
    fitting as materialized (
      select jti, sequence from (select due.jti, due.sequence, sum(due.bytes + 1) over (order by due.sequence) as total from due) as sized
      where total <= ${MAX_BODY_BYTES}),
    leased as (update outbox o set lease = ${lease}, lease_until = ${new Date(ctx.now() + leaseMs)}, sent_at = coalesce(o.sent_at, ${now})
      from fitting where o.jti = fitting.jti
      returning o.jti, o.sequence, o.digest, o.case_number, o.attempts, o.deferrals, o.split, o.last_failure, o.expires_at)
    select leased.*, d.message from leased join documents d on d.jti = leased.jti and d.iss = ${ctx.region} order by leased.sequence`.execute(
    tx,
  )
  return rows
}

/** Gives the messages back as they were. */
export async function releaseLease(ctx: Pick<Context, 'db'>, batch: Batch): Promise<void> {
  await ctx.db
    .updateTable('outbox')
    .set({ lease: null, lease_until: null })
    .where('jti', '=', sql<string>`any(${batch.messages.map(({ jti }) => jti)}::uuid[])`)
    .where('lease', '=', batch.lease)
    .where('state', '=', 'pending')
    .execute()
}

/** After a failed request: when to try again, and in how small a batch. Only the holder of the lease may say so. */
export async function putBack(
  ctx: Pick<Context, 'db' | 'now'>,
  batch: Batch,
  failure: { cause: string; httpStatus: number | null; nextAttemptAt: (attempts: number) => number; split: number },
): Promise<void> {
  const rows = batch.messages.map((m) => ({ jti: m.jti, next_attempt_at: new Date(failure.nextAttemptAt(m.attempts + 1)) }))
  await ctx.db.transaction().execute(async (tx) => {
    const { rows: held } = await sql<{
      jti: string
      attempts: number
    }>`update outbox o set attempts = o.attempts + 1, last_failure = ${failure.cause}, split = ${failure.split}, lease = null,
        lease_until = null, next_attempt_at = r.next_attempt_at
      from json_populate_recordset(null::outbox, ${JSON.stringify(rows)}::json) as r
      where o.jti = r.jti and o.jti = any(${rows.map((r) => r.jti)}::uuid[]) and o.lease = ${batch.lease} and o.state = 'pending' returning o.jti, o.attempts`.execute(
      tx,
    )
    await recordAttempts(tx, ctx, held, failure, batch.messages.length)
  })
}

export async function recordAttempts(
  tx: Tx,
  ctx: Pick<Context, 'now'>,
  rows: readonly { jti: string; attempts: number }[],
  failure: { cause: string; httpStatus: number | null },
  batch: number,
): Promise<void> {
  await insertAll(
    tx,
    'delivery_attempts',
    rows.map(({ jti, attempts }) => ({
      jti,
      attempt: attempts,
      at: new Date(ctx.now()),
      cause: failure.cause,
      http_status: failure.httpStatus,
      batch,
    })),
    sql`on conflict do nothing`,
  )
}

export async function peersWithDueMessages(ctx: Pick<Context, 'db' | 'now'>): Promise<string[]> {
  const now = new Date(ctx.now())
  const { rows } = await sql<{ peer: string }>`select distinct o.peer from outbox o left join peers p on p.region = o.peer
    where o.state = 'pending' and o.next_attempt_at <= ${now} and (o.lease_until is null or o.lease_until <= ${now})
      and not coalesce(p.paused, false) and coalesce(p.open_until, ${now}) <= ${now}`.execute(ctx.db)
  return rows.map((row) => row.peer)
}
