import { isDeepStrictEqual } from 'node:util'
import {
  ANY_PROCEDURE,
  type CaseDetail,
  listCases,
  readCase,
  readDocument,
  readEvidence,
  readTimeline,
  shownDocument,
} from '@hefu/exchange'
import type { Procedure, Text } from '@hefu/procedures'
import { evidencePackage } from '@hefu/protocol'
import { z } from 'zod'
import type { Language } from '../http/language.ts'
import { defineList } from '../http/list-route.ts'
import { defineRoute, type Route } from '../http/route.ts'
import { askedCases, caseFilter, listOfCases } from './case-filter.ts'
import { caseDocument, caseSchema, nextDocument, quoted, showCase, showDocument, showNext } from './case-schemas.ts'
import { oneOfDocuments } from './document-data.ts'
import { caseNumber, caseParams, digest, instant, text, uuid } from './schemas.ts'

const tag = 'cases'
const readers = ['officer', 'auditor'] as const
const etagHeader = { ETag: { zh: '办件文书集合的摘要', en: "digest of the case's set of documents" } }

/** Content is for officers of the case's agency; auditors see the other routes here, for all agencies. */
const documentContent = caseDocument.extend({
  purpose: z.string().nullable(),
  basis: z.string().nullable(),
  data: z.unknown(),
  message: z.string().nullable(),
})

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
export function caseRoutes(procedures: readonly Procedure[]): Route[] {
  return [
    defineList({
      ...listOfCases,
      path: '/v1/cases',
      operationId: 'list-cases',
      reads: (items) => ({ cases: items.map((one) => one.caseNumber) }),
      tag,
      summary: { zh: '列出办件（所有业务流程）', en: 'List cases across procedures' },
      description: { zh: '办件，新的在前', en: 'cases, newest first' },
      rule: readers,
      scope: ANY_PROCEDURE.read,
      filter: { procedure: z.enum([...new Set(procedures.map(({ name }) => name))]).optional(), ...caseFilter(procedures) },
      read: async (ctx, { caller, query }, page) => {
        const procedure = procedures.find(({ name }) => name === query.procedure)
        return await listCases(ctx, caller, { procedure, ...askedCases(query), ...page })
      },
    }),
    defineRoute({
      ...read,
      path: '/v1/cases/{caseNumber}',
      operationId: 'read-case',
      reads: ({ caseNumber }) => ({ ofCase: caseNumber }),
      summary: { zh: '读取办件', en: 'Read a case' },
      rule: readers,
      scope: ANY_PROCEDURE.read,
      answer: { statuses: [200], description: { zh: '办件', en: 'the case' }, schema: caseSchema, headers: etagHeader },
      handle: async (ctx, { caller, params, language }) => {
        const detail = await readCase(ctx, caller, null, params.caseNumber)
        return { body: showCase(detail, language), headers: { etag: quoted(detail.etag) } }
      },
    }),
    partRoute({
      path: '/v1/cases/{caseNumber}/documents',
      operationId: 'list-case-documents',
      summary: { zh: '列出办件的文书', en: "List a case's documents" },
      description: { zh: '文书，不含内容', en: 'documents, without content' },
      item: caseDocument,
      show: ({ documents }, language) => documents.map((document) => showDocument(document, language)),
    }),
    defineRoute({
      method: 'GET',
      tag,
      path: '/v1/cases/{caseNumber}/documents/{id}',
      operationId: 'read-case-document',
      reads: ({ purpose }, { params }) => ({ cases: [params.caseNumber], purpose }),
      personal: {
        caseOf: (_, { params }) => params.caseNumber,
        show: (ctx, sight, shown, { params }) => {
          const data = shownDocument(ctx, sight, params.caseNumber, shown.document, shown.data)
          // The signed bytes hold what is masked: they are whole or not there.
          return { ...shown, data, message: isDeepStrictEqual(data, shown.data) && sight !== 'masked' ? shown.message : null }
        },
      },
      summary: { zh: '读取一份文书的内容', en: 'Read the content of one document' },
      rule: ['officer'],
      scope: ANY_PROCEDURE.read,
      errors: ['erased', 'blocked', 'recalled'],
      params: z.strictObject({ caseNumber, id: uuid }),
      answer: {
        statuses: [200],
        description: { zh: '文书及其签名报文', en: 'the document and its signed message' },
        schema: documentContent,
        documented: oneOfDocuments(procedures, 'DocumentContent', (name, data) =>
          documentContent.extend({ document: z.literal(name), data: data.nullable() }),
        ),
      },
      handle: async (ctx, { caller, params, language }) => ({
        body: showDocument(await readDocument(ctx, caller, params.caseNumber, params.id), language),
      }),
    }),
    defineRoute({
      ...read,
      path: '/v1/cases/{caseNumber}/timeline',
      operationId: 'read-case-timeline',
      reads: (_, { params }) => ({ ofCase: params.caseNumber }),
      summary: { zh: '办件的时间线', en: "A case's timeline" },
      rule: readers,
      scope: ANY_PROCEDURE.read,
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
      personal: {
        caseOf: (_, { params }) => params.caseNumber,
        show: (_, sight, shown) =>
          sight === 'all' ? shown : { ...shown, documents: shown.documents.map((one) => ({ ...one, message: null })) },
      },
      summary: { zh: '办件的证据包，可离线核验', en: 'The evidence of a case, which can be checked offline' },
      rule: readers,
      scope: ANY_PROCEDURE.read,
      reads: (_, { params }) => ({ ofCase: params.caseNumber }),
      answer: {
        statuses: [200],
        description: {
          zh: '报文原文（审计人员，以及未说明用途或无 sensitive 权限范围时为 null）、回执、日志证明、检查点和公钥',
          en: 'exact messages (null for auditors, without a purpose, and without the scope `sensitive`), receipts, log proofs, checkpoints and public keys',
        },
        schema: evidencePackage.meta({ id: 'CaseEvidence' }),
      },
      handle: async (ctx, { caller, params }) => ({ body: await readEvidence(ctx, caller, params.caseNumber) }),
    }),
    partRoute({
      path: '/v1/cases/{caseNumber}/next',
      operationId: 'list-case-next',
      summary: { zh: '现在可写的文书，以及不可写的原因', en: 'What may be written now, and why not' },
      description: { zh: '此业务流程的每种文书', en: 'every document of the procedure' },
      item: nextDocument,
      show: ({ next }, language) => next.map((one) => showNext(one, language)),
    }),
  ]
}

interface Part<Item> extends Pick<Route, 'path' | 'operationId' | 'summary'> {
  readonly description: Text
  readonly item: z.ZodType<Item>
  readonly show: (detail: CaseDetail, language: Language) => Item[]
}

/** A list that comes with the case as a whole, without pages, and with the case's ETag. */
function partRoute<Item>({ description, item, show, ...route }: Part<Item>): Route {
  return defineRoute({
    ...read,
    ...route,
    rule: readers,
    scope: ANY_PROCEDURE.read,
    reads: (_, { params }) => ({ ofCase: params.caseNumber }),
    answer: { statuses: [200], description, schema: z.object({ items: z.array(item) }), headers: etagHeader },
    handle: async (ctx, { caller, params, language }) => {
      const detail = await readCase(ctx, caller, null, params.caseNumber)
      return { body: { items: show(detail, language) }, headers: { etag: quoted(detail.etag) } }
    },
  })
}
