import { listReceipts, readReceipt } from '@hefu/exchange'
import { z } from 'zod'
import { defineList } from '../http/list-route.ts'
import { defineRoute, type Route } from '../http/route.ts'
import { caseNumber, digest, instant, region, regionCode } from './schemas.ts'

const receipt = z
  .object({
    digest,
    iss: region,
    aud: region,
    jti: z.string(),
    receivedAt: instant,
    tree: z.object({ size: z.int(), root: z.string() }),
    receipt: z.string(),
  })
  .meta({ id: 'Receipt' })

const place = z
  .object({
    jti: z.string(),
    iss: region,
    digest,
    status: z.enum(['accepted', 'refused']),
    reason: z.string().nullable(),
    index: z.int(),
    path: z.array(z.string()),
  })
  .meta({ id: 'ReceiptPlace' })

const receiptDetail = receipt.extend({ places: z.array(place) }).meta({ id: 'ReceiptDetail' })

const common = { tag: 'receipts', rule: ['auditor'], scope: 'receipts:read' } as const
const after = z.strictObject({
  receivedAt: z.iso.datetime({ precision: 3 }).regex(/^(?!0000)/),
  digest: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
})

/** Signed receipts, issued and received, with the place of each message: evidence without content. */
export function receiptRoutes(): Route[] {
  return [
    defineList({
      ...common,
      path: '/v1/receipts',
      operationId: 'list-receipts',
      reads: (_, { query }) => ({ ofCase: query.case }),
      summary: { zh: '列出回执', en: 'List receipts' },
      description: { zh: '回执，新的在前', en: 'receipts, newest first' },
      filter: { case: caseNumber.optional(), issuer: regionCode.optional() },
      item: receipt,
      after,
      read: async (ctx, { query }, page) => await listReceipts(ctx, { caseNumber: query.case, issuer: query.issuer, ...page }),
      show: (item) => item,
    }),
    defineRoute({
      ...common,
      method: 'GET',
      path: '/v1/receipts/{digest}',
      operationId: 'read-receipt',
      reads: () => ({}),
      summary: { zh: '读取回执', en: 'Read a receipt' },
      params: z.strictObject({ digest: z.string().regex(/^[A-Za-z0-9_-]{43}$/) }),
      answer: {
        statuses: [200],
        description: { zh: '回执及各报文的位置', en: 'the receipt and the places of its messages' },
        schema: receiptDetail,
      },
      handle: async (ctx, { params }) => ({ body: await readReceipt(ctx, params.digest) }),
    }),
  ]
}
