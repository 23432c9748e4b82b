import { deleteRecord, HefuError, listRecords, type Precondition, putRecord, readRecord } from '@hefu/exchange'
import type { Register } from '@hefu/procedures'
import { z } from 'zod'
import { linkHeader, pageOf, pageQuery } from '../http/paging.ts'
import { defineRoute, type Route } from '../http/route.ts'
import { quoted } from './case-schemas.ts'
import { day, digest, instant } from './schemas.ts'

const entry = z
  .object({ caseNumber: z.string(), procedure: z.string(), digest, data: z.unknown(), since: instant, until: day.nullable() })
  .meta({ id: 'RegisterEntry' })

const etagHeader = { ETag: { zh: '记录的版本', en: 'version of the record' } }

/** The routes of one register, typed by its schema. Records are the region's own; entries are what cases added. */
export function registerRoutesOf(register: Register): Route[] {
  const name = register.name.replaceAll(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase())
  const data = z.looseObject({}).meta({ shownAs: recordSchema(register) })
  const record = z.object({ id: z.string(), data, version: z.int(), createdAt: instant, updatedAt: instant }).meta({ id: `${name}Record` })
  const params = z.strictObject({ id: z.string().min(1).max(64) })
  const common = { tag: 'registers', rule: ['officer'] } as const
  const path = `/v1/registers/${register.name}`
  return [
    defineRoute({
      ...common,
      method: 'GET',
      path,
      operationId: `list-${register.name}`,
      summary: { zh: `列出：${register.title.zh}`, en: `List: ${register.title.en}` },
      query: z.strictObject(pageQuery),
      reads: () => ({}),
      answer: {
        statuses: [200],
        description: { zh: '本机构的记录', en: "the agency's records" },
        schema: z.object({ items: z.array(record) }),
        headers: linkHeader,
      },
      errors: ['cursor-invalid'],
      handle: async (ctx, request) =>
        await pageOf(
          request,
          z.string().regex(/^[A-Za-z0-9_-]{1,100}$/),
          async (page) => await listRecords(ctx, request.caller, register.name, page),
          (item) => showRecord(item),
        ),
    }),
    defineRoute({
      ...common,
      method: 'PUT',
      path: `${path}/{id}`,
      operationId: `put-${register.name}`,
      summary: { zh: `写入：${register.title.zh}`, en: `Write: ${register.title.en}` },
      params,
      body: register.schema,
      examples: register.examples.map((example) => ({ title: example.title, value: example.data })),
      reads: 'no',
      answer: {
        statuses: [200, 201],
        description: { zh: '已写入', en: 'written' },
        schema: z.object({ id: z.string(), version: z.int() }),
        headers: etagHeader,
      },
      errors: ['agency-not-allowed', 'malformed-request'],
      preconditions: true,
      handle: async (ctx, { caller, params: { id }, body, preconditions }) => {
        const { outcome, version } = await putRecord(ctx, caller, register.name, id, body, preconditionOf(preconditions))
        return { status: outcome === 'created' ? 201 : 200, body: { id, version }, headers: { etag: quoted(String(version)) } }
      },
    }),
    defineRoute({
      ...common,
      method: 'GET',
      path: `${path}/{id}`,
      operationId: `read-${register.name}`,
      summary: { zh: `读取：${register.title.zh}`, en: `Read: ${register.title.en}` },
      params,
      reads: ({ entries }) => ({ cases: entries.map((one) => one.caseNumber) }),
      answer: {
        statuses: [200],
        description: { zh: '记录及办件写入的条目', en: 'the record and the entries of cases' },
        schema: z.object({ id: z.string(), record: record.nullable(), entries: z.array(entry) }),
        headers: etagHeader,
      },
      handle: async (ctx, { caller, params: { id } }) => {
        const { record: stored, entries } = await readRecord(ctx, caller, register.name, id)
        const body = { id, record: stored && showRecord(stored), entries: entries.map((one) => ({ ...one })) }
        return stored ? { body, headers: { etag: quoted(String(stored.version)) } } : { body }
      },
    }),
    defineRoute({
      ...common,
      method: 'DELETE',
      path: `${path}/{id}`,
      operationId: `delete-${register.name}`,
      summary: { zh: `删除：${register.title.zh}`, en: `Delete: ${register.title.en}` },
      params,
      reads: 'no',
      answer: { statuses: [204], description: { zh: '已删除', en: 'deleted' } },
      errors: ['agency-not-allowed', 'malformed-request'],
      preconditions: true,
      handle: async (ctx, { caller, params: { id }, preconditions }) => {
        await deleteRecord(ctx, caller, register.name, id, preconditionOf(preconditions))
        return {}
      },
    }),
  ]
}

function showRecord<T extends { readonly data: unknown }>(record: T) {
  return { ...record, data: record.data as Record<string, unknown> }
}

/** What was stored passed the schema when it was written; answers show its shape without checking it again. */
function recordSchema(register: Register): Record<string, unknown> {
  const { $schema, ...schema } = z.toJSONSchema(register.schema, { io: 'input' }) as Record<string, unknown>
  return schema
}

/** Conditions are optional for registers: what is sent is obeyed, what cannot be read is refused. */
function preconditionOf(headers: { readonly ifMatch: string | undefined; readonly ifNoneMatch: string | undefined }): Precondition {
  const { ifMatch, ifNoneMatch } = headers
  if (ifNoneMatch !== undefined && ifNoneMatch.trim() !== '*') throw new HefuError('malformed-request')
  const [, tag] = /^\s*(?:"(\d{1,15})"|\*)\s*$/.exec(ifMatch ?? '*') ?? []
  if (ifMatch !== undefined && tag === undefined && ifMatch.trim() !== '*') throw new HefuError('if-match-failed')
  return { ...(ifMatch !== undefined && { ifMatch: tag ?? '*' }), ...(ifNoneMatch !== undefined && { ifNoneMatch: '*' }) }
}
