import type { ErrorCode } from '@hefu/exchange'
import { accessProblems } from './problems/access.ts'
import { agreementsProblems } from './problems/agreements.ts'
import { casesProblems } from './problems/cases.ts'
import { nodeProblems } from './problems/node.ts'
import type { ProblemEntry } from './problems/problem-entry.ts'
import { requestsProblems } from './problems/requests.ts'

/** Every error code of the local and the exchange API with its status and texts. A new code does not compile without an entry. */
export const problems: Record<ErrorCode, ProblemEntry> = {
  ...accessProblems,
  ...agreementsProblems,
  ...casesProblems,
  ...requestsProblems,
  ...nodeProblems,
}
