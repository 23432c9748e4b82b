import type { ErrorCode } from '@hefu/exchange'
import type { Text } from '@hefu/procedures'

export interface ProblemEntry {
  readonly status: number
  readonly title: Text
  /** What to do; a thrown error may say more exactly. */
  readonly detail: Text
}

export type ProblemsOf = Partial<Record<ErrorCode, ProblemEntry>>
