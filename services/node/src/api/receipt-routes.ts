import { listReceipts, readReceipt } from '@hefu/exchange'
import { z } from 'zod'
import { linkHeader, pageOf, pageQuery } from '../http/paging.ts'
import { defineRoute, type Route } from '../http/route.ts'
import { caseNumber, digest, instant, region } from './schemas.ts'

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

const common = { tag: 'receipts', rule: ['auditor'] } as const
const after = z.strictObject({
  receivedAt: z.iso.datetime({ precision: 3 }).regex(/^(?!0000)/),
  digest: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
})

/** Signed receipts, issued and received, with the place of each message: evidence without content. */
export function receiptRoutes(): Route[] {
  return [
    defineRoute({
      ...common,
      method: 'GET',
      path: '/v1/receipts',
      operationId: 'list-receipts',
      summary: { zh: '列出回执', en: 'List receipts' },
      query: z.strictObject({
        case: caseNumber.optional(),
        issuer: z
          .string()
          .regex(/^\d{6}$/)
          .optional(),
        ...pageQuery,
      }),
      reads: (_, { query }) => ({ cases: query.case === undefined ? [] : [query.case] }),
      answer: {
        statuses: [200],
        description: { zh: '回执，新的在前', en: 'receipts, newest first' },
        schema: z.object({ items: z.array(receipt) }),
        headers: linkHeader,
      },
      errors: ['cursor-invalid'],
      handle: async (ctx, request) => {
        const { case: ofCase, issuer } = request.query
        const filter = { ...(ofCase && { caseNumber: ofCase }), ...(issuer && { issuer }) }
        return await pageOf(
          request,
          after,
          async (page) => await listReceipts(ctx, { ...filter, ...page }),
          (item) => item,
        )
      },
    }),
    defineRoute({
      ...common,
      method: 'GET',
      path: '/v1/receipts/{digest}',
      operationId: 'read-receipt',
      summary: { zh: '读取回执', en: 'Read a receipt' },
      params: z.strictObject({ digest: z.string().regex(/^[A-Za-z0-9_-]{43}$/) }),
      reads: () => ({}),
      answer: {
        statuses: [200],
        description: { zh: '回执及各报文的位置', en: 'the receipt and the places of its messages' },
        schema: receiptDetail,
      },
      handle: async (ctx, { params }) => ({ body: await readReceipt(ctx, params.digest) }),
    }),
  ]
}
