import { listDeliveries, readDelivery, retryNow, sendAgain } from '@hefu/exchange'
import { z } from 'zod'
import { defineList } from '../http/list-route.ts'
import { defineRoute, type Route } from '../http/route.ts'
import { caseNumber, digest, idParams, instant, region, regionCode, text, uuid } from './schemas.ts'

const state = z.enum(['pending', 'deferred', 'delivered', 'refused', 'cancelled'])

/** Why an attempt failed and what to do about it. */
const failure = z.object({ cause: z.string(), zh: z.string(), en: z.string(), remedy: text }).meta({ id: 'DeliveryFailure' })

const delivery = z
  .object({
    id: z.string(),
    peer: region,
    caseNumber: z.string(),
    digest,
    state,
    attempts: z.int(),
    nextAttemptAt: instant.nullable(),
    expiresAt: instant,
    createdAt: instant,
    answeredAt: instant.nullable(),
    lastFailure: failure.nullable(),
  })
  .meta({ id: 'Delivery' })

const attempt = failure
  .extend({ attempt: z.int(), at: instant, httpStatus: z.int().nullable(), batch: z.int() })
  .meta({ id: 'DeliveryAttempt' })

const deliveryDetail = delivery
  .extend({ receipt: z.string().nullable(), refusal: z.string().nullable(), history: z.array(attempt) })
  .meta({ id: 'DeliveryDetail' })

const common = { tag: 'deliveries', rule: ['operator'], scope: 'deliveries:read' } as const

/** How messages fare on their way; never their content. */
export function deliveryRoutes(): Route[] {
  return [
    defineList({
      ...common,
      path: '/v1/deliveries',
      operationId: 'list-deliveries',
      reads: 'no',
      summary: { zh: '列出送达情况', en: 'List deliveries' },
      description: { zh: '送达，新的在前', en: 'deliveries, newest first' },
      filter: {
        state: state.optional(),
        peer: regionCode.optional(),
        case: caseNumber.optional(),
      },
      item: delivery,
      after: uuid,
      read: async (ctx, { query }, page) =>
        await listDeliveries(ctx, { state: query.state, peer: query.peer, caseNumber: query.case, ...page }),
      show: (item) => item,
    }),
    defineRoute({
      ...common,
      method: 'GET',
      path: '/v1/deliveries/{id}',
      operationId: 'read-delivery',
      reads: 'no',
      summary: { zh: '读取一次送达及其历次尝试', en: 'Read a delivery with its attempts' },
      params: idParams,
      answer: { statuses: [200], description: { zh: '送达', en: 'the delivery' }, schema: deliveryDetail },
      handle: async (ctx, { params }) => ({ body: await readDelivery(ctx, params.id) }),
    }),
    defineRoute({
      ...common,
      method: 'POST',
      scope: 'deliveries:write',
      path: '/v1/deliveries/{id}/send-again',
      operationId: 'send-delivery-again',
      reads: 'no',
      summary: { zh: '被拒收的文书：请经办人员重新制作', en: 'A refused document: ask an officer to write it anew' },
      params: idParams,
      answer: {
        statuses: [200],
        description: { zh: '经办人员的待办；重复调用得到同一待办', en: "the officer's task; calling again gives the same one" },
        schema: z.object({ task: z.string() }),
      },
      errors: ['conflict'],
      handle: async (ctx, { caller, params }) => ({ body: await sendAgain(ctx, caller, params.id) }),
    }),
    defineRoute({
      ...common,
      method: 'POST',
      scope: 'deliveries:write',
      path: '/v1/deliveries/{id}/retry',
      operationId: 'retry-delivery',
      reads: 'no',
      summary: { zh: '立即重试', en: 'Retry now' },
      params: idParams,
      answer: { statuses: [200], description: { zh: '送达', en: 'the delivery' }, schema: delivery },
      errors: ['conflict'],
      handle: async (ctx, { caller, params }) => ({ body: await retryNow(ctx, caller, params.id) }),
    }),
  ]
}
