import { type DateText, parseCompactDate } from './calendar-date.ts'
import { isKnownPrefix, isProvincePrefix } from './divisions/division.ts'
import { accept, type Branded, type Parsed, refuse } from './parsed.ts'

/** Any number that identifies a person here. */
export type PersonId = Branded<'PersonId'>
/**
 * The 18 characters of GB 11643-1999, which is also the social-security number (社会保险经办条例 6): citizens, holders of a residence permit
 * from Hong Kong, Macau or Taiwan, and foreign permanent residents since 2023-12-01 share form and check character.
 */
export type ResidentId = Branded<'PersonId' | 'ResidentId'>

export type PersonIdKind =
  | 'citizen'
  | 'hong-kong-permit'
  | 'macau-permit'
  | 'taiwan-permit'
  | 'foreign-permanent-residence'
  /** Three letters and twelve digits, issued until 2023 and still in use. */
  | 'foreign-permanent-residence-old'

export type PersonIdError = 'not-text' | 'length' | 'format' | 'check-character' | 'no-such-date' | 'born-later' | 'unknown-province'

/** `unknown-division`: the first six digits are no division of today. History knows many more, so this never refuses a number. */
export type PersonIdWarning = 'unknown-division'

export type ParsedPersonId<Id extends PersonId> =
  | { ok: true; value: Id; kind: PersonIdKind; warnings: PersonIdWarning[] }
  | { ok: false; code: PersonIdError }

export type Sex = 'male' | 'female'

const permitKinds: Readonly<Record<string, PersonIdKind>> = {
  '810000': 'hong-kong-permit',
  '820000': 'macau-permit',
  '830000': 'taiwan-permit',
}

/**
 * An 18-character number, upper case. `today` (a date in Asia/Shanghai) also refuses birth dates after it; without a clock at hand it is left
 * out. The 15 digits of before 1999 are no longer valid. An unknown province is an error, an unknown division within it a warning.
 */
export function parseResidentId(value: unknown, today?: DateText): ParsedPersonId<ResidentId> {
  if (typeof value !== 'string') return refuse('not-text')
  if (value.length !== 18) return refuse('length')
  if (!/^\d{17}[\dX]$/.test(value)) return refuse('format')
  if (residentIdCheckCharacter(value) !== value[17]) return refuse('check-character')
  const birth = parseCompactDate(value.slice(6, 14))
  if (!birth.ok) return refuse('no-such-date')
  if (today !== undefined && birth.value > today) return refuse('born-later')
  const origin = originOf(value)
  return origin.ok ? { ok: true, value: value as ResidentId, ...origin.value } : origin
}

/** A number of any kind, and which kind it is. */
export function parsePersonId(value: unknown, today?: DateText): ParsedPersonId<PersonId> {
  if (typeof value === 'string' && value.length === 15 && /^[A-Z]{3}\d{12}$/.test(value)) {
    return { ok: true, value: value as PersonId, kind: 'foreign-permanent-residence-old', warnings: [] }
  }
  return parseResidentId(value, today)
}

/** Odd sequence numbers are male, even ones female; null for the old foreign numbers, which do not say. */
export function sexOf(id: PersonId): Sex | null {
  if (id.length !== 18) return null
  return Number(id[16]) % 2 === 1 ? 'male' : 'female'
}

/** Null for the old foreign numbers, which give no century. */
export function birthDateOf(id: PersonId): DateText | null {
  const birth = id.length === 18 ? parseCompactDate(id.slice(6, 14)) : null
  return birth?.ok ? birth.value : null
}

/** ISO 7064 MOD 11-2: position 18 for the first 17 digits. */
export function residentIdCheckCharacter(digits: string): string {
  const weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]
  const sum = weights.reduce((total, weight, at) => total + weight * Number(digits[at]), 0)
  return '10X98765432'[sum % 11] as string
}

function originOf(id: string): Parsed<{ kind: PersonIdKind; warnings: PersonIdWarning[] }, 'unknown-province'> {
  const permit = permitKinds[id.slice(0, 6)]
  if (permit !== undefined) return accept({ kind: permit, warnings: [] })
  // 9, then the two digits of the issuing province, then the three digits of the country (ISO 3166-1).
  if (id[0] === '9') {
    return isProvincePrefix(id.slice(1, 3)) ? accept({ kind: 'foreign-permanent-residence', warnings: [] }) : refuse('unknown-province')
  }
  if (!isProvincePrefix(id.slice(0, 2))) return refuse('unknown-province')
  return accept({ kind: 'citizen', warnings: isKnownPrefix(id.slice(0, 6)) ? [] : ['unknown-division'] })
}
