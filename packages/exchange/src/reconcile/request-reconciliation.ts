import { regionById } from '@hefu/protocol'
import type { RegionId } from '@hefu/reference'
import { finishIdempotencyKey, takeIdempotencyKey } from '../cases/idempotency-store.ts'
import type { Caller, Context } from '../context.ts'
import { HefuError } from '../errors.ts'
import { logAdminChange } from '../log/log-admin-change.ts'
import { tellQueue } from '../tell-queue.ts'
import { uuidv7 } from '../uuid.ts'
import { dayCount } from './day-bounds.ts'
import { day, MAX_DAYS } from './heads-schemas.ts'
import { insertReconciliation } from './reconciliation-store.ts'

export interface ReconciliationRequest {
  readonly peer: string
  /** First and last day, yyyy-mm-dd in Asia/Shanghai. */
  readonly from: string
  readonly to: string
  readonly idempotencyKey: string
  /** base64url SHA-256 over method, path and raw body. */
  readonly fingerprint: string
}

/**
 * Queues a comparison of both halves with one peer. Throws HefuError: recipient-unknown (no peer of that name, or this region
 * itself), malformed-request (days), idempotency-key-busy, idempotency-key-reused; then nothing is stored.
 */
export async function requestReconciliation(
  ctx: Pick<Context, 'region' | 'db' | 'queue' | 'federation' | 'vault' | 'now' | 'log'>,
  caller: Caller,
  request: ReconciliationRequest,
): Promise<{ id: string }> {
  const { peer, from, to } = request
  if (peer === ctx.region || !regionById(ctx.federation, peer as RegionId)) throw new HefuError('recipient-unknown')
  requireDays(from, to)
  const { id, repeated } = await ctx.db.transaction().execute(async (tx) => {
    const before = await takeIdempotencyKey(tx, ctx, caller, request.idempotencyKey, request.fingerprint)
    if (before) return { ...(before.result as { id: string }), repeated: true }
    const nowMs = ctx.now()
    const id = uuidv7(nowMs)
    await insertReconciliation(tx, { id, peer, requested_by: caller.client, from_day: from, to_day: to, created_at: new Date(nowMs) })
    await logAdminChange(tx, ctx, caller, { action: 'reconciliation.requested', subject: id })
    await finishIdempotencyKey(tx, ctx, caller, { key: request.idempotencyKey, fingerprint: request.fingerprint, result: { id } })
    return { id, repeated: false }
  })
  if (!repeated) await tellQueue(ctx, { name: 'reconcile', peer })
  return { id }
}

function requireDays(from: string, to: string): void {
  const known = day.safeParse(from).success && day.safeParse(to).success
  const days = known ? dayCount(from, to) : 0
  if (days >= 1 && days <= MAX_DAYS) return
  throw new HefuError('malformed-request', {
    errors: [
      {
        pointer: '/to',
        code: 'days',
        zh: `from 至 to 须为 2000 年以后的 1 至 ${MAX_DAYS} 天`,
        en: `From "from" to "to" there must be 1 to ${MAX_DAYS} days, none before 2000`,
      },
    ],
  })
}
