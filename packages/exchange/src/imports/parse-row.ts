import { parseStrictJson } from '@hefu/protocol'
import type { z } from 'zod'
import { fieldErrorsOf, jsonFieldError } from '../field-errors.ts'
import { malformedRow, type RowFailure } from './row-outcome.ts'

/** A row as its schema gives it, or why it was not taken; `code` is that of a row that is JSON but does not fit the schema. */
export function parseRow<Schema extends z.ZodType>(
  schema: Schema,
  body: string,
  code: 'malformed-request' | 'invalid-document',
): { readonly data: z.output<Schema> } | { readonly failure: RowFailure } {
  const json = parseStrictJson(Buffer.from(body))
  if (!json.ok) return { failure: malformedRow(jsonFieldError(json.code)) }
  const parsed = schema.safeParse(json.value)
  if (!parsed.success) return { failure: { code, errors: fieldErrorsOf(parsed.error, json.value) } }
  return { data: parsed.data }
}
