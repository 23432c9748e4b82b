import { listReconciliations, readReconciliation, requestReconciliation } from '@hefu/exchange'
import { z } from 'zod'
import { linkHeader, pageOf, pageQuery } from '../http/paging.ts'
import { defineRoute, type Route } from '../http/route.ts'
import { day, idParams, instant, region, uuid } from './schemas.ts'

const reconciliation = z
  .object({
    id: z.string(),
    peer: region,
    requestedBy: z.string(),
    state: z.enum(['queued', 'running', 'done', 'failed']),
    from: day,
    to: day,
    createdAt: instant,
    finishedAt: instant.nullable(),
    result: z.unknown(),
  })
  .meta({ id: 'Reconciliation' })

const requestedDay = z.iso.date().regex(/^20/)
const common = { tag: 'reconciliations', rule: ['operator'] } as const

export function reconciliationRoutes(): Route[] {
  return [
    defineRoute({
      ...common,
      method: 'POST',
      path: '/v1/reconciliations',
      operationId: 'request-reconciliation',
      summary: { zh: '与对端核对两半', en: 'Compare both halves with a peer' },
      body: z
        .strictObject({ peer: z.string().regex(/^\d{6}$/), from: requestedDay, to: requestedDay })
        .meta({ id: 'ReconciliationRequest' }),
      idempotent: true,
      reads: 'no',
      answer: {
        statuses: [202],
        description: { zh: '已排队', en: 'queued' },
        schema: z.object({ id: z.string() }),
        headers: { Location: { zh: '结果的地址', en: 'address of the result' } },
      },
      errors: ['recipient-unknown', 'malformed-request'],
      handle: async (ctx, { caller, body, idempotencyKey, fingerprint }) => {
        const { id } = await requestReconciliation(ctx, caller, { ...body, idempotencyKey, fingerprint })
        return { body: { id }, headers: { location: `/v1/reconciliations/${id}` } }
      },
    }),
    defineRoute({
      ...common,
      method: 'GET',
      path: '/v1/reconciliations',
      operationId: 'list-reconciliations',
      summary: { zh: '列出核对', en: 'List reconciliations' },
      query: z.strictObject(pageQuery),
      reads: 'no',
      answer: {
        statuses: [200],
        description: { zh: '核对，新的在前', en: 'reconciliations, newest first' },
        schema: z.object({ items: z.array(reconciliation) }),
        headers: linkHeader,
      },
      errors: ['cursor-invalid'],
      handle: async (ctx, request) =>
        await pageOf(
          request,
          uuid,
          async (page) => await listReconciliations(ctx, page),
          (item) => item,
        ),
    }),
    defineRoute({
      ...common,
      method: 'GET',
      path: '/v1/reconciliations/{id}',
      operationId: 'read-reconciliation',
      summary: { zh: '读取核对结果', en: 'Read the result of a reconciliation' },
      params: idParams,
      reads: 'no',
      answer: { statuses: [200], description: { zh: '核对', en: 'the reconciliation' }, schema: reconciliation },
      handle: async (ctx, { params }) => ({ body: await readReconciliation(ctx, params.id) }),
    }),
  ]
}
