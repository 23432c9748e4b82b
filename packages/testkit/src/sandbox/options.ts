import { parseArgs } from 'node:util'
import { type Bilingual, divisionStatus, parseRegionId, type RegionId } from '@hefu/reference'

export type SandboxOptions = { json: boolean; regions: RegionId[]; dataDir?: string; portBase?: number }
export type ParsedSandboxOptions = { ok: true; options: SandboxOptions } | { ok: false; problems: Bilingual[] }

export const usage: Bilingual = {
  zh: '用法：pnpm sandbox [--json] [--regions 510100,500000] [--data 目录] [--port-base 端口]',
  en: 'usage: pnpm sandbox [--json] [--regions 510100,500000] [--data DIR] [--port-base N]',
}

/** All problems at once. `today` is yyyy-mm-dd: a region must be a prefecture or province in force then. */
export function parseSandboxOptions(args: readonly string[], today: string): ParsedSandboxOptions {
  const { values, tokens } = parseArgs({
    args: [...args],
    strict: false,
    allowPositionals: true,
    tokens: true,
    options: { json: { type: 'boolean' }, regions: { type: 'string' }, data: { type: 'string' }, 'port-base': { type: 'string' } },
  })
  const problems: Bilingual[] = []
  for (const token of tokens) {
    if (token.kind === 'positional') problems.push({ zh: `不认识的参数：${token.value}`, en: `unknown argument: ${token.value}` })
    if (token.kind !== 'option') continue
    if (!['json', 'regions', 'data', 'port-base'].includes(token.name))
      problems.push({ zh: `不认识的选项：${token.rawName}`, en: `unknown option: ${token.rawName}` })
    else if (token.name === 'json' && token.value !== undefined) problems.push({ zh: '--json 不带值', en: '--json takes no value' })
    else if (token.name !== 'json' && (token.value ?? '') === '')
      problems.push({ zh: `${token.rawName} 需要一个值`, en: `${token.rawName} needs a value` })
  }
  const regions = typeof values.regions === 'string' ? values.regions.split(',').map((code) => code.trim()) : ['510100', '500000']
  problems.push(...regionProblems(regions, today))
  const portBase = typeof values['port-base'] === 'string' ? values['port-base'] : undefined
  if (portBase !== undefined && portBase !== '') problems.push(...portProblems(portBase, regions.length))
  if (problems.length > 0) return { ok: false, problems }
  return {
    ok: true,
    options: {
      json: values.json === true,
      regions: regions as RegionId[],
      ...(typeof values.data === 'string' ? { dataDir: values.data } : {}),
      ...(portBase === undefined ? {} : { portBase: Number(portBase) }),
    },
  }
}

function regionProblems(regions: readonly string[], today: string): Bilingual[] {
  const problems = regions
    .filter((code) => !isRegion(code, today))
    .map((code) => ({ zh: `没有这样的区域：“${code}”`, en: `there is no region "${code}"` }))
  if (new Set(regions).size !== regions.length) problems.push({ zh: '同一区域出现了两次', en: 'a region is named twice' })
  if (regions.length < 2) problems.push({ zh: '至少要有两个区域', en: 'at least two regions are needed' })
  return problems
}

function isRegion(code: string, today: string): boolean {
  return parseRegionId(code).ok && code.endsWith('00') && divisionStatus(code, today as Parameters<typeof divisionStatus>[1]) === 'in-force'
}

function portProblems(text: string, regions: number): Bilingual[] {
  const highest = 65_535 - 2 * regions
  if (/^\d{1,5}$/.test(text) && Number(text) >= 1_024 && Number(text) <= highest) return []
  return [{ zh: `--port-base 须为 1024 至 ${highest} 的整数`, en: `--port-base must be a whole number from 1024 to ${highest}` }]
}
