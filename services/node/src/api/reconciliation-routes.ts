import { listReconciliations, readReconciliation, requestReconciliation } from '@hefu/exchange'
import { z } from 'zod'
import { defineList } from '../http/list-route.ts'
import { defineRoute, type Route } from '../http/route.ts'
import { day, idParams, instant, region, regionCode, uuid } from './schemas.ts'

const result = z
  .object({
    days: z.int(),
    differingDays: z.int(),
    compared: z.int(),
    sentAgain: z.int(),
    fetched: z.int(),
    restoredAtPeer: z.int(),
    applied: z.int(),
    open: z.array(z.object({ iss: region, jti: z.string(), why: z.string() })),
    openTotal: z.int(),
    match: z.boolean(),
  })
  .meta({ id: 'ReconciliationResult' })

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
    result: z.union([result, z.object({ failure: z.string() })]).nullable(),
  })
  .meta({ id: 'Reconciliation' })

const requestedDay = z.iso.date().regex(/^20/)
const common = { tag: 'reconciliations', rule: ['operator'], scope: 'reconciliations:read' } as const

export function reconciliationRoutes(): Route[] {
  return [
    defineRoute({
      ...common,
      method: 'POST',
      scope: 'reconciliations:write',
      path: '/v1/reconciliations',
      operationId: 'request-reconciliation',
      reads: 'no',
      summary: { zh: '与对端核对两半', en: 'Compare both halves with a peer' },
      body: z.strictObject({ peer: regionCode, from: requestedDay, to: requestedDay }).meta({ id: 'ReconciliationRequest' }),
      idempotent: true,
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
    defineList({
      ...common,
      path: '/v1/reconciliations',
      operationId: 'list-reconciliations',
      reads: 'no',
      summary: { zh: '列出核对', en: 'List reconciliations' },
      description: { zh: '核对，新的在前', en: 'reconciliations, newest first' },
      item: reconciliation,
      after: uuid,
      read: async (ctx, _, page) => await listReconciliations(ctx, page),
      show: (item) => item,
    }),
    defineRoute({
      ...common,
      method: 'GET',
      path: '/v1/reconciliations/{id}',
      operationId: 'read-reconciliation',
      reads: 'no',
      summary: { zh: '读取核对结果', en: 'Read the result of a reconciliation' },
      params: idParams,
      answer: { statuses: [200], description: { zh: '核对', en: 'the reconciliation' }, schema: reconciliation },
      handle: async (ctx, { params }) => ({ body: await readReconciliation(ctx, params.id) }),
    }),
  ]
}
