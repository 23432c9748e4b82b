import type { Procedure, Register } from '@hefu/procedures'
import type { Bilingual, RegionId } from '@hefu/reference'
import type { CaseLine } from './case-line.ts'

export interface InputProblem extends Bilingual {
  /** Path below the input folder. */
  readonly file: string
  /** From 1; null where the file as a whole is meant. */
  readonly line: number | null
  /** JSON pointer into the line. */
  readonly pointer: string
}

export interface RegisterInput {
  readonly region: RegionId
  readonly register: Register
  /** The file's text: it is imported as it is. */
  readonly text: string
  readonly file: string
  readonly rows: number
}

export interface CaseInput {
  readonly procedure: Procedure
  /** The region that opens the case. */
  readonly owner: RegionId
  readonly counterparty: RegionId
  readonly file: string
  readonly line: number
  readonly content: CaseLine
}

export interface DemoInput {
  readonly regions: readonly RegionId[]
  readonly registers: readonly RegisterInput[]
  readonly cases: readonly CaseInput[]
}
