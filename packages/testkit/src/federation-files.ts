import { createPrivateKey, hash, randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { procedures as coreProcedures, type Procedure } from '@hefu/procedures'
import {
  type FederationFile,
  generateKeyFile,
  generateSecretFile,
  importPublicJwk,
  type PublicJwk,
  parseFederation,
  policiesOf,
  publicJwk,
} from '@hefu/protocol'
import { type AgencyCode, type Bilingual, divisionName, divisionsOf, type RegionId, regionName } from '@hefu/reference'
import { COSIGNATURE_V1, ED25519, formatPolicies, formatVerifierKey, type SignatureType, verifierKey } from '@hefu/translog'

/** One bearer token per role. The officer belongs to the agency `{region}-0001`. */
export type Tokens = { officer: string; operator: string; auditor: string }

/** Paths of what a node reads at start. */
export type RegionFiles = {
  federation: string
  key: string
  logKey: string
  witnessKey: string
  actorKey: string
  vaultKey: string
  clients: string
  tokens: Tokens
}

export type WriteFederationOptions = {
  regions: readonly RegionId[]
  /** Where each region's exchange API is. */
  exchangeUrls: Readonly<Record<string, string>>
  /** What `from` is told about where `to` is, when that is not the true address: a fault proxy on that link. */
  linkUrl?: (from: RegionId, to: RegionId) => string | undefined
  /** Procedures to make an agreement for; all of the core when absent. */
  procedures?: readonly Pick<Procedure, 'name' | 'version' | 'purposes'>[]
  /** The agreements in a region's own file, made from the usual ones; those themselves when absent. Two files may then differ, as they do while a new agreement spreads. */
  agreements?: (usual: Agreements, region: RegionId) => Agreements
}

export type Agreements = FederationFile['agreements']

/**
 * Writes what a node needs besides its database, a folder per region: `{dir}/{region}/federation.json`, `key.pem`, `log-key.pem`,
 * `witness-key.pem`, `actor-key.pem`, `vault-key.txt`, `clients.json` and `tokens.json` (the tokens in clear text, for whoever tries the node). Keys and tokens that exist are
 * kept. For trial and tests: in production every region makes its own key and nobody holds two.
 */
export async function writeFederation(dir: string, options: WriteFederationOptions): Promise<Record<string, RegionFiles>> {
  const { regions, exchangeUrls, linkUrl } = options
  const keys = new Map<RegionId, RegionKeys>()
  for (const region of regions) {
    await mkdir(join(dir, region), { recursive: true, mode: 0o700 })
    keys.set(region, await keysOf(region, keyPaths(join(dir, region))))
  }
  const federation: Omit<FederationFile, 'version'> = {
    regions: regions.map((region) => {
      const own = keys.get(region)
      const exchangeUrl = exchangeUrls[region]
      if (own === undefined || exchangeUrl === undefined) throw new Error(`no exchange address for ${region}`)
      return { region, name: regionName(region), exchangeUrl, ...own }
    }),
    agencies: agenciesOf(regions),
    agreements: usualAgreements(regions, options.procedures ?? coreProcedures),
  }
  const files: Record<string, RegionFiles> = {}
  for (const region of regions) {
    const folder = join(dir, region)
    const seen = federation.regions.map((each) => ({ ...each, exchangeUrl: linkUrl?.(region, each.region) ?? each.exchangeUrl }))
    const paths = { federation: join(folder, 'federation.json'), ...keyPaths(folder), clients: join(folder, 'clients.json') }
    const agreements = options.agreements?.(federation.agreements, region) ?? federation.agreements
    await writeFederationFile(paths.federation, { ...federation, regions: seen, agreements })
    await keyOf(paths.actorKey)
    if (!existsSync(paths.vaultKey)) await generateSecretFile(paths.vaultKey)
    await mkdir(join(folder, 'epochs'), { recursive: true, mode: 0o700 })
    const tokens = await tokensOf(join(folder, 'tokens.json'))
    await replaceFile(paths.clients, clientsOf(region, tokens))
    files[region] = { ...paths, tokens }
  }
  return files
}

type RegionKeys = Pick<FederationFile['regions'][number], 'keys' | 'log' | 'witness'>

function keyPaths(folder: string): Pick<RegionFiles, 'key' | 'logKey' | 'witnessKey' | 'actorKey' | 'vaultKey'> {
  const at = (name: string) => join(folder, name)
  const signing = { key: at('key.pem'), logKey: at('log-key.pem'), witnessKey: at('witness-key.pem'), actorKey: at('actor-key.pem') }
  return { ...signing, vaultKey: at('vault-key.txt') }
}

async function keysOf(region: RegionId, paths: ReturnType<typeof keyPaths>): Promise<RegionKeys> {
  const origin = `hefu.sandbox/${region}`
  const named = async (name: string, type: SignatureType, path: string) =>
    formatVerifierKey(verifierKey(name, type, importPublicJwk(await keyOf(path))))
  return {
    keys: [await keyOf(paths.key)],
    log: await named(origin, ED25519, paths.logKey),
    witness: await named(`${origin}/witness`, COSIGNATURE_V1, paths.witnessKey),
  }
}

async function keyOf(path: string): Promise<PublicJwk> {
  return existsSync(path) ? publicJwk(createPrivateKey(await readFile(path))) : await generateKeyFile(path)
}

/** The same files as a node's settings name them. */
export function fileSettings({ federation, key, logKey, witnessKey, actorKey, vaultKey, clients }: Omit<RegionFiles, 'tokens'>) {
  const keys = { keyFile: key, logKeyFile: logKey, witnessKeyFile: witnessKey, actorKeyFile: actorKey }
  const vault = { vaultKeyFile: vaultKey, vaultEpochsFolder: join(dirname(vaultKey), 'epochs') }
  return { federationFile: federation, ...keys, ...vault, clientsFile: clients }
}

/** Writes the policy file of the federation, as an auditor would be given it: whom to believe about each region's log. Its text is also returned. */
export async function writePolicy(path: string, federationFile: string): Promise<string> {
  const parsed = parseFederation(JSON.parse(await readFile(federationFile, 'utf8')))
  if (!parsed.ok) throw new Error(parsed.problems.map(({ pointer, en }) => `${pointer} ${en}`).join('\n'))
  const text = formatPolicies(policiesOf(parsed.federation))
  await writeFile(path, text)
  return text
}

/** The region's own bureau, and one bureau in every division below it, those abolished included: their cases go on. */
function agenciesOf(regions: readonly RegionId[]): FederationFile['agencies'] {
  const agencies = new Map<string, FederationFile['agencies'][number]>()
  const add = (division: string, region: RegionId, name: Bilingual) => {
    const code = `${division}-0001` as AgencyCode
    if (!agencies.has(code)) agencies.set(code, { code, region, name: bureau(name) })
  }
  for (const region of regions) add(region, region, regionName(region))
  for (const region of regions) for (const division of divisionsOf(region)) add(division, region, districtName(division))
  return [...agencies.values()]
}

function districtName(division: string): Bilingual {
  return { zh: divisionName(division) ?? division, en: division }
}

function bureau({ zh, en }: Bilingual): Bilingual {
  return { zh: `${zh}人力资源和社会保障局`, en: `${en} Human Resources and Social Security Bureau` }
}

/** All regions may run every procedure with one another, for all its purposes. */
function usualAgreements(regions: readonly RegionId[], procedures: NonNullable<WriteFederationOptions['procedures']>): Agreements {
  return procedures.map(({ name, version, purposes }) => ({
    id: `${name}-2026`,
    version: 1,
    procedure: `${name}/${version}`,
    regions: [...regions],
    purposes: purposes.map(({ code }) => code),
    deadlineRules: 1,
    automatic: true,
  }))
}

/** The version only grows, and only when something has changed. */
async function writeFederationFile(path: string, content: Omit<FederationFile, 'version'>): Promise<void> {
  const before = existsSync(path) ? (JSON.parse(await readFile(path, 'utf8')) as FederationFile) : undefined
  if (before !== undefined && JSON.stringify({ ...content, version: 0 }) === JSON.stringify({ ...withoutVersion(before), version: 0 }))
    return
  const file: FederationFile = { version: (before?.version ?? 0) + 1, ...content }
  const parsed = parseFederation(file)
  if (!parsed.ok) throw new Error(parsed.problems.map(({ pointer, en }) => `${pointer} ${en}`).join('\n'))
  await replaceFile(path, file)
}

function withoutVersion({ regions, agencies, agreements }: FederationFile): Omit<FederationFile, 'version'> {
  return { regions, agencies, agreements }
}

async function tokensOf(path: string): Promise<Tokens> {
  if (existsSync(path)) return JSON.parse(await readFile(path, 'utf8')) as Tokens
  const token = () => randomBytes(32).toString('base64url')
  const tokens = { officer: token(), operator: token(), auditor: token() }
  await replaceFile(path, tokens)
  return tokens
}

function clientsOf(region: RegionId, tokens: Tokens): unknown {
  const client = (role: keyof Tokens) => ({
    client: `sandbox-${role}`,
    role,
    ...(role === 'officer' ? { agency: `${region}-0001` } : {}),
    tokenSha256: hash('sha256', tokens[role], 'hex'),
  })
  return { clients: [client('officer'), client('operator'), client('auditor')] }
}

/** In one step, so that a node that is starting never reads half a file. */
async function replaceFile(path: string, content: unknown): Promise<void> {
  await writeFile(`${path}.new`, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 })
  await rename(`${path}.new`, path)
}
