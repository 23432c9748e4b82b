import type { Procedure } from '@hefu/procedures'
import { sql } from 'kysely'
import type { Caller, Context } from '../context.ts'
import { loadCases } from './case-store.ts'
import { type CaseDetail, renderCase } from './read-case.ts'

export interface CaseFilter {
  readonly procedure?: Procedure | undefined
  readonly state?: string | undefined
  /** yyyy-mm-dd: a deadline on or before this day. */
  readonly dueBefore?: string | undefined
  readonly final?: boolean | undefined
  /** `mine`: this side must act; `other`: the other side must. */
  readonly ball?: 'mine' | 'other' | undefined
  /** yyyy-mm-dd, Asia/Shanghai, both inclusive. */
  readonly openedFrom?: string | undefined
  readonly openedTo?: string | undefined
  readonly limit: number
  readonly after?: CasePosition | undefined
}

/** Newest first: where a page ended. */
export interface CasePosition {
  readonly openedAt: string
  readonly caseNumber: string
}

/** Pages by key over columns that never change, so that a case that moves on is neither skipped nor shown twice. */
export async function listCases(
  ctx: Pick<Context, 'db' | 'procedures'>,
  caller: Caller,
  filter: CaseFilter,
): Promise<{ items: CaseDetail[]; next: CasePosition | null }> {
  let query = ctx.db
    .selectFrom('cases')
    .selectAll()
    .orderBy('opened_at', 'desc')
    .orderBy('case_number', 'desc')
    .limit(filter.limit + 1)
  if (caller.role === 'officer') query = query.where('agency', '=', caller.agency ?? '')
  if (filter.procedure) query = query.where('procedure', '=', filter.procedure.name)
  if (filter.state !== undefined) query = query.where('state', '=', filter.state)
  if (filter.dueBefore !== undefined) query = query.where('due', '<=', filter.dueBefore)
  if (filter.final !== undefined) query = query.where('final', '=', filter.final)
  if (filter.ball === 'mine') query = query.whereRef('ball_holder', '=', 'role')
  if (filter.ball === 'other') query = query.whereRef('ball_holder', '<>', 'role')
  if (filter.openedFrom !== undefined) query = query.where('opened_at', '>=', new Date(`${filter.openedFrom}T00:00:00+08:00`))
  if (filter.openedTo !== undefined)
    query = query.where('opened_at', '<', new Date(Date.parse(`${filter.openedTo}T00:00:00+08:00`) + 86_400_000))
  const { after } = filter
  if (after) query = query.where(sql<boolean>`(opened_at, case_number) < (${after.openedAt}::timestamptz, ${after.caseNumber})`)
  const rows = await query.execute()
  const items = (await loadCases(ctx.db, ctx, rows.slice(0, filter.limit))).map(renderCase)
  const last = items.at(-1)
  return { items, next: rows.length > filter.limit && last ? { openedAt: last.openedAt, caseNumber: last.caseNumber } : null }
}
