import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import {
  alteredAgreements,
  judgeRegistry,
  type PublicJwk,
  parsePins,
  parseRegistryClaims,
  parseStoredRegistry,
  type Registry,
  type RegistryClaims,
  signRegistry,
  verifyRegistry,
} from '@hefu/protocol'
import type { Text } from '../language.ts'
import { readIfThere, readJson, readText, replaceFile } from './files.ts'
import { loadOwnKey, makeOwnKey } from './own-key.ts'
import { TrustFileError } from './trust-error.ts'

const DAY = 86_400

/** What lies in the folder of those who administer a federation. `registry.json` is theirs to edit; `registry.jwt` is what nodes read. */
function filesIn(folder: string) {
  const at = (name: string) => join(folder, name)
  return { key: at('federation-key.pem'), pins: at('federation-keys.json'), draft: at('registry.json'), signed: at('registry.jwt') }
}

/** The federation's key, its public half as nodes pin it, and an empty draft. Nothing is overwritten. */
export async function initFederation(folder: string, name: string): Promise<PublicJwk> {
  const files = filesIn(folder)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  if ((await readIfThere(files.draft)) !== undefined)
    throw new TrustFileError({ zh: `${files.draft}：已存在`, en: `${files.draft}: already exists` })
  const key = await makeOwnKey(files.key)
  await replaceFile(files.pins, `${JSON.stringify({ keys: [key] }, null, 2)}\n`)
  await writeDraft(folder, { iss: name, version: 0, regions: [], agencies: [], agreements: [] })
  return key
}

/** As far as it is looked at here; whether it is a sound registry, the registry's own rules say before anything is signed. */
interface Draft {
  readonly iss: unknown
  /** Of the registry that was signed last; 0 before the first. */
  readonly version: number
  readonly regions: readonly OfRegion[]
  readonly agencies: readonly OfRegion[]
  readonly agreements: unknown
}
interface OfRegion {
  readonly region: string
}

function isOfRegion(value: unknown): value is OfRegion {
  return typeof value === 'object' && value !== null && 'region' in value && typeof value.region === 'string'
}

function isDraft(value: unknown): value is Draft {
  if (typeof value !== 'object' || value === null) return false
  const { version, regions, agencies } = value as Readonly<Record<string, unknown>>
  const areOfRegion = (list: unknown) => Array.isArray(list) && list.every(isOfRegion)
  return Number.isSafeInteger(version) && areOfRegion(regions) && areOfRegion(agencies)
}

/** What a region hands in: itself as the registry lists it, and its agencies where they change. */
function isRegionFile(value: unknown): value is { readonly region: OfRegion; readonly agencies?: readonly OfRegion[] } {
  if (typeof value !== 'object' || value === null || !('region' in value) || !isOfRegion(value.region)) return false
  return !('agencies' in value) || (Array.isArray(value.agencies) && value.agencies.every(isOfRegion))
}

/** Puts a region into the draft, in the place of what it handed in before. */
export async function addRegion(folder: string, file: string): Promise<{ region: string; regions: number }> {
  const handed = await readJson(file)
  if (!isRegionFile(handed))
    throw new TrustFileError({
      zh: `${file}：须为 {"region":{…},"agencies":[…]}，其中 region 须有 region、name、exchangeUrl、addresses、root、log、witness，每个机构须有 code、region、name；${likeExample.zh}`,
      en: `${file}: must be {"region":{…},"agencies":[…]}, where the region has region, name, exchangeUrl, addresses, root, log and witness, and each agency code, region and name; ${likeExample.en}`,
    })
  const before = await readDraft(folder)
  const { region } = handed.region
  const agencies = handed.agencies ?? before.agencies.filter((one) => one.region === region)
  const next = {
    ...before,
    regions: [...before.regions.filter((one) => one.region !== region), handed.region],
    agencies: [...before.agencies.filter((one) => one.region !== region), ...agencies],
  }
  requireSound({ ...next, version: 1, iat: 0, exp: 1 }, likeExample)
  await writeDraft(folder, next)
  return { region, regions: next.regions.length }
}

