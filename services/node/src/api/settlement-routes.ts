import { listSettlementEntries } from '@hefu/exchange'
import { z } from 'zod'
import { linkHeader, pageOf, pageQuery } from '../http/paging.ts'
import { defineRoute, type Route } from '../http/route.ts'
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
    defineRoute({
      method: 'GET',
      path: '/v1/settlement-entries',
      operationId: 'list-settlement-entries',
      tag: 'settlement-entries',
      summary: { zh: '列出待清算条目', en: 'List settlement entries' },
      rule: ['officer'],
      query: z.strictObject(pageQuery),
      reads: ({ items }) => ({ cases: items.map((one) => one.caseNumber) }),
      answer: {
        statuses: [200],
        description: { zh: '本机构的条目', en: "the agency's entries" },
        schema: z.object({ items: z.array(settlementEntry) }),
        headers: linkHeader,
      },
      errors: ['cursor-invalid'],
      handle: async (ctx, request) =>
        await pageOf(
          request,
          after,
          async (page) => await listSettlementEntries(ctx, request.caller, page),
          (item) => item,
        ),
    }),
  ]
}
