import { sql } from 'kysely'
import type { Context } from '../context.ts'
import type { Tx } from '../db/bulk.ts'
import { type Place, placeColumns } from '../inbox/arrival-rows.ts'
import type { Batch } from './outbox-store.ts'

/** What a peer's receipt says about one message. */
export interface Settlement {
  readonly jti: string
  readonly receivedAt: Date
  /** Null: accepted. */
  readonly refusal: string | null
  readonly place: Place
}

/**
 * Settles outbox and documents together; answers the `jti` of those that were still pending. A refused document keeps its bytes on
 * the sender's node: the officer writes the new one from it.
 */
export async function settleMessages(tx: Tx, ctx: Pick<Context, 'region' | 'now'>, answers: readonly Settlement[]): Promise<Set<string>> {
  if (answers.length === 0) return new Set()
  const jtis = answers.map(({ jti }) => jti)
  const receivedAt = answers.map((answer) => answer.receivedAt)
  const refusals = answers.map(({ refusal }) => refusal)
  const places = answers.map(({ place }) => placeColumns(place))
  const { rows } = await sql<{ jti: string }>`with answers as materialized (
      select * from unnest(${jtis}::uuid[], ${receivedAt}::timestamptz[], ${refusals}::text[], ${places.map(({ receipt }) => receipt)}::text[],
        ${places.map(({ leaf_index }) => leaf_index)}::int[], ${places.map(({ path }) => path)}::text[])
        as a (jti, received_at, refusal, receipt, leaf_index, path)),
    settled as (
      update outbox o set state = case when a.refusal is null then 'delivered' else 'refused' end, answered_at = ${new Date(ctx.now())},
        attempts = o.attempts + 1, lease = null, lease_until = null, receipt = a.receipt, leaf_index = a.leaf_index, path = a.path
      from answers a where o.jti = a.jti and o.jti = any(${jtis}::uuid[]) and o.state = 'pending' returning o.jti, a.received_at, a.refusal),
    marked as (
      update documents d set received_at = s.received_at, refusal = s.refusal,
        status = case when s.refusal is null then 'held' else 'refused' end, standing = case when s.refusal is null then d.standing else 'refused' end
      from settled s where d.jti = s.jti and d.iss = ${ctx.region})
    select jti from settled`.execute(tx)
  return new Set(rows.map((row) => row.jti))
}

/** What was written after a refused document and never left the node leaves replay with it (protocol.md section 2). */
export async function cancelUnsentDescendants(
  tx: Tx,
  ctx: Pick<Context, 'region' | 'now'>,
  refused: { readonly digest: string; readonly case_number: string },
): Promise<void> {
  const { rows } = await sql<{ jti: string }>`with recursive descendants as (
        select d.jti, d.digest from documents d where d.case_number = ${refused.case_number} and d.iss = ${ctx.region} and ${refused.digest} = any(d.seen)
        union select d.jti, d.digest from documents d join descendants p on p.digest = any(d.seen) where d.case_number = ${refused.case_number} and d.iss = ${ctx.region})
      update outbox o set state = 'cancelled', answered_at = ${new Date(ctx.now())} from descendants
      where o.jti = descendants.jti and o.state = 'pending' and o.sent_at is null returning o.jti`.execute(tx)
  if (rows.length === 0) return
  await sql`update documents set status = 'cancelled', standing = 'refused' where iss = ${ctx.region} and jti = any(${rows.map((r) => r.jti)}::uuid[])`.execute(
    tx,
  )
}

/** A message that the peer answered without settling it. Only the holder of the lease may say so. */
export async function putOffAnswered(
  tx: Tx,
  batch: Batch,
  { jti, deferrals, cause, nextAt }: { readonly jti: string; readonly deferrals: number; readonly cause: string; readonly nextAt: Date },
): Promise<void> {
  await tx
    .updateTable('outbox')
    .set((eb) => ({
      attempts: eb('attempts', '+', 1),
      deferrals,
      last_failure: cause,
      lease: null,
      lease_until: null,
      next_attempt_at: nextAt,
    }))
    .where('jti', '=', jti)
    .where('lease', '=', batch.lease)
    .where('state', '=', 'pending')
    .execute()
}
