import type { Procedure } from '@hefu/procedures'
import { type RawBuilder, type SqlBool, sql } from 'kysely'
import type { Caller } from '../context.ts'
import type { Reader } from '../db/bulk.ts'
import type { CaseRow } from '../db/schema.ts'

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

/** Cases that the caller may see, newest first, and one more than `limit` where there are more. */
export async function pageOfCaseRows(db: Reader, caller: Caller, filter: CaseFilter): Promise<CaseRow[]> {
  let query = db
    .selectFrom('cases')
    .selectAll()
    .orderBy('opened_at', 'desc')
    .orderBy('case_number', 'desc')
    .limit(filter.limit + 1)
  if (caller.role === 'officer') query = query.where('agency', '=', caller.agency ?? '')
  query = query.where(coveredBy(caller))
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
  return await query.execute()
}

/** Cases that the caller's scopes cover: their procedure's, and of those that few may see, theirs too. A case beyond them is not in any list. */
export function coveredBy({ scopes }: Pick<Caller, 'scopes'>, cases = 'cases'): RawBuilder<SqlBool> {
  const held = [...scopes]
  const [procedure, restricted] = [sql.ref(`${cases}.procedure`), sql.ref(`${cases}.restricted`)]
  return sql<SqlBool>`((${procedure} || ':read') = any(${held}::text[])
    and (${restricted} is null or (${procedure} || ':' || ${restricted}) = any(${held}::text[])))`
}
