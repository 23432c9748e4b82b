import type { CaseDetail, CaseFilter } from '@hefu/exchange'
import { engineStates, type Procedure } from '@hefu/procedures'
import { z } from 'zod'
import type { Language } from '../http/language.ts'
import { queryBoolean } from '../http/paging.ts'
import { caseSchema, showCase } from './case-schemas.ts'
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
  }
}

type CaseQuery = z.output<z.ZodObject<ReturnType<typeof caseFilter>>>

export function askedCases(query: CaseQuery): Omit<CaseFilter, 'limit'> {
  return {
    state: query.state,
    final: query.final === undefined ? undefined : query.final === 'true',
    ball: query.ball,
    dueBefore: query.due_before,
    openedFrom: query.opened_from,
    openedTo: query.opened_to,
  }
}

/** What every list of cases shares. */
export const listOfCases = {
  item: caseSchema,
  after: z.strictObject({ openedAt: z.iso.datetime({ precision: 3 }).regex(/^(?:19|20)/), caseNumber }),
  show: (item: CaseDetail, { language }: { readonly language: Language }) => showCase(item, language),
}
