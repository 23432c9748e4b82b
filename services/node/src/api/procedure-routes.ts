import { anySubmitSchema, listCases, readCase, submitDocument, submitSchema, versionsOf } from '@hefu/exchange'
import { type DocumentDefinition, type Procedure, startingDocument, type Text } from '@hefu/procedures'
import { defineList } from '../http/list-route.ts'
import { defineRoute, type Route } from '../http/route.ts'
import { askedCases, caseFilter, listOfCases } from './case-filter.ts'
import { caseSchema, quoted, showCase, submittedSchema } from './case-schemas.ts'
import { dataOf, pascal } from './document-data.ts'
import { caseParams } from './schemas.ts'

/** What is read of a request at all. Whether the document fits into a message of 256 KiB is known when it is signed: base64url adds a third. */
export const MAX_DOCUMENT_BYTES = 256 * 1024

const created = {
  statuses: [201] as const,
  description: { zh: '已签名、已保存，正在送达', en: 'signed, stored and on its way' },
  schema: submittedSchema,
  headers: {
    Location: { zh: '办件的地址', en: 'address of the case' },
    ETag: { zh: '办件文书集合的摘要；用于下一次的 If-Match', en: "digest of the case's set of documents; for the next If-Match" },
  },
}

const submitErrors = [
  'agency-not-allowed',
  'agreement-missing',
  'agency-not-agreed',
  'direction-not-agreed',
  'purpose-not-agreed',
  'basis-not-agreed',
  'field-not-agreed',
  'document-findings',
  'registry-expired',
] as const

/** The routes of every procedure, from its definitions alone: all versions that the node runs share them. */
export function procedureRoutes(procedures: readonly Procedure[]): Route[] {
  return [...new Set(procedures.map(({ name }) => name))].flatMap((name) => routesOf(versionsOf(procedures, name) as unknown as Versions))
}

/** Newest first. */
type Versions = readonly [Procedure, ...Procedure[]]

function routesOf(versions: Versions): Route[] {
  const [newest] = versions
  if (versions.some(({ path, code }) => path !== newest.path || code !== newest.code))
    throw new Error(`all versions of ${newest.name} have one path and one code`)
  const added = new Set(versions.flatMap((one) => Object.keys(one.documents).filter((name) => name !== startingDocument(one))))
  return [openRoute(versions), listRoute(versions), readRoute(newest), ...[...added].map((name) => addRoute(versions, name))]
}

function openRoute(versions: Versions): Route {
  const [procedure] = versions
  const starts = (one: Procedure) => documentOf(one, startingDocument(one))
  const definition = starts(procedure)
  return defineRoute({
    method: 'POST',
    path: `/v1/${procedure.path}`,
    operationId: `open-${procedure.name}`,
    reads: 'no',
    tag: procedure.path,
    summary: summary({ zh: '开立办件：', en: 'Open a case: ' }, definition.title),
    rule: ['officer'],
    scope: `${procedure.name}:write`,
    body: anySubmitSchema(versions, (one) => bodyOf(one, startingDocument(one))),
    bodyLimit: MAX_DOCUMENT_BYTES,
    examples: versions.flatMap((one) => examplesOf(starts(one))),
    idempotent: true,
    answer: created,
    errors: [...submitErrors, 'agreement-not-in-force', 'recipient-unknown', 'recipient-own-region'],
    handle: async (ctx, { caller, idempotencyKey, fingerprint, body }) =>
      showSubmitted(procedure, await submitDocument(ctx, { caller, idempotencyKey, fingerprint, target: { open: procedure }, body })),
  })
}

function addRoute(all: Versions, name: string): Route {
  const versions = all.filter((one) => Object.hasOwn(one.documents, name)) as unknown as Versions
  const [procedure] = versions
  return defineRoute({
    method: 'POST',
    path: `/v1/${procedure.path}/{caseNumber}/${name}`,
    operationId: `add-${procedure.name}-${name}`,
    reads: 'no',
    tag: procedure.path,
    summary: summary({ zh: '添加文书：', en: 'Add a document: ' }, documentOf(procedure, name).title),
    rule: ['officer'],
    scope: `${procedure.name}:write`,
    params: caseParams,
    body: anySubmitSchema(versions, (one) => bodyOf(one, name)),
    bodyLimit: MAX_DOCUMENT_BYTES,
    examples: versions.flatMap((one) => examplesOf(documentOf(one, name))),
    idempotent: true,
    ifMatch: true,
    answer: created,
    errors: [...submitErrors, 'document-not-allowed-now', 'erased', 'blocked'],
    handle: async (ctx, { caller, idempotencyKey, fingerprint, body, params, ifMatch }) => {
      const target = { procedure, caseNumber: params.caseNumber, document: name, ifMatch }
      return showSubmitted(procedure, await submitDocument(ctx, { caller, idempotencyKey, fingerprint, target, body }))
    },
  })
}

function listRoute(versions: Versions): Route {
  const [procedure] = versions
  return defineList({
    ...listOfCases,
    path: `/v1/${procedure.path}`,
    operationId: `list-${procedure.name}`,
    reads: (items) => ({ cases: items.map((one) => one.caseNumber) }),
    tag: procedure.path,
    summary: summary({ zh: '列出办件：', en: 'List cases: ' }, procedure.title),
    description: { zh: '本机构的办件，新的在前', en: "the agency's cases, newest first" },
    rule: ['officer'],
    scope: `${procedure.name}:read`,
    filter: caseFilter(versions),
    read: async (ctx, { caller, query }, page) => await listCases(ctx, caller, { procedure, ...askedCases(query), ...page }),
  })
}

function readRoute(procedure: Procedure): Route {
  return defineRoute({
    method: 'GET',
    path: `/v1/${procedure.path}/{caseNumber}`,
    operationId: `read-${procedure.name}`,
    reads: ({ caseNumber }) => ({ ofCase: caseNumber }),
    tag: procedure.path,
    summary: summary({ zh: '读取办件：', en: 'Read a case: ' }, procedure.title),
    rule: ['officer'],
    scope: `${procedure.name}:read`,
    params: caseParams,
    answer: { statuses: [200], description: { zh: '办件', en: 'the case' }, schema: caseSchema, headers: { ETag: created.headers.ETag } },
    handle: async (ctx, { caller, params, language }) => {
      const detail = await readCase(ctx, caller, procedure, params.caseNumber)
      return { body: showCase(detail, language), headers: { etag: quoted(detail.etag) } }
    },
  })
}

/** Exactly what never changes: a retry gets the same body. */
function showSubmitted(procedure: Procedure, { etag, repeated, ...body }: Awaited<ReturnType<typeof submitDocument>>) {
  return { body, headers: { location: `/v1/${procedure.path}/${body.caseNumber}`, etag: quoted(etag) } }
}

function bodyOf(procedure: Procedure, name: string) {
  return submitSchema(procedure, name, dataOf(procedure, name)).meta({
    id: `${pascal(procedure.name)}${pascal(name)}V${procedure.version}`,
  })
}

function documentOf(procedure: Procedure, name: string): DocumentDefinition {
  return procedure.documents[name] as DocumentDefinition
}

function examplesOf({ examples }: DocumentDefinition) {
  return examples.map(({ title, body }) => ({ title, value: body }))
}

function summary(verb: Text, title: Text): Text {
  return { zh: `${verb.zh}${title.zh}`, en: `${verb.en}${title.en}` }
}
