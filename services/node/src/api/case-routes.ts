import { readCase, readDocument, readEvidence, readTimeline } from '@hefu/exchange'
import { evidencePackage } from '@hefu/protocol'
import { z } from 'zod'
import { linkHeader } from '../http/paging.ts'
import { defineRoute, type Route } from '../http/route.ts'
import { caseFilter, pageOfCases } from './case-filter.ts'
import { caseDocument, caseList, caseSchema, nextDocument, quoted, showCase, showDocument, showNext } from './case-schemas.ts'
import { caseNumber, caseParams, digest, instant, text, uuid } from './schemas.ts'

const tag = 'cases'
const readers = ['officer', 'auditor'] as const
const etagHeader = { ETag: { zh: '办件文书集合的摘要', en: "digest of the case's set of documents" } }

/** Content is for officers of the case's agency; auditors see the other routes here, for all agencies. */
const documentContent = caseDocument
  .extend({
    purpose: z.string().nullable(),
    basis: z.string().nullable(),
    data: z.unknown(),
    message: z.string().nullable(),
  })
  .meta({ id: 'CaseDocumentContent' })

const timelineEntry = z
  .object({
    at: instant,
    kind: z.string(),
    digest: digest.nullable(),
    document: z.string().nullable(),
    by: z.string().nullable(),
    title: text,
  })
  .meta({ id: 'TimelineEntry' })

const read = { method: 'GET', tag, params: caseParams } as const

/** The same cases as under each procedure, across procedures. */
export function caseRoutes(): Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/v1/cases',
      operationId: 'list-cases',
      tag,
      summary: { zh: '列出办件（所有业务流程）', en: 'List cases across procedures' },
      rule: readers,
      query: z.strictObject({
        procedure: z
          .string()
          .regex(/^[a-z][a-z0-9-]{0,63}$/)
          .optional(),
        ...caseFilter,
      }),
      reads: ({ items }) => ({ cases: items.map((one) => one.caseNumber) }),
      answer: { statuses: [200], description: { zh: '办件，新的在前', en: 'cases, newest first' }, schema: caseList, headers: linkHeader },
      errors: ['cursor-invalid'],
      handle: async (ctx, request) => {
        const { procedure: name } = request.query
        if (name === undefined) return await pageOfCases(ctx, request)
        const procedure = ctx.procedures.find((one) => one.name === name)
        return procedure ? await pageOfCases(ctx, request, procedure) : { body: { items: [] } }
      },
    }),
    defineRoute({
      ...read,
      path: '/v1/cases/{caseNumber}',
      operationId: 'read-case',
      summary: { zh: '读取办件', en: 'Read a case' },
      rule: readers,
      reads: ({ caseNumber }) => ({ cases: [caseNumber] }),
      answer: { statuses: [200], description: { zh: '办件', en: 'the case' }, schema: caseSchema, headers: etagHeader },
      handle: async (ctx, { caller, params, language }) => {
        const detail = await readCase(ctx, caller, null, params.caseNumber)
        return { body: showCase(detail, language), headers: { etag: quoted(detail.etag) } }
      },
    }),
    defineRoute({
      ...read,
      path: '/v1/cases/{caseNumber}/documents',
      operationId: 'list-case-documents',
      summary: { zh: '列出办件的文书', en: "List a case's documents" },
      rule: readers,
      reads: (_, { params }) => ({ cases: [params.caseNumber] }),
      answer: {
        statuses: [200],
        description: { zh: '文书，不含内容', en: 'documents, without content' },
        schema: z.object({ items: z.array(caseDocument) }),
        headers: etagHeader,
      },
      handle: async (ctx, { caller, params, language }) => {
        const { documents, etag } = await readCase(ctx, caller, null, params.caseNumber)
        return { body: { items: documents.map((document) => showDocument(document, language)) }, headers: { etag: quoted(etag) } }
      },
    }),
    defineRoute({
      method: 'GET',
      tag,
      path: '/v1/cases/{caseNumber}/documents/{id}',
      operationId: 'read-case-document',
      summary: { zh: '读取一份文书的内容', en: 'Read the content of one document' },
      rule: ['officer'],
      params: z.strictObject({ caseNumber, id: uuid }),
      reads: ({ purpose }, { params }) => ({ cases: [params.caseNumber], purpose }),
      answer: {
        statuses: [200],
        description: { zh: '文书及其签名报文', en: 'the document and its signed message' },
        schema: documentContent,
      },
      handle: async (ctx, { caller, params, language }) => ({
        body: showDocument(await readDocument(ctx, caller, params.caseNumber, params.id), language),
      }),
    }),
    defineRoute({
      ...read,
      path: '/v1/cases/{caseNumber}/timeline',
      operationId: 'read-case-timeline',
      summary: { zh: '办件的时间线', en: "A case's timeline" },
      rule: readers,
      reads: (_, { params }) => ({ cases: [params.caseNumber] }),
      answer: {
        statuses: [200],
        description: { zh: '按时间排列', en: 'in order of time' },
        schema: z.object({ items: z.array(timelineEntry) }),
      },
      handle: async (ctx, { caller, params }) => {
        const { items } = await readTimeline(ctx, caller, params.caseNumber)
        return { body: { items: [...items] } }
      },
    }),
    defineRoute({
      ...read,
      path: '/v1/cases/{caseNumber}/evidence',
      operationId: 'read-case-evidence',
      summary: { zh: '办件的证据包，可离线核验', en: 'The evidence of a case, which can be checked offline' },
      rule: readers,
      reads: (_, { params }) => ({ cases: [params.caseNumber] }),
      answer: {
        statuses: [200],
        description: {
          zh: '报文原文（审计人员为 null）、回执、日志证明、检查点和公钥',
          en: 'exact messages (null for auditors), receipts, log proofs, checkpoints and public keys',
        },
        schema: evidencePackage.meta({ id: 'CaseEvidence' }),
      },
      handle: async (ctx, { caller, params }) => ({ body: await readEvidence(ctx, caller, params.caseNumber) }),
    }),
    defineRoute({
      ...read,
      path: '/v1/cases/{caseNumber}/next',
      operationId: 'list-case-next',
      summary: { zh: '现在可写的文书，以及不可写的原因', en: 'What may be written now, and why not' },
      rule: readers,
      reads: (_, { params }) => ({ cases: [params.caseNumber] }),
      answer: {
        statuses: [200],
        description: { zh: '此业务流程的每种文书', en: 'every document of the procedure' },
        schema: z.object({ items: z.array(nextDocument) }),
        headers: etagHeader,
      },
      handle: async (ctx, { caller, params, language }) => {
        const { next, etag } = await readCase(ctx, caller, null, params.caseNumber)
        return { body: { items: next.map((one) => showNext(one, language)) }, headers: { etag: quoted(etag) } }
      },
    }),
  ]
}
