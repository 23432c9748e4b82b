import type { Text } from '@hefu/procedures'

/** Where a request body is wrong: `pointer` is a JSON pointer, `code` is stable. Texts never repeat the value. */
export interface FieldError extends Text {
  readonly pointer: string
  readonly code: string
}

/** Every error of the local API: one closed union; services/node maps each to a status and a text (house.md, protocol.md section 5). */
export type ErrorCode =
  | 'unauthenticated'
  | 'role-not-allowed'
  | 'scope-not-allowed'
  | 'four-eyes'
  | 'actor-invalid'
  | 'agency-not-allowed'
  | 'agreement-missing'
  | 'agreement-not-in-force'
  | 'direction-not-agreed'
  | 'agency-not-agreed'
  | 'purpose-not-agreed'
  | 'basis-not-agreed'
  | 'field-not-agreed'
  | 'agreement-ended'
  | 'affair-unknown'
  | 'affair-invalid'
  | 'not-found'
  | 'erased'
  | 'blocked'
  | 'recalled'
  | 'unreadable'
  | 'malformed-json'
  | 'malformed-request'
  | 'invalid-document'
  | 'document-findings'
  | 'recipient-unknown'
  | 'recipient-own-region'
  | 'document-not-allowed-now'
  | 'if-match-missing'
  | 'if-match-failed'
  | 'idempotency-key-missing'
  | 'idempotency-key-reused'
  | 'idempotency-key-busy'
  | 'too-large'
  | 'media-type'
  | 'cursor-invalid'
  | 'conflict'
  | 'unavailable'
  | 'log-unavailable'
  | 'log-sealed'
  | 'registry-expired'
  | 'unverifiable'
  | 'too-many-requests'
  | 'overloaded'
  | 'too-slow'
  | 'headers-too-large'
  | 'internal'

/** Thrown where the caller cannot go on; `detail` says what to do, `errors` where the body is wrong. */
export class HefuError extends Error {
  readonly code: ErrorCode
  readonly detail: Text | undefined
  readonly errors: readonly FieldError[]
  /** Whole seconds after which a retry makes sense, where that is known. */
  readonly retryAfterSeconds: number | undefined

  constructor(
    code: ErrorCode,
    options: { detail?: Text; errors?: readonly FieldError[]; retryAfterSeconds?: number; cause?: unknown } = {},
  ) {
    super(code, { cause: options.cause })
    this.name = 'HefuError'
    this.code = code
    this.detail = options.detail
    this.errors = options.errors ?? []
    this.retryAfterSeconds = options.retryAfterSeconds
  }
}
