import { readdir, readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { fieldErrorsOf, jsonFieldError } from '@hefu/exchange'
import { type Procedure, procedures, type Register, registers } from '@hefu/procedures'
import { parseStrictJson } from '@hefu/protocol'
import { type DateText, divisionStatus, parseRegionId, type RegionId, shanghaiDate } from '@hefu/reference'
import type { CaseLine } from './case-line.ts'
import { checkLine, type LineProblem } from './check-line.ts'
import type { CaseInput, DemoInput, InputProblem, RegisterInput } from './demo-input.ts'

const usualRegions = ['510100', '500000'] as const

export type ReadInput =
  | { readonly ok: true; readonly input: DemoInput }
  | { readonly ok: false; readonly problems: readonly InputProblem[] }

/**
 * Reads a folder laid out as examples/README.md says and checks every line before anything is sent. Regions are the
 * folders; when there are fewer than two, Chengdu and Chongqing complete them.
 */
export async function readInput(dir: string, nowMs: number): Promise<ReadInput> {
  const reading: Reading = { dir, nowMs, problems: [] }
  const folders = await regionFolders(reading)
  const regions = folders.length > 1 ? folders : [...new Set([...folders, ...(usualRegions as readonly string[] as readonly RegionId[])])]
  const records: RegisterInput[] = []
  const cases: CaseInput[] = []
  for (const region of folders) {
    for (const file of await filesOf(reading, region)) {
      const name = basename(file, '.ndjson')
      const register = registers.find((one) => file === join(region, 'registers', `${one.name}.ndjson`))
      const procedure = procedures.find((one) => file === join(region, `${one.path}.ndjson`))
      if (register) records.push(await readRegister(reading, region, register, file))
      else if (procedure) cases.push(...(await readCases(reading, { region, procedure, regions, file })))
      else reading.problems.push({ file, line: null, pointer: '', ...unexpected(name) })
    }
  }
  if (reading.problems.length === 0 && cases.length === 0)
    reading.problems.push({ file: '.', line: null, pointer: '', zh: '没有任何办件', en: 'There is not one case to play' })
  return reading.problems.length > 0
    ? { ok: false, problems: reading.problems }
    : { ok: true, input: { regions, registers: records, cases } }
}

interface Reading {
  readonly dir: string
  readonly nowMs: number
  readonly problems: InputProblem[]
}

async function regionFolders({ dir, nowMs, problems }: Reading): Promise<RegionId[]> {
  const entries = await readdir(dir, { withFileTypes: true }).catch(() => null)
  if (entries === null) {
    problems.push({ file: dir, line: null, pointer: '', zh: '没有这个目录', en: 'There is no such folder' })
    return []
  }
  const today = shanghaiDate(nowMs)
  const names = entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith('.')).map(({ name }) => name)
  for (const name of names.filter((one) => !isRegion(one, today)))
    problems.push({
      file: name,
      line: null,
      pointer: '',
      zh: '目录名须为区域代码，例如 510100',
      en: 'The name of a folder is the code of a region, such as 510100',
    })
  const found = names.filter((name) => isRegion(name, today)).sort() as RegionId[]
  if (found.length === 0 && problems.length === 0)
    problems.push({
      file: dir,
      line: null,
      pointer: '',
      zh: '其中没有区域目录，例如 510100',
      en: 'It holds no folder of a region, such as 510100',
    })
  return found
}

function isRegion(name: string, today: DateText): boolean {
  return parseRegionId(name).ok && name.endsWith('00') && divisionStatus(name, today) === 'in-force'
}

async function filesOf({ dir }: Reading, region: string): Promise<string[]> {
  const entries = await readdir(join(dir, region), { withFileTypes: true, recursive: true })
  return entries
    .filter((entry) => entry.isFile() && !entry.name.startsWith('.') && !entry.name.endsWith('.md'))
    .map((entry) => join(entry.parentPath, entry.name).slice(dir.length).replace(/^\/+/, ''))
    .sort()
}

function unexpected(name: string) {
  const known = [
    ...registers.map((register) => `registers/${register.name}.ndjson`),
    ...procedures.map(({ path }) => `${path}.ndjson`),
  ].join(', ')
  return { zh: `演示不认识“${name}”，可用：${known}`, en: `The demo does not know "${name}"; known are: ${known}` }
}

async function readRegister(reading: Reading, region: RegionId, register: Register, file: string): Promise<RegisterInput> {
  const { text, lines } = await readLines(reading, file)
  for (const { line, value } of lines) {
    const parsed = register.schema.safeParse(value)
    if (!parsed.success) report(reading, file, line, fieldErrorsOf(parsed.error, value))
  }
  return { region, register, text, file, rows: lines.length }
}

async function readCases(
  reading: Reading,
  { region, procedure, regions, file }: { region: RegionId; procedure: Procedure; regions: readonly RegionId[]; file: string },
): Promise<CaseInput[]> {
  const { lines } = await readLines(reading, file)
  const named = new Set<string>()
  return lines.flatMap(({ line, value }) => {
    const wrong = checkLine(value, { procedure, owner: region, regions, nowMs: reading.nowMs })
    report(reading, file, line, wrong)
    if (wrong.length > 0) return []
    const content = value as CaseLine
    if (content.after !== undefined && !named.has(content.after))
      report(reading, file, line, [
        { pointer: '/after', zh: '此前没有 "id" 为此名的行', en: 'No earlier line of this file has this name as its "id"' },
      ])
    if (content.id !== undefined) named.add(content.id)
    return [{ procedure, owner: region, counterparty: content.body.to.slice(0, 6) as RegionId, file, line, content }]
  })
}

/** The values of a file's lines, numbered from 1; lines of white space are left out, as an import does. */
async function readLines(reading: Reading, file: string): Promise<{ text: string; lines: { line: number; value: unknown }[] }> {
  const bytes = await readFile(join(reading.dir, file))
  const lines: { line: number; value: unknown }[] = []
  for (const [at, line] of splitLines(bytes).entries()) {
    if (line.toString().trim() === '') continue
    const json = parseStrictJson(line)
    if (json.ok) lines.push({ line: at + 1, value: json.value })
    else report(reading, file, at + 1, [jsonFieldError(json.code)])
  }
  return { text: bytes.toString(), lines }
}

function splitLines(bytes: Buffer): Buffer[] {
  const lines: Buffer[] = []
  for (let start = 0; start < bytes.length; ) {
    const feed = bytes.indexOf('\n', start)
    const end = feed === -1 ? bytes.length : feed
    lines.push(bytes.subarray(start, end))
    start = end + 1
  }
  return lines
}

function report({ problems }: Reading, file: string, line: number, found: readonly LineProblem[]): void {
  problems.push(...found.map(({ pointer, zh, en }) => ({ file, line, pointer, zh, en })))
}
