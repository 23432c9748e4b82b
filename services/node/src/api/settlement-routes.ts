import { listSettlementEntries } from '@hefu/exchange'
import { z } from 'zod'
import { defineList } from '../http/list-route.ts'
import type { Route } from '../http/route.ts'
import { caseNumber, day, digest, region } from './schemas.ts'

const settlementEntry = z
  .object({
    caseNumber: z.string(),
    digest,
    insuranceType: z.string(),
    payer: region,
    payee: region,
    poolYuan: z.string(),
    personalYuan: z.string(),
    totalYuan: z.string(),
    completedOn: day,
  })
  .meta({ id: 'SettlementEntry' })

const after = z.strictObject({ completedOn: z.iso.date().regex(/^(?:19|20)/), caseNumber: caseNumber })

/** What completed transfers left to be cleared between the regions. */
export function settlementRoutes(): Route[] {
  return [
    defineList({
      path: '/v1/settlement-entries',
      operationId: 'list-settlement-entries',
      reads: (items) => ({ cases: items.map((one) => one.caseNumber) }),
      tag: 'settlement-entries',
      summary: { zh: '列出待清算条目', en: 'List settlement entries' },
      rule: ['officer'],
      scope: 'settlement-entries:read',
      description: { zh: '本机构的条目', en: "the agency's entries" },
      item: settlementEntry,
      after,
      read: async (ctx, { caller }, page) => await listSettlementEntries(ctx, caller, page),
      show: (item) => item,
    }),
  ]
}
