import { deleteRecord, HefuError, listRecords, type Precondition, putRecord, readRecord, shownEntry, shownRecord } from '@hefu/exchange'
import type { Procedure, Register } from '@hefu/procedures'
import { z } from 'zod'
import { defineList } from '../http/list-route.ts'
import { defineRoute, type Route } from '../http/route.ts'
import { quoted } from './case-schemas.ts'
import { entryDataOf, pascal, recordDataOf } from './document-data.ts'
import { day, digest, instant } from './schemas.ts'

const storedRecord = z.object({ id: z.string(), data: z.unknown(), version: z.int(), createdAt: instant, updatedAt: instant })
const storedEntry = z.object({
  caseNumber: z.string(),
  procedure: z.string(),
  digest,
  data: z.unknown(),
  since: instant,
  until: day.nullable(),
})
const recordWithEntries = z.object({ id: z.string(), record: storedRecord.nullable(), entries: z.array(storedEntry) })

const etagHeader = { ETag: { zh: '记录的版本', en: 'version of the record' } }

/** The routes of one register, typed by its schema. Records are the region's own; entries are what cases added. */
export function registerRoutesOf(register: Register, procedures: readonly Procedure[]): Route[] {
  const data = recordDataOf(register)
  const record = storedRecord.extend({ data }).meta({ id: `${pascal(register.name)}Record` })
  const params = z.strictObject({ id: z.string().min(1).max(64) })
  const common = { tag: 'registers', rule: ['officer'], scope: 'registers:read' } as const
  const path = `/v1/registers/${register.name}`
  return [
    defineList({
      ...common,
      path,
      operationId: `list-${register.name}`,
      personalItem: (ctx, sight, one) => ({ ...one, data: shownRecord(ctx, sight, register.name, one.data) }),
      reads: () => ({}),
      summary: { zh: `列出：${register.title.zh}`, en: `List: ${register.title.en}` },
      description: { zh: '本机构的记录', en: "the agency's records" },
      item: storedRecord,
      documented: record,
      after: z.string().regex(/^[A-Za-z0-9_-]{1,100}$/),
      read: async (ctx, { caller }, page) => await listRecords(ctx, caller, register.name, page),
      show: (item) => item,
    }),
    defineRoute({
      ...common,
      method: 'PUT',
      scope: 'registers:write',
      path: `${path}/{id}`,
      operationId: `put-${register.name}`,
      reads: 'no',
      summary: { zh: `写入：${register.title.zh}`, en: `Write: ${register.title.en}` },
      params,
      body: data,
      examples: register.examples.map((example) => ({ title: example.title, value: example.data })),
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
      reads: ({ entries }) => ({ cases: entries.map((one) => one.caseNumber) }),
      personal: {
        show: (ctx, sight, { id, record, entries }) => ({
          id,
          record: record && { ...record, data: shownRecord(ctx, sight, register.name, record.data) },
          entries: entries.map((one) => ({ ...one, data: shownEntry(ctx, sight, register.name, one.procedure, one.data) })),
        }),
      },
      summary: { zh: `读取：${register.title.zh}`, en: `Read: ${register.title.en}` },
      params,
      answer: {
        statuses: [200],
        description: { zh: '记录及办件写入的条目', en: 'the record and the entries of cases' },
        schema: recordWithEntries,
        documented: recordWithEntries.extend({ record: record.nullable(), entries: entriesOf(register, procedures) }),
        headers: etagHeader,
      },
      handle: async (ctx, { caller, params: { id } }) => {
        const body = await readRecord(ctx, caller, register.name, id)
        return body.record ? { body, headers: { etag: quoted(String(body.record.version)) } } : { body }
      },
    }),
    defineRoute({
      ...common,
      method: 'DELETE',
      scope: 'registers:write',
      path: `${path}/{id}`,
      operationId: `delete-${register.name}`,
      reads: 'no',
      summary: { zh: `删除：${register.title.zh}`, en: `Delete: ${register.title.en}` },
      params,
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

/** Told apart by the procedure of the case they come from. */
function entriesOf(register: Register, procedures: readonly Procedure[]): z.ZodType {
  const kinds = entryDataOf(register, procedures)
  const [first, ...others] = kinds.map(({ name, data }) => storedEntry.extend({ procedure: z.literal(name), data }))
  if (first === undefined) return z.array(z.never()).max(0)
  return z.array(others.length === 0 ? first : z.discriminatedUnion('procedure', [first, ...others]))
}

/** Conditions are optional for registers: what is sent is obeyed, what cannot be read is refused. */
function preconditionOf(headers: { readonly ifMatch: string | undefined; readonly ifNoneMatch: string | undefined }): Precondition {
  const { ifMatch, ifNoneMatch } = headers
  if (ifNoneMatch !== undefined && ifNoneMatch.trim() !== '*') throw new HefuError('malformed-request')
  const [, tag] = /^\s*(?:"(\d{1,15})"|\*)\s*$/.exec(ifMatch ?? '*') ?? []
  if (ifMatch !== undefined && tag === undefined && ifMatch.trim() !== '*') throw new HefuError('if-match-failed')
  return { ...(ifMatch !== undefined && { ifMatch: tag ?? '*' }), ...(ifNoneMatch !== undefined && { ifNoneMatch: '*' }) }
}
