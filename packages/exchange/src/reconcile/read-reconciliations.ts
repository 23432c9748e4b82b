import { UUID_V7 } from '@hefu/protocol'
import type { Context } from '../context.ts'
import type { ReconciliationRow } from '../db/schema.ts'
import { HefuError } from '../errors.ts'
import { pageOfReconciliations, readReconciliationRow } from './reconciliation-store.ts'
import type { ReconciliationResult } from './run-reconciliation.ts'

export interface ReconciliationView {
  readonly id: string
  readonly peer: string
  /** The client, or `schedule`. */
  readonly requestedBy: string
  readonly state: 'queued' | 'running' | 'done' | 'failed'
  readonly from: string
  readonly to: string
  readonly createdAt: string
  readonly finishedAt: string | null
  /** What it found when done, a code when failed, null before. */
  readonly result: ReconciliationResult | { readonly failure: string } | null
}

/** Newest first. */
export async function listReconciliations(
  ctx: Pick<Context, 'db'>,
  page: { limit: number; after?: string | undefined },
): Promise<{ items: ReconciliationView[]; next: string | null }> {
  const rows = await pageOfReconciliations(ctx.db, { ...page, limit: page.limit + 1 })
  const items = rows.slice(0, page.limit).map(toView)
  return { items, next: rows.length > page.limit ? (items.at(-1)?.id ?? null) : null }
}

/** Throws HefuError: not-found. */
export async function readReconciliation(ctx: Pick<Context, 'db'>, id: string): Promise<ReconciliationView> {
  const row = UUID_V7.test(id) ? await readReconciliationRow(ctx.db, id) : undefined
  if (!row) throw new HefuError('not-found')
  return toView(row)
}

function toView(row: ReconciliationRow): ReconciliationView {
  return {
    id: row.id,
    peer: row.peer,
    requestedBy: row.requested_by,
    state: row.state,
    from: row.from_day,
    to: row.to_day,
    createdAt: row.created_at.toISOString(),
    finishedAt: row.finished_at?.toISOString() ?? null,
    result: row.result as ReconciliationView['result'],
  }
}
