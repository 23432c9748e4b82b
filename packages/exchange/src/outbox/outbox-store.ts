import { randomUUID } from 'node:crypto'
import { MAX_BODY_BYTES, MAX_MESSAGES } from '@hefu/protocol'
import { type RawBuilder, sql } from 'kysely'
import type { Context } from '../context.ts'
import { insertAll, type Reader, type Statement, type Tx } from '../db/bulk.ts'
import { lockPeer, startProbe } from '../peers/peer-store.ts'
import { caseKey, messageOf } from '../vault/stored-keys.ts'
import { circuitThreshold } from './retry-delay.ts'

/** The one failure that speaks of a message and not of the peer. */
export const tooLargeForPeer = 'http-413'

export interface LeasedMessage {
  readonly jti: string
  readonly sequence: string
  readonly digest: string
  readonly case_number: string
  readonly message: string
  readonly attempts: number
  readonly deferrals: number
  readonly split: number
  readonly last_failure: string | null
  readonly expires_at: Date
  /** When it left the node for the first time: now, unless it was tried before. */
  readonly sent_at: Date
}

export interface Batch {
  readonly lease: string
  readonly messages: readonly LeasedMessage[]
  /** There may be more. */
  readonly isFull: boolean
  /** The one message that asks whether a peer whose circuit is open has come back. */
  readonly isProbe: boolean
}

type LeaseContext = Pick<Context, 'db' | 'vault' | 'now' | 'region'>

/** Longer than a request may take: a killed sender's messages are free again after this. */
const leaseMs = 15_000

/** As long as a probe's answer is awaited before another message probes. */
const probeMs = 10_000

/**
 * Takes the next due messages for one peer, in the order they were written. A message goes only together with or after its own
 * side's earlier ones of the case, so one whose predecessor is pending elsewhere stays. Messages that failed together with a
 * poisonous one are taken in ever smaller batches (`split`). Empty while the peer is paused or its circuit open; when the circuit
 * has been open for its time, one message probes it, due or not.
 */
export async function leaseBatch(ctx: LeaseContext, peer: string): Promise<Batch> {
  const lease = randomUUID()
  return await ctx.db.transaction().execute(async (tx) => {
    await lockPeer(tx, peer)
    const turn = await readTurn(tx, ctx, peer)
    if (turn.kind === 'none') return { lease, messages: [], isFull: false, isProbe: false }
    if (turn.kind === 'probe') return { lease, messages: await takeProbe(tx, ctx, peer, lease, turn.after), isFull: true, isProbe: true }
    const due = dueMessages(ctx, peer, turn.split)
    const { messages, found } = await take(tx, ctx, lease, due)
    // Behind halves there are other halves.
    return { lease, messages, isFull: turn.split > 0 || found === MAX_MESSAGES, isProbe: false }
  })
}

const isFree = (o: string, now: Date) => sql`(${sql.ref(`${o}.lease_until`)} is null or ${sql.ref(`${o}.lease_until`)} <= ${now})`

const isDue = (o: string, now: Date) => sql`(${sql.ref(`${o}.next_attempt_at`)} <= ${now} and ${isFree(o, now)})`

/** What the peer said of this very message is not undone by its return: it could not judge it yet, or found it too large. */
const waitsForPeer = (o: string) =>
  sql`(${sql.ref(`${o}.last_failure`)} is null or (${sql.ref(`${o}.last_failure`)} not like 'deferred-%' and ${sql.ref(`${o}.last_failure`)} <> ${tooLargeForPeer}))`

/**
 * Nothing earlier of its case is still to come: neither in a batch of another size nor later. Written so that the planner asks it for
 * each candidate in turn, by index, and does not join a whole backlog for the sake of one batch.
 */
const isNext = (now: Date) => sql`(select true from outbox e where e.case_number = o.case_number and e.sequence < o.sequence
  and e.state = 'pending' and (e.split <> o.split or not ${isDue('e', now)}) limit 1) is null`

/** The messages `o` that may probe: whatever waits for the peer alone, however long it was to wait; the first of its case. */
const mayProbe = (now: Date) => sql`(o.state = 'pending' and ${isFree('o', now)} and (o.next_attempt_at <= ${now} or ${waitsForPeer('o')})
  and (select true from outbox e where e.case_number = o.case_number and e.sequence < o.sequence and e.state = 'pending' limit 1) is null)`

