import type { Caller, Context } from '@hefu/exchange'
import { listCases } from '@hefu/exchange'
import { engineStates, type Procedure } from '@hefu/procedures'
import { z } from 'zod'
import { type PageQuery, pageOf, pageQuery, queryBoolean } from '../http/paging.ts'
import type { RouteRequest } from '../http/route.ts'
import { showCase } from './case-schemas.ts'
import { caseNumber } from './schemas.ts'

/** Years that a database and a calendar both know. */
const filterDay = z.iso.date().regex(/^(?:19|20)/)

/** Filters of a list of cases of these procedures; days are those of Asia/Shanghai, and each is included. */
export function caseFilter(procedures: readonly Procedure[]) {
  const states = procedures.flatMap((procedure) => Object.keys(procedure.states))
  return {
    state: z.enum([...new Set([...states, ...Object.keys(engineStates)])]).optional(),
    final: queryBoolean.optional(),
    ball: z.enum(['mine', 'other']).optional(),
    due_before: filterDay.meta({ description: '期限在此日或之前 / a deadline on or before this day' }).optional(),
    opened_from: filterDay.meta({ description: '此日或之后开立 / opened on or after this day' }).optional(),
    opened_to: filterDay.meta({ description: '此日或之前开立 / opened on or before this day' }).optional(),
    ...pageQuery,
  }
}

export interface CaseFilter extends PageQuery {
  readonly state?: string | undefined
  readonly final?: 'true' | 'false' | undefined
  readonly ball?: 'mine' | 'other' | undefined
  readonly due_before?: string | undefined
  readonly opened_from?: string | undefined
  readonly opened_to?: string | undefined
}

const after = z.strictObject({ openedAt: z.iso.datetime({ precision: 3 }).regex(/^(?:19|20)/), caseNumber })

export async function pageOfCases(
  ctx: Context,
  request: Pick<RouteRequest<unknown, CaseFilter, unknown>, 'query' | 'url' | 'language'> & { readonly caller: Caller },
  procedure?: Procedure,
) {
  const { query, language, caller } = request
  const filter = {
    ...(procedure && { procedure }),
    ...(query.state !== undefined && { state: query.state }),
    ...(query.final !== undefined && { final: query.final === 'true' }),
    ...(query.ball !== undefined && { ball: query.ball }),
    ...(query.due_before !== undefined && { dueBefore: query.due_before }),
    ...(query.opened_from !== undefined && { openedFrom: query.opened_from }),
    ...(query.opened_to !== undefined && { openedTo: query.opened_to }),
  }
  return await pageOf(
    request,
    after,
    async (page) => await listCases(ctx, caller, { ...filter, ...page }),
    (item) => showCase(item, language),
  )
}
