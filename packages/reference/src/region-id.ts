import { accept, type Branded, type Parsed, refuse } from './parsed.ts'

/** A division code of six digits in the manner of GB/T 2260. */
export type DivisionCode = Branded<'DivisionCode'>
/** The division code that names a region with a node of its own. */
export type RegionId = Branded<'DivisionCode' | 'RegionId'>
/** `{division code}-{four digits}`; which region it belongs to follows from the registry, not from the code. */
export type AgencyCode = Branded<'AgencyCode'>

type TextError = 'not-text' | 'format'

/** Six digits. Whether such a region exists is the registry's answer. */
export function parseRegionId(value: unknown): Parsed<RegionId, TextError> {
  return parsePattern<RegionId>(value, /^\d{6}$/)
}

/** Six digits. Whether the division is in force on a date is `divisionStatus`' answer. */
export function parseDivisionCode(value: unknown): Parsed<DivisionCode, TextError> {
  return parsePattern<DivisionCode>(value, /^\d{6}$/)
}

export function parseAgencyCode(value: unknown): Parsed<AgencyCode, TextError> {
  return parsePattern<AgencyCode>(value, /^\d{6}-\d{4}$/)
}

/** The division in which the agency sits, e.g. 510104 of `510104-0001`. */
export function agencyDivision(agency: AgencyCode): DivisionCode {
  return agency.slice(0, 6) as DivisionCode
}

function parsePattern<T extends string>(value: unknown, pattern: RegExp): Parsed<T, TextError> {
  if (typeof value !== 'string') return refuse('not-text')
  return pattern.test(value) ? accept(value as T) : refuse('format')
}
