import { readContentRequests } from '../content/content-store.ts'
import type { Caller, Context } from '../context.ts'
import { type CaseFilter, type CasePosition, pageOfCaseRows } from './case-list-store.ts'
import { loadCases } from './case-store.ts'
import { type CaseDetail, renderCase } from './read-case.ts'

export type { CaseFilter, CasePosition }

/** Pages by key over columns that never change, so that a case that moves on is neither skipped nor shown twice. */
export async function listCases(
  ctx: Pick<Context, 'db' | 'procedures' | 'vault'>,
  caller: Caller,
  filter: CaseFilter,
): Promise<{ items: CaseDetail[]; next: CasePosition | null }> {
  const rows = await pageOfCaseRows(ctx.db, caller, filter)
  const loaded = await loadCases(ctx.db, ctx, rows.slice(0, filter.limit))
  const requests = await readContentRequests(
    ctx.db,
    loaded.map(({ row }) => row.case_number),
  )
  const items = loaded.map((one) => renderCase(one, requests.get(one.row.case_number)))
  const last = items.at(-1)
  return { items, next: rows.length > filter.limit && last ? { openedAt: last.openedAt, caseNumber: last.caseNumber } : null }
}
