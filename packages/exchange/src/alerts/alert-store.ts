import { sql } from 'kysely'
import type { Caller, Context } from '../context.ts'
import { insertRows, type Reader } from '../db/bulk.ts'
import { afterCommit } from '../db/transact.ts'
import { HefuError } from '../errors.ts'
import { logAdminChange } from '../log/log-admin-change.ts'
import { uuidv7 } from '../uuid.ts'
import type { alertKinds } from './alert-kinds.ts'

export type AlertKind = (typeof alertKinds)[number]

export interface Alert {
  readonly kind: AlertKind
  /** One alert per key: the same trouble does not ring twice. */
  readonly key: string
  readonly peer?: string
  readonly caseNumber?: string
  readonly jti?: string
  readonly detail: AlertDetail
}

/** Codes, digests and counts only. */
export interface AlertDetail {
  readonly digests?: string[]
  readonly digest?: string
  readonly iss?: string
  readonly reason?: string
  readonly why?: string
  readonly cause?: string
  readonly error?: string
  readonly messages?: number
  readonly bytes?: number
  readonly deferrals?: number
  readonly secondsOff?: number
  readonly refusals?: number
  readonly epoch?: number
  readonly keys?: number
  /** Of a log; `shown` and `cosigned` are signed checkpoints. */
  readonly origin?: string
  readonly witness?: string
  readonly shown?: string
  readonly cosigned?: string | null
  readonly path?: string[]
  readonly cosignedSize?: number
  readonly recordedSize?: number
  /** What a witness showed, with its signatures. */
  readonly evidence?: Readonly<Record<string, unknown>>
  readonly due?: string
  readonly receipt?: string | null
  readonly checkpoint?: string | null
  /** The first of them. */
  readonly missing?: { readonly jti: string; readonly digest: string; readonly status: string }[]
}

export async function raiseAlert(db: Reader, ctx: Pick<Context, 'now' | 'log' | 'metrics'>, alert: Alert): Promise<void> {
  const nowMs = ctx.now()
  const row = {
    id: uuidv7(nowMs),
    at: new Date(nowMs),
    kind: alert.kind,
    key: `${alert.kind}:${alert.key}`,
    peer: alert.peer ?? null,
    case_number: alert.caseNumber ?? null,
    jti: alert.jti ?? null,
    detail: alert.detail,
  }
  const inserted = await insertRows('alerts', [row], sql`on conflict (key) do nothing returning id`).execute(db)
  if (inserted.rows.length === 0) return
  const { kind, peer, caseNumber, jti } = alert
  afterCommit(db, () => {
    ctx.metrics.alerts.inc({ kind })
    ctx.log.error({ event: 'alert.raised', kind, peer, case: caseNumber, jti }, 'alert.raised')
  })
}

/** Newest first; with `open` those that nobody has acknowledged (true), or the others (false). */
export async function listAlerts(ctx: Pick<Context, 'db'>, page: { limit: number; after?: string; open?: boolean }) {
  let query = ctx.db
    .selectFrom('alerts')
    .selectAll()
    .orderBy('id', 'desc')
    .limit(page.limit + 1)
  if (page.after !== undefined) query = query.where('id', '<', page.after)
  if (page.open !== undefined) query = query.where('acknowledged_at', page.open ? 'is' : 'is not', null)
  const rows = await query.execute()
  const items = rows.slice(0, page.limit).map((row) => ({
    id: row.id,
    at: row.at.toISOString(),
    kind: row.kind,
    peer: row.peer,
    caseNumber: row.case_number,
    jti: row.jti,
    detail: row.detail as AlertDetail,
    acknowledgedAt: row.acknowledged_at?.toISOString() ?? null,
    acknowledgedBy: row.acknowledged_by,
  }))
  return { items, next: rows.length > page.limit ? (items.at(-1)?.id ?? null) : null }
}

export async function acknowledgeAlert(ctx: Pick<Context, 'db' | 'now'>, caller: Caller, id: string): Promise<void> {
  const done = await ctx.db.transaction().execute(async (tx) => {
    const { numUpdatedRows } = await tx
      .updateTable('alerts')
      .set({ acknowledged_at: new Date(ctx.now()), acknowledged_by: caller.client })
      .where('id', '=', id)
      .where('acknowledged_at', 'is', null)
      .executeTakeFirst()
    if (numUpdatedRows > 0n) await logAdminChange(tx, ctx, caller, { action: 'alert.acknowledged', subject: id })
    return numUpdatedRows > 0n
  })
  if (done) return
  const known = await ctx.db.selectFrom('alerts').select('id').where('id', '=', id).executeTakeFirst()
  if (!known) throw new HefuError('not-found')
}