/** The peer's circuit, as a condition on its row `p`. */
const isOpen = sql`(p.failures >= ${circuitThreshold} and p.open_until is not null)`

type Turn =
  | { readonly kind: 'none' }
  | { readonly kind: 'probe'; readonly after: string }
  | { readonly kind: 'batch'; readonly split: number }

/** What may go now: nothing while the peer is paused or its circuit open, a probe when that has had its time, else a batch. */
async function readTurn(tx: Tx, ctx: Pick<Context, 'now'>, peer: string): Promise<Turn> {
  const now = new Date(ctx.now())
  const { rows } = await sql<{
    split: number | null
    paused: boolean | null
    open_until: Date | null
    probed: string
  }>`select p.paused, p.probed,
      case when ${isOpen} then p.open_until end as open_until,
      case when p.paused or ${isOpen} then null else (select o.split from outbox o
        where o.peer = ${peer} and o.state = 'pending' and ${isDue('o', now)} and ${isNext(now)} order by o.sequence limit 1) end as split
    from (select 1) as one left join peers p on p.region = ${peer}`.execute(tx)
  const [row] = rows
  if (!row || row.paused) return { kind: 'none' }
  if (row.open_until !== null) return row.open_until > now ? { kind: 'none' } : { kind: 'probe', after: row.probed }
  return row.split === null ? { kind: 'none' } : { kind: 'batch', split: row.split }
}

function dueMessages(ctx: Pick<Context, 'now'>, peer: string, split: number) {
  const now = new Date(ctx.now())
  return sql`select o.jti, o.sequence, o.bytes from outbox o
    where o.peer = ${peer} and o.state = 'pending' and o.split = ${split} and ${isDue('o', now)} and ${isNext(now)}
    order by o.sequence limit ${largestBatch(split)}`
}

const largestBatch = (split: number) => Math.max(1, MAX_MESSAGES >> split)

/** The split that makes at most halves of a batch of this size, which was taken with the split `before`. */
export function splitOf(size: number, before: number): number {
  let split = before + 1
  while (largestBatch(split) > Math.ceil(size / 2)) split++
  return Math.min(split, 9)
}

/** Each probe is the next message in turn: one that fails by itself must not speak for the peer again and again. */
async function takeProbe(tx: Tx, ctx: LeaseContext, peer: string, lease: string, after: string): Promise<readonly LeasedMessage[]> {
  const candidate = (turn: number, from: string) => sql`(select o.jti, o.sequence, o.bytes, ${turn}::int as turn from outbox o
    where o.peer = ${peer} and o.sequence > ${from} and ${mayProbe(new Date(ctx.now()))} order by o.sequence limit 1)`
  const { messages } = await take(
    tx,
    ctx,
    lease,
    sql`select jti, sequence, bytes from (${candidate(1, after)} union all ${candidate(2, '0')}) as c order by turn limit 1`,
  )
  const [probe] = messages
  if (probe) await startProbe(tx, peer, { sequence: probe.sequence, untilMs: ctx.now() + probeMs })
  return messages
}

/**
 * Leases what of `chosen` (jti, sequence, bytes) fits into one request; `found` is how many were chosen. `sent_at` says from when on
 * the bytes may have left the node: what never left can still be cancelled.
 */
