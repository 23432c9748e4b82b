import { sql } from 'kysely'
import type { Reader, Tx } from '../db/bulk.ts'
import type { DeliveryAttemptRow, OutboxRow, PlaceRow } from '../db/schema.ts'

/** What an operator calls the state of a delivery: `deferred` is pending, after the peer could not judge it yet. */
export type DeliveryState = OutboxRow['state'] | 'deferred'

export interface DeliveryFilter {
  readonly state?: DeliveryState | undefined
  readonly peer?: string | undefined
  readonly caseNumber?: string | undefined
  readonly limit: number
  readonly after?: string | undefined
}

export function deliveryStateOf(row: Pick<OutboxRow, 'state' | 'deferrals'>): DeliveryState {
  return row.state === 'pending' && row.deferrals > 0 ? 'deferred' : row.state
}

/** Newest first, and one more than `limit` where there are more. */
export async function pageOfDeliveries(db: Reader, filter: DeliveryFilter): Promise<OutboxRow[]> {
  const { state, peer, caseNumber, after } = filter
  let query = db
    .selectFrom('outbox')
    .selectAll()
    .orderBy('jti', 'desc')
    .limit(filter.limit + 1)
  if (state !== undefined) query = query.where('state', '=', state === 'deferred' ? 'pending' : state)
  if (state === 'pending') query = query.where('deferrals', '=', 0)
  if (state === 'deferred') query = query.where('deferrals', '>', 0)
  if (peer !== undefined) query = query.where('peer', '=', peer)
  if (caseNumber !== undefined) query = query.where('case_number', '=', caseNumber)
  if (after !== undefined) query = query.where('jti', '<', after)
  return await query.execute()
}

export async function readDeliveryRow(db: Reader, id: string): Promise<OutboxRow | undefined> {
  return await db.selectFrom('outbox').selectAll().where('jti', '=', id).executeTakeFirst()
}

export async function readAttempts(db: Reader, id: string): Promise<DeliveryAttemptRow[]> {
  return await db.selectFrom('delivery_attempts').selectAll().where('jti', '=', id).orderBy('attempt').execute()
}

/** What the peer's receipt says of the message, once there is one. */
export async function readReceiptOf(db: Reader, id: string, digest: string): Promise<Pick<PlaceRow, 'receipt' | 'reason'> | undefined> {
  return await db.selectFrom('places').select(['receipt', 'reason']).where('jti', '=', id).where('digest', '=', digest).executeTakeFirst()
}

/** Due at once, and alone among those of its batch size again. */
export async function makeDeliveryDue(tx: Tx, id: string, at: Date): Promise<void> {
  await tx.updateTable('outbox').set({ next_attempt_at: at, split: 0 }).where('jti', '=', id).where('state', '=', 'pending').execute()
}

export async function countPendingByPeer(db: Reader): Promise<{ peer: string; pending: number; oldest: Date }[]> {
  const { rows } = await sql<{
    peer: string
    n: string
    oldest: Date
  }>`select peer, count(*) as n, min(created_at) as oldest from outbox where state = 'pending' group by peer`.execute(db)
  return rows.map(({ peer, n, oldest }) => ({ peer, pending: Number(n), oldest }))
}

export async function countOutboxOf(db: Reader, peer: string): Promise<{ pending: number; oldest: Date | null; refused: number }> {
  const { rows: pending } = await sql<{ n: string; oldest: Date | null }>`select count(*) as n, min(created_at) as oldest from outbox
    where peer = ${peer} and state = 'pending'`.execute(db)
  const { rows: refused } = await sql<{ n: string }>`select count(*) as n from outbox where peer = ${peer} and state = 'refused'`.execute(
    db,
  )
  return { pending: Number(pending[0]?.n ?? 0), oldest: pending[0]?.oldest ?? null, refused: Number(refused[0]?.n ?? 0) }
}
