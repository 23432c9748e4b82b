import { randomUUID } from 'node:crypto'
import { MAX_BODY_BYTES, MAX_MESSAGES } from '@hefu/protocol'
import { sql } from 'kysely'
import type { Context } from '../context.ts'
import { insertAll, type Tx } from '../db/bulk.ts'
import { circuitThreshold } from './retry-delay.ts'
import { lockPeer, readPeerRow, startProbe } from '../peers/peer-store.ts'

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
  const messages = await ctx.db.transaction().execute(async (tx) => {
    await lockPeer(tx, peer)
    const cap = await allowedNow(tx, ctx, peer)
    if (cap === 0) return []
    const due = await dueMessages(tx, ctx, peer, cap)
    const fitting = upToBody(due)
    if (fitting.length === 0) return []
    const now = new Date(ctx.now())
    await tx
      .updateTable('outbox')
      .set((eb) => ({ lease, lease_until: new Date(ctx.now() + leaseMs), sent_at: eb.fn.coalesce('sent_at', sql<Date>`${now}`) }))
      .where('jti', '=', sql<string>`any(${fitting.map((m) => m.jti)}::uuid[])`)
      .execute()
    return fitting
  })
  return { lease, messages }
}

/** How many messages may go now: none while paused or open; one as the probe of an open circuit whose time has come. */
async function allowedNow(tx: Tx, ctx: Pick<Context, 'now'>, peer: string): Promise<number> {
  const row = await readPeerRow(tx, peer)
  if (!row) return MAX_MESSAGES
  if (row.paused) return 0
  if (row.failures < circuitThreshold || row.open_until === null) return MAX_MESSAGES
  if (row.open_until.getTime() > ctx.now()) return 0
  await startProbe(tx, peer, ctx.now() + 10_000)
  return 1
}

async function dueMessages(tx: Tx, ctx: Pick<Context, 'now' | 'region'>, peer: string, cap: number): Promise<LeasedMessage[]> {
  const now = new Date(ctx.now())
  const isDue = (o: string) => sql`(${sql.ref(`${o}.next_attempt_at`)} <= ${now} and (${sql.ref(`${o}.lease_until`)} is null or ${sql.ref(`${o}.lease_until`)} <= ${now}))`
  const { rows: first } = await sql<{ split: number }>`select o.split from outbox o where o.peer = ${peer} and o.state = 'pending' and ${isDue('o')}
    order by o.sequence limit 1`.execute(tx)
  const split = first[0]?.split
  if (split === undefined) return []
  const limit = Math.max(1, Math.min(cap, MAX_MESSAGES >> split))
  const { rows } = await sql<LeasedMessage>`with due as materialized (
      select o.jti, o.sequence, o.digest, o.case_number, o.attempts, o.deferrals, o.split, o.last_failure, o.expires_at from outbox o
      where o.peer = ${peer} and o.state = 'pending' and o.split = ${split} and ${isDue('o')}
        and not exists (select 1 from outbox e where e.case_number = o.case_number and e.sequence < o.sequence and e.state = 'pending'
          and (e.split <> o.split or not ${isDue('e')}))
      order by o.sequence limit ${limit})
    select due.jti, due.digest, due.case_number, due.attempts, due.deferrals, due.split, due.last_failure, due.expires_at, d.message
    from due join documents d on d.jti = due.jti and d.iss = ${ctx.region} order by due.sequence`.execute(tx)
  return rows
}

function upToBody(messages: readonly LeasedMessage[]): LeasedMessage[] {
  let bytes = 0
  return messages.filter((message) => {
    bytes += message.message.length + 1
    return bytes <= MAX_BODY_BYTES
  })
}

/** After a failed request: when to try again, and in how small a batch. Only the holder of the lease may say so. */
export async function putBack(ctx: Pick<Context, 'db' | 'now'>, batch: Batch, failure: { cause: string; httpStatus: number | null; nextAttemptAt: (attempts: number) => number; split: number }): Promise<void> {
  const rows = batch.messages.map((m) => ({ jti: m.jti, next_attempt_at: new Date(failure.nextAttemptAt(m.attempts + 1)) }))
  await ctx.db.transaction().execute(async (tx) => {
    const { rows: held } = await sql<{ jti: string; attempts: number }>`update outbox o set attempts = o.attempts + 1, last_failure = ${failure.cause}, split = ${failure.split}, lease = null,
        lease_until = null, next_attempt_at = r.next_attempt_at
      from json_populate_recordset(null::outbox, ${JSON.stringify(rows)}::json) as r
      where o.jti = r.jti and o.jti = any(${rows.map((r) => r.jti)}::uuid[]) and o.lease = ${batch.lease} and o.state = 'pending' returning o.jti, o.attempts`.execute(tx)
    await recordAttempts(tx, ctx, held, failure, batch.messages.length)
  })
}

export async function recordAttempts(tx: Tx, ctx: Pick<Context, 'now'>, rows: readonly { jti: string; attempts: number }[], failure: { cause: string; httpStatus: number | null }, batch: number): Promise<void> {
  await insertAll(
    tx,
    'delivery_attempts',
    rows.map(({ jti, attempts }) => ({ jti, attempt: attempts, at: new Date(ctx.now()), cause: failure.cause, http_status: failure.httpStatus, batch })),
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
