import { accept, type Branded, type Parsed, refuse } from './parsed.ts'
import type { DivisionCode } from './region-id.ts'

/** Unified social credit code (统一社会信用代码), GB 32100-2015: 18 characters. */
export type Uscc = Branded<'Uscc'>

export type UsccError = 'not-text' | 'length' | 'format' | 'organisation-check' | 'check-character'

/** GB 32100: 31 characters, without I, O, S, V and Z. */
const alphabet = '0123456789ABCDEFGHJKLMNPQRTUWXY'
const pattern = /^[0-9A-HJ-NP-RTUWXY]{2}\d{6}[0-9A-HJ-NP-RTUWXY]{8}[0-9X][0-9A-HJ-NP-RTUWXY]$/
const weights = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28] as const
/** GB 11714 gives A to Z the values 10 to 35, with no letter left out: these are not the positions in the alphabet above. */
const organisationAlphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ'
const organisationWeights = [3, 7, 9, 10, 5, 8, 4, 2] as const

/**
 * Upper case; both check characters: position 18 over the whole code (GB 32100, MOD 31-3), position 17 over the organisation code in
 * positions 9 to 16 (GB 11714, MOD 11). Whether the organisation exists, only a register can say.
 */
export function parseUscc(value: unknown): Parsed<Uscc, UsccError> {
  if (typeof value !== 'string') return refuse('not-text')
  if (value.length !== 18) return refuse('length')
  if (!pattern.test(value)) return refuse('format')
  if (usccCheckCharacter(value) !== value[17]) return refuse('check-character')
  return organisationCheckCharacter(value.slice(8)) === value[16] ? accept(value as Uscc) : refuse('organisation-check')
}

/** The division where the organisation was registered (positions 3 to 8): possibly abolished since, or 100000 for the whole country. */
export function usccDivision(uscc: Uscc): DivisionCode {
  return uscc.slice(2, 8) as DivisionCode
}

/** Position 18 for the first 17 characters of the GB 32100 alphabet. */
export function usccCheckCharacter(code: string): string {
  const sum = weightedSum(code, alphabet, weights)
  return alphabet[(31 - (sum % 31)) % 31] as string
}

/** Position 9 of an organisation code for its first 8 characters: 11 − Σ mod 11, where 10 is written X and 11 is written 0. */
export function organisationCheckCharacter(code: string): string {
  const sum = weightedSum(code, organisationAlphabet, organisationWeights)
  return '0123456789X'[(11 - (sum % 11)) % 11] as string
}

function weightedSum(code: string, values: string, factors: readonly number[]): number {
  return factors.reduce((sum, factor, at) => sum + factor * values.indexOf(code[at] as string), 0)
}
