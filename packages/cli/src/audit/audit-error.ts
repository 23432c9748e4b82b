import type { Text } from '../language.ts'

/** Why nothing could be checked; a finding is about the log, this is about the check. Names files, never secrets. */
export type AuditErrorCode =
  | 'manifest'
  | 'checkpoint'
  | 'policy'
  | 'policy-log'
  | 'federation'
  | 'state'
  | 'evidence'
  | 'same-region'
  | 'part-only'
  | 'previous'
  | 'token'
  | 'api'
  | 'api-answer'
  | 'api-log'
  | 'api-status'
  | 'out'

export class AuditError extends Error {
  readonly code: AuditErrorCode
  readonly text: Text

  constructor(code: AuditErrorCode, text: Text, cause?: unknown) {
    super(text.en, { cause })
    this.name = 'AuditError'
    this.code = code
    this.text = text
  }
}
