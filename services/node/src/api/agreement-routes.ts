import { readAgreements } from '@hefu/exchange'
import { z } from 'zod'
import { defineRoute, type Route } from '../http/route.ts'
import { day, region, text } from './schemas.ts'

const agreement = z
  .object({
    id: z.string(),
    version: z.int(),
    procedure: z.string(),
    procedureTitle: text.nullable(),
    regions: z.array(z.object({ region, name: text })),
    agencies: z.array(z.string()).nullable(),
    direction: z.array(z.object({ from: region, to: region })).nullable(),
    purposes: z.array(z.object({ code: z.string(), title: text })),
    basis: z.array(z.string()).nullable(),
    fields: z.record(z.string(), z.array(z.string())).nullable(),
    automatic: z.boolean(),
    deadlineRules: z.int(),
    retentionDays: z.int().nullable(),
    validFrom: day.nullable(),
    validTo: day.nullable(),
    inForce: z.boolean(),
  })
  .meta({ id: 'Agreement' })

/** Read only: agreements stand in the signed registry. */
export function agreementRoutes(): Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/v1/agreements',
      operationId: 'list-agreements',
      tag: 'agreements',
      summary: { zh: '列出本区域参与的共享协议', en: 'List the agreements in which this region takes part' },
      rule: ['officer', 'security'],
      scope: 'agreements:read',
      reads: 'no',
      answer: {
        statuses: [200],
        description: { zh: '共享协议；null 表示不限', en: 'agreements; null sets no limit' },
        schema: z.object({ items: z.array(agreement) }),
      },
      handle: async (ctx) => ({ body: { items: readAgreements(ctx) } }),
    }),
  ]
}
