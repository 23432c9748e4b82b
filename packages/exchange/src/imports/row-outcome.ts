import type { FieldError } from '../errors.ts'

/** Why a row was not taken: an error code of the API and where the row is wrong. Never a value of the row. */
export interface RowFailure {
  readonly code: string
  readonly errors: readonly FieldError[]
}

/** `result`: the case number that a row became; null for a record of a register. */
export type RowOutcome = { readonly line: number; readonly result: string | null } | { readonly line: number; readonly failure: RowFailure }

/** A row that waits, exactly as it came. */
export interface QueuedRow {
  readonly line: number
  readonly body: string
}

export function malformedRow(error: FieldError): RowFailure {
  return { code: 'malformed-json', errors: [error] }
}