async function take(
  tx: Tx,
  ctx: LeaseContext,
  lease: string,
  chosen: RawBuilder<unknown>,
): Promise<{ messages: LeasedMessage[]; found: number }> {
  const now = new Date(ctx.now())
  const { rows } = await sql<LeasedMessage & { found: string; data_key: string | null }>`with chosen as materialized (${chosen}),
    fitting as materialized (
      select jti, sequence from (select chosen.jti, chosen.sequence, sum(chosen.bytes + 1) over (order by chosen.sequence) as total from chosen) as sized
      where total <= ${MAX_BODY_BYTES}),
    leased as (update outbox o set lease = ${lease}, lease_until = ${new Date(ctx.now() + leaseMs)}, sent_at = coalesce(o.sent_at, ${now})
      from fitting where o.jti = fitting.jti
      returning o.jti, o.sequence, o.digest, o.case_number, o.attempts, o.deferrals, o.split, o.last_failure, o.expires_at, o.sent_at)
    select leased.*, d.message, c.data_key, (select count(*) from chosen) as found
    from leased join documents d on d.jti = leased.jti and d.iss = ${ctx.region} join cases c on c.case_number = leased.case_number order by leased.sequence`.execute(
    tx,
  )
  const messages = rows.map(({ data_key, found: _, ...row }) => ({
    ...row,
    message: ctx.vault.openMessage(caseKey({ ...row, data_key }), messageOf({ jti: row.jti, iss: ctx.region }), row.message),
  }))
  return { messages, found: Number(rows[0]?.found ?? 0) }
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
  failure: { cause: string; httpStatus: number | null; nextAttemptAtMs: number; split: number },
): Promise<void> {
  const jtis = batch.messages.map(({ jti }) => jti)
  await ctx.db.transaction().execute(async (tx) => {
    const { rows: held } = await sql<{
      jti: string
      attempts: number
    }>`update outbox o set attempts = o.attempts + 1, last_failure = ${failure.cause}, split = ${failure.split}, lease = null,
        lease_until = null, next_attempt_at = ${new Date(failure.nextAttemptAtMs)}
      where o.jti = any(${jtis}::uuid[]) and o.lease = ${batch.lease} and o.state = 'pending' returning o.jti, o.attempts`.execute(tx)
    await recordAttempts(tx, ctx, held, failure, batch.messages.length)
  })
}

/** How often a message failed in a request of its own: what it failed in the company of others does not count against it. */
export async function failuresAlone(ctx: Pick<Context, 'db'>, jti: string): Promise<number> {
  const row = await ctx.db
    .selectFrom('delivery_attempts')
    .where('jti', '=', jti)
    .where('batch', '=', 1)
    .select((eb) => eb.fn.countAll<string>().as('n'))
    .executeTakeFirstOrThrow()
  return Number(row.n)
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

/** After a probe that failed: it was no attempt of the message's own, and its waiting is as before. */
export async function endProbe(ctx: Pick<Context, 'db'>, batch: Batch, cause: string): Promise<void> {
  await ctx.db
    .updateTable('outbox')
    .set({ last_failure: cause, lease: null, lease_until: null })
    .where('jti', '=', sql<string>`any(${batch.messages.map(({ jti }) => jti)}::uuid[])`)
    .where('lease', '=', batch.lease)
    .where('state', '=', 'pending')
    .execute()
}

/**
 * The peer has answered: when that closes its circuit, what waited for its return is due at once, also what the probe of a killed
 * worker left leased. Together with peerSuccessStatement.
 */
export function outageOverStatement(nowMs: number, peer: string): Statement {
  const at = new Date(nowMs)
  return sql`update outbox o set next_attempt_at = ${at}
    where o.peer = ${peer} and o.state = 'pending' and o.next_attempt_at > ${at} and ${isFree('o', at)} and ${waitsForPeer('o')}
      and exists (select 1 from peers p where p.region = ${peer} and ${isOpen})`
}

/** Peers that something may go to now, a probe included. Asks each peer for its first such message and looks at no backlog. */
export async function peersWithDueMessages(ctx: Pick<Context, 'db' | 'now'>): Promise<string[]> {
  const now = new Date(ctx.now())
  const { rows } = await sql<{ peer: string }>`select p.region as peer from peers p where not p.paused and case
      when ${isOpen} then p.open_until <= ${now} and (select true from outbox o where o.peer = p.region and ${mayProbe(now)} order by o.sequence limit 1)
      else (select true from outbox o where o.peer = p.region and o.state = 'pending' and ${isDue('o', now)} order by o.sequence limit 1) end`.execute(
    ctx.db,
  )
  return rows.map((row) => row.peer)
}

/** Messages past their delivery horizon that still wait for a signed answer. */
export async function readExpired(db: Reader, now: Date, limit: number): Promise<{ jti: string; peer: string; case_number: string }[]> {
  return await db
    .selectFrom('outbox')
    .select(['jti', 'peer', 'case_number'])
    .where('state', '=', 'pending')
    .where('expires_at', '<', now)
    .limit(limit)
    .execute()
}
