import { sql } from 'kysely'
import type { Caller, Context } from '../context.ts'

export interface SettlementPosition {
  readonly completedOn: string
  readonly caseNumber: string
}

export async function listSettlementEntries(
  ctx: Pick<Context, 'db'>,
  caller: Caller,
  page: { limit: number; after?: SettlementPosition | undefined },
) {
  let query = ctx.db
    .selectFrom('settlement_entries')
    .selectAll()
    .where('agency', '=', caller.agency ?? '')
    .orderBy('completed_on')
    .orderBy('case_number')
    .limit(page.limit + 1)
  if (page.after)
    query = query.where(sql<boolean>`(completed_on, case_number) > (${page.after.completedOn}::date, ${page.after.caseNumber})`)
  const rows = await query.execute()
  const items = rows.slice(0, page.limit).map((row) => ({
    caseNumber: row.case_number,
    digest: row.digest,
    insuranceType: row.insurance_type,
    payer: row.payer,
    payee: row.payee,
    poolYuan: row.pool_yuan,
    personalYuan: row.personal_yuan,
    totalYuan: row.total_yuan,
    completedOn: row.completed_on,
  }))
  const last = items.at(-1)
  return { items, next: rows.length > page.limit && last ? { completedOn: last.completedOn, caseNumber: last.caseNumber } : null }
}
