import { loadCases, lockCases } from '../cases/case-store.ts'
import { openResendTask } from '../cases/task-store.ts'
import type { Caller, Context } from '../context.ts'
import type { OutboxRow } from '../db/schema.ts'
import { HefuError } from '../errors.ts'
import { logAdminChange } from '../log/log-admin-change.ts'
import { tellQueue } from '../tell-queue.ts'
import {
  type DeliveryFilter,
  type DeliveryState,
  deliveryStateOf,
  makeDeliveryDue,
  pageOfDeliveries,
  readAttempts,
  readDeliveryRow,
  readReceiptOf,
} from './delivery-store.ts'
import { type FailureText, failureText } from './failure-texts.ts'

export interface DeliveryView {
  readonly id: string
  readonly peer: string
  readonly caseNumber: string
  readonly digest: string
  readonly state: DeliveryState
  readonly attempts: number
  readonly nextAttemptAt: string | null
  readonly expiresAt: string
  readonly createdAt: string
  readonly answeredAt: string | null
  readonly lastFailure: ({ readonly cause: string } & FailureText) | null
}

export type { DeliveryFilter }

/** Newest first. `deferred` is what the peer could not judge yet: shown on its own, it goes on being sent. */
export async function listDeliveries(
  ctx: Pick<Context, 'db'>,
  filter: DeliveryFilter,
): Promise<{ items: DeliveryView[]; next: string | null }> {
  const rows = await pageOfDeliveries(ctx.db, filter)
  const items = rows.slice(0, filter.limit).map(toView)
  return { items, next: rows.length > filter.limit ? (items.at(-1)?.id ?? null) : null }
}

export async function readDelivery(ctx: Pick<Context, 'db'>, id: string) {
  const row = await readRow(ctx, id)
  const history = await readAttempts(ctx.db, id)
  const place = await readReceiptOf(ctx.db, id, row.digest)
  return {
    ...toView(row),
    receipt: place?.receipt ?? null,
    refusal: place?.reason ?? null,
    history: history.map((h) => ({
      attempt: h.attempt,
      at: h.at.toISOString(),
      cause: h.cause,
      httpStatus: h.http_status,
      batch: h.batch,
      ...failureText(h.cause),
    })),
  }
}

async function readRow(ctx: Pick<Context, 'db'>, id: string): Promise<OutboxRow> {
  const row = await readDeliveryRow(ctx.db, id)
  if (!row) throw new HefuError('not-found')
  return row
}

function toView(row: OutboxRow): DeliveryView {
  return {
    id: row.jti,
    peer: row.peer,
    caseNumber: row.case_number,
    digest: row.digest,
    state: deliveryStateOf(row),
    attempts: row.attempts,
    nextAttemptAt: row.state === 'pending' ? row.next_attempt_at.toISOString() : null,
    expiresAt: row.expires_at.toISOString(),
    createdAt: row.created_at.toISOString(),
    answeredAt: row.answered_at?.toISOString() ?? null,
    lastFailure: row.last_failure === null ? null : { cause: row.last_failure, ...failureText(row.last_failure) },
  }
}

/** Makes a pending message due now. */
export async function retryNow(ctx: Pick<Context, 'db' | 'now' | 'queue' | 'log'>, caller: Caller, id: string): Promise<DeliveryView> {
  const row = await readRow(ctx, id)
  if (row.state !== 'pending')
    throw new HefuError('conflict', { detail: { zh: '只有待发送的报文可以立即重发', en: 'only a pending message can be retried' } })
  await ctx.db.transaction().execute(async (tx) => {
    await makeDeliveryDue(tx, id, new Date(ctx.now()))
    await logAdminChange(tx, ctx, caller, { action: 'delivery.retried', caseNumber: row.case_number, subject: id })
  })
  await tellQueue(ctx, { name: 'deliver', peer: row.peer })
  return toView(await readRow(ctx, id))
}

/**
 * A refused (or never sent) document is final; sending again means a new document, which only an officer may write: this opens
 * the task for the agency. The operator sees no content.
 */
export async function sendAgain(
  ctx: Pick<Context, 'db' | 'procedures' | 'vault' | 'now'>,
  caller: Caller,
  id: string,
): Promise<{ task: string }> {
  const outgoing = await readRow(ctx, id)
  if (outgoing.state !== 'refused' && outgoing.state !== 'cancelled')
    throw new HefuError('conflict', {
      detail: { zh: '只有被拒收或未发送的文书需要重新制作', en: 'only a refused or cancelled document is written anew' },
    })
  return await ctx.db.transaction().execute(async (tx) => {
    const rows = await lockCases(tx, [outgoing.case_number])
    const [loaded] = await loadCases(tx, ctx, rows)
    const document = loaded?.documents.find((d) => d.jti === id)
    if (!loaded || !document) throw new HefuError('not-found')
    const task = await openResendTask(tx, ctx, loaded, document.digest, document.document, document.refusal)
    await logAdminChange(tx, ctx, caller, { action: 'delivery.send-again', caseNumber: outgoing.case_number, subject: id })
    return { task }
  })
}
