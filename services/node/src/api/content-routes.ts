import { orderErasure, orderRecall } from '@hefu/exchange'
import { ERASURE_REASONS, RECALL_REASONS } from '@hefu/protocol'
import { z } from 'zod'
import { defineRoute, type Route } from '../http/route.ts'
import { contentRequest } from './case-schemas.ts'
import { caseNumber, caseParams, instant, uuid } from './schemas.ts'

const common = { method: 'POST', tag: 'cases', rule: ['officer'], reads: 'no' } as const

const orderedErasure = z
  .object({ caseNumber: z.string(), erasedAt: instant, contentRequests: z.array(contentRequest) })
  .meta({ id: 'OrderedErasure' })

/** About the bytes of a case, not its legal state; what follows is in the case's `contentRequests`. */
export function contentRoutes(): Route[] {
  return [
    defineRoute({
      ...common,
      path: '/v1/cases/{caseNumber}/erasure',
      operationId: 'order-erasure',
      summary: {
        zh: '责令提前删除已终结办件的内容，并请对端删除',
        en: 'Erase the content of a final case before its time, and ask the peer to',
      },
      scope: 'erasure:order',
      params: caseParams,
      body: z.strictObject({ reason: z.enum(ERASURE_REASONS).exclude(['retention-ended']) }),
      examples: [{ title: { zh: '当事人请求', en: 'The person asked for it' }, value: { reason: 'person-request' } }],
      answer: {
        statuses: [202],
        description: { zh: '本方内容已删除，已请对端删除', en: 'erased here; the peer is being asked' },
        schema: orderedErasure,
      },
      errors: ['conflict'],
      handle: async (ctx, { caller, params, body }) => {
        const ordered = await orderErasure(ctx, caller, params.caseNumber, body.reason)
        return { body: { ...ordered, contentRequests: [...ordered.contentRequests] } }
      },
    }),
    defineRoute({
      ...common,
      path: '/v1/cases/{caseNumber}/documents/{id}/recall',
      operationId: 'recall-document',
      summary: { zh: '召回误发的文书', en: 'Recall a document that was sent by mistake' },
      scope: 'documents:recall',
      params: z.strictObject({ caseNumber, id: uuid }),
      body: z.strictObject({ reason: z.enum(RECALL_REASONS) }),
      examples: [{ title: { zh: '当事人有误', en: 'It was about the wrong person' }, value: { reason: 'wrong-person' } }],
      answer: {
        statuses: [202],
        description: { zh: '已请收件方召回', en: 'the receiver is being asked' },
        schema: contentRequest,
      },
      errors: ['conflict', 'erased', 'recalled'],
      handle: async (ctx, { caller, params, body }) => ({
        body: await orderRecall(ctx, caller, params.caseNumber, params.id, body.reason),
      }),
    }),
  ]
}
