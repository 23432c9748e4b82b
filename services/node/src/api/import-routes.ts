import { createImport, listImportErrors, listImportResults, MAX_IMPORT_BYTES, readImport } from '@hefu/exchange'
import type { Procedure, Register } from '@hefu/procedures'
import { z } from 'zod'
import { localise } from '../http/language.ts'
import { defineList } from '../http/list-route.ts'
import { defineRoute, type Route } from '../http/route.ts'
import { idParams, instant } from './schemas.ts'

const tag = 'imports'
const [rule, scope] = [['officer'] as const, 'imports']

const importSchema = z
  .object({
    id: z.string(),
    target: z.string(),
    state: z.enum(['queued', 'running', 'done']),
    rows: z.object({ total: z.int(), done: z.int(), failed: z.int() }),
    progress: z.number().min(0).max(1),
    createdAt: instant,
    finishedAt: instant.nullable(),
  })
  .meta({ id: 'Import' })

const rowError = z
  .object({ line: z.int(), code: z.string(), errors: z.array(z.object({ pointer: z.string(), code: z.string(), detail: z.string() })) })
  .meta({ id: 'ImportRowError' })

const rowResult = z.object({ line: z.int(), caseNumber: z.string().nullable() }).meta({ id: 'ImportRowResult' })

const ofImport = {
  tag,
  rule,
  scope,
  params: idParams,
  description: { zh: '按行号排列', en: 'by line' },
  after: z.int().min(0).max(2_000_000_000),
}

export function importRoutes(procedures: readonly Procedure[], registers: readonly Register[]): Route[] {
  return [
    defineRoute({
      method: 'POST',
      path: '/v1/imports',
      operationId: 'create-import',
      reads: 'no',
      tag,
      summary: {
        zh: '导入 NDJSON 文件：每行一条记录或一份起始文书',
        en: 'Import an NDJSON file: a record or a starting document per line',
      },
      rule,
      scope,
      query: z.strictObject({
        target: z
          .string()
          .min(1)
          .max(64)
          .meta({ examples: targetsOf(procedures, registers) }),
      }),
      rawTypes: ['application/x-ndjson'],
      bodyLimit: MAX_IMPORT_BYTES,
      idempotent: true,
      answer: {
        statuses: [202],
        description: { zh: '已收存，各行稍后处理', en: 'kept; the rows follow' },
        schema: z.object({ id: z.string(), rows: z.int() }),
        headers: { Location: { zh: '导入进度的地址', en: 'address of its progress' } },
      },
      errors: ['agency-not-allowed'],
      handle: async (ctx, { caller, query, rawBody, idempotencyKey, fingerprint }) => {
        const { id, rows } = await createImport(ctx, caller, { target: query.target, lines: rawBody, idempotencyKey, fingerprint })
        return { body: { id, rows }, headers: { location: `/v1/imports/${id}` } }
      },
    }),
    defineRoute({
      method: 'GET',
      path: '/v1/imports/{id}',
      operationId: 'read-import',
      reads: 'no',
      tag,
      summary: { zh: '导入进度', en: 'Progress of an import' },
      rule,
      scope,
      params: idParams,
      answer: { statuses: [200], description: { zh: '导入', en: 'the import' }, schema: importSchema },
      handle: async (ctx, { caller, params }) => ({ body: await readImport(ctx, caller, params.id) }),
    }),
    defineList({
      ...ofImport,
      path: '/v1/imports/{id}/errors',
      operationId: 'list-import-errors',
      reads: 'no',
      summary: { zh: '未接受的行', en: 'Rows that were not taken' },
      item: rowError,
      read: async (ctx, { caller, params }, page) => await listImportErrors(ctx, caller, params.id, page),
      show: ({ line, code, errors }, { language }) => ({
        line,
        code,
        errors: errors.map((one) => ({ pointer: one.pointer, code: one.code, detail: localise(one, language) })),
      }),
    }),
    defineList({
      ...ofImport,
      path: '/v1/imports/{id}/results',
      operationId: 'list-import-results',
      reads: 'no',
      summary: { zh: '已接受的行', en: 'Rows that were taken' },
      item: rowResult,
      read: async (ctx, { caller, params }, page) => await listImportResults(ctx, caller, params.id, page),
      show: (item) => item,
    }),
  ]
}

function targetsOf(procedures: readonly Procedure[], registers: readonly Register[]): string[] {
  const inBatches = procedures.filter(({ documents }) => Object.values(documents).some(({ starts, batch }) => starts && batch))
  return [...new Set([...registers, ...inBatches].map(({ name }) => name))]
}
