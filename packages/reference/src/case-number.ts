import { type DateText, parseCompactDate } from './calendar-date.ts'
import { accept, type Branded, type Parsed, refuse } from './parsed.ts'
import type { RegionId } from './region-id.ts'

/** `{owner region}-{procedure code}-{yyyymmdd, Asia/Shanghai}-{8 Crockford base32}`, e.g. `510100-VN-20261122-7K3F9QX6`. */
export type CaseNumber = Branded<'CaseNumber'>

export type CaseNumberError = 'not-text' | 'format' | 'no-such-date' | 'check-character'

const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const pattern = /^\d{6}-[A-Z]{2}-\d{8}-[0-9A-HJKMNP-TV-Z]{8}$/
const randomCharacters = 7

/** Upper case only; the last character must be the check character of the seven before it. */
export function parseCaseNumber(value: unknown): Parsed<CaseNumber, CaseNumberError> {
  if (typeof value !== 'string') return refuse('not-text')
  if (!pattern.test(value)) return refuse('format')
  if (!parseCompactDate(value.slice(10, 18)).ok) return refuse('no-such-date')
  return checkCharacter(value.slice(19, 26)) === value[26] ? accept(value as CaseNumber) : refuse('check-character')
}

/**
 * A new case number. `code` is the procedure's two capital letters; `random` at least seven bytes from a secure source (five bits of each
 * are used): a case number must tell nothing about the person or the order of cases. The caller mints again on collision.
 * Throws RangeError on a wrong code or too few bytes.
 */
export function mintCaseNumber(owner: RegionId, code: string, date: DateText, random: Uint8Array): CaseNumber {
  if (!/^[A-Z]{2}$/.test(code)) throw new RangeError('a procedure code is two capital letters')
  if (random.length < randomCharacters) throw new RangeError('a case number needs seven random bytes')
  const characters = Array.from(random.subarray(0, randomCharacters), (byte) => alphabet[byte & 31]).join('')
  return `${owner}-${code}-${date.replaceAll('-', '')}-${characters}${checkCharacter(characters)}` as CaseNumber
}

/** Who owns the case, under which procedure code, opened on which date. */
export function caseNumberParts(caseNumber: CaseNumber): { owner: RegionId; code: string; date: DateText } {
  return {
    owner: caseNumber.slice(0, 6) as RegionId,
    code: caseNumber.slice(7, 9),
    date: `${caseNumber.slice(10, 14)}-${caseNumber.slice(14, 16)}-${caseNumber.slice(16, 18)}` as DateText,
  }
}

/**
 * Luhn mod 32: from the right, every second digit starting with the last is doubled and its base-32 digits added. Finds every single
 * substitution and every adjacent transposition except 0Z and Z0.
 */
function checkCharacter(characters: string): string {
  let sum = 0
  let factor = 2
  for (let at = characters.length - 1; at >= 0; at--) {
    const product = alphabet.indexOf(characters[at] as string) * factor
    sum += (product >> 5) + (product & 31)
    factor = 3 - factor
  }
  return alphabet[(32 - (sum % 32)) % 32] as string
}
