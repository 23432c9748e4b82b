import { hash } from 'node:crypto'
import { type Procedure, startingDocument } from '@hefu/procedures'
import { submitDocument } from '../cases/submit-document.ts'
import { anySubmitSchema, submitSchema } from '../cases/submit-schema.ts'
import { versionsOf } from '../cases/versions.ts'
import type { Caller, Context } from '../context.ts'
import { HefuError } from '../errors.ts'
import type { StoredImport } from './import-store.ts'
import { parseRow } from './parse-row.ts'
import type { QueuedRow, RowOutcome } from './row-outcome.ts'

/**
 * Opens the case that a row asks for. The row's own idempotency key makes a row that was submitted before a crash get
 * the same case again. Throws what submitDocument throws when the row could not be judged now.
 */
export async function importCase(
  ctx: Context,
  run: StoredImport,
  caller: Caller,
  procedure: Procedure,
  row: QueuedRow,
): Promise<RowOutcome> {
  const parsed = parseRow(rowSchema(ctx, procedure), row.body, 'invalid-document')
  if ('failure' in parsed) return { line: row.line, failure: parsed.failure }
  const idempotencyKey = `import:${run.id}:${row.line}`
  const fingerprint = hash('sha256', `${idempotencyKey}\n${row.body}`, 'base64url')
  try {
    const { caseNumber } = await submitDocument(ctx, {
      caller,
      idempotencyKey,
      fingerprint,
      target: { open: procedure },
      body: parsed.data,
    })
    return { line: row.line, result: caseNumber }
  } catch (error) {
    if (!(error instanceof HefuError) || isPassing(error) || error.code === 'internal') throw error
    return { line: row.line, failure: failureOf(error) }
  }
}

function rowSchema(ctx: Context, procedure: Procedure) {
  return anySubmitSchema(versionsOf(ctx.procedures, procedure.name), (version) => submitSchema(version, startingDocument(version)))
}

const passing: ReadonlySet<HefuError['code']> = new Set(['unavailable', 'idempotency-key-busy', 'log-unavailable', 'log-sealed'])

/** Errors that say nothing about the row but about the moment: it keeps its place and is tried again. */
export function isPassing(error: HefuError): boolean {
  return passing.has(error.code)
}

/** Of a row that nothing but this is said of. */
export function failureOf(error: HefuError) {
  const whole = {
    pointer: '',
    code: error.code,
    zh: error.detail?.zh ?? '该行未被受理，请按错误代码查阅接口文档',
    en: error.detail?.en ?? 'The row was not taken: look up the code in the API documentation',
  }
  return { code: error.code, errors: error.errors.length > 0 ? error.errors : [whole] }
}