/** Signs the draft as the next version, judged as every node will before it takes the place of the one before. */
export async function signFederation(folder: string, { days, now }: { readonly days: number; readonly now: number }): Promise<Registry> {
  const files = filesIn(folder)
  const before = await readDraft(folder)
  if (before.regions.length === 0)
    throw new TrustFileError({
      zh: `${files.draft}：草稿中还没有区域；请先用 hefu federation add-region --dir ${folder} --file … 逐个登记，${likeExample.zh}`,
      en: `${files.draft}: the draft has no region yet; put each one in with hefu federation add-region --dir ${folder} --file …, ${likeExample.en}`,
    })
  const claims = requireSound({ ...before, version: before.version + 1, iat: now, exp: now + days * DAY })
  const token = await signRegistry(claims, await loadOwnKey(files.key))
  const registry = parseStoredRegistry(token)
  const text = await readIfThere(files.signed)
  const held = text === undefined ? undefined : parseStoredRegistry(text)
  requireNewVersions(alteredAgreements(held?.claims.agreements ?? [], claims.agreements))
  const judged = judgeRegistry(held, registry, now)
  if (judged !== 'newer') {
    const why = judged === 'same' ? judged : judged.refused
    throw new TrustFileError({ zh: `新的注册表会被各节点拒绝（${why}）`, en: `every node would refuse the new registry (${why})` })
  }
  await replaceFile(files.signed, `${token}\n`)
  await writeDraft(folder, { ...before, version: claims.version })
  return registry
}

/** A registry as a node would read it. Throws TrustFileError when no pinned key signed it. */
export async function showFederation(path: string, pinsPath: string): Promise<Registry> {
  const pins = parsePins(await readJson(pinsPath))
  if (pins === undefined) throw new TrustFileError({ zh: `${pinsPath}：不是公钥集合（JWK Set）`, en: `${pinsPath}: not a JWK set` })
  const verified = verifyRegistry(await readText(path), pins)
  if (verified.ok) return verified.registry
  if (verified.why === 'signature')
    throw new TrustFileError({ zh: `${path}：不是由所给公钥签发的注册表`, en: `${path}: not a registry signed by one of these keys` })
  throw unsound(verified.problems)
}

function requireNewVersions(altered: readonly string[]): void {
  if (altered.length === 0) return
  throw new TrustFileError({
    zh: `已签发的共享协议版本不得改动（只能去掉已退出的区域）：${altered.join('、')}；请改为新的 version，旧版本保留到其办件办结`,
    en: `a version of an agreement that was signed is never altered (it may only lose regions that left): ${altered.join(', ')}; give it a new "version", and keep the old one until its cases are over`,
  })
}

function requireSound(json: unknown, advice?: Text): RegistryClaims {
  const parsed = parseRegistryClaims(json)
  if (!parsed.ok) throw unsound(parsed.problems, advice)
  return parsed.claims
}

function unsound(
  problems: readonly { readonly pointer: string; readonly zh: string; readonly en: string }[],
  advice?: Text,
): TrustFileError {
  return new TrustFileError({
    zh: `注册表有误：\n${problems.map(({ pointer, zh }) => `  ${pointer}：${zh}`).join('\n')}${advice ? `\n${advice.zh}` : ''}`,
    en: `the registry has errors:\n${problems.map(({ pointer, en }) => `  ${pointer}: ${en}`).join('\n')}${advice ? `\n${advice.en}` : ''}`,
  })
}

const likeExample: Text = { zh: '可照 examples/region.json 填写', en: 'examples/region.json shows one' }

async function readDraft(folder: string): Promise<Draft> {
  const path = filesIn(folder).draft
  const read = await readJson(path)
  if (isDraft(read)) return read
  throw new TrustFileError({ zh: `${path}：不是注册表草稿`, en: `${path}: not a draft of a registry` })
}

async function writeDraft(folder: string, content: Draft): Promise<void> {
  await replaceFile(filesIn(folder).draft, `${JSON.stringify(content, null, 2)}\n`)
}
