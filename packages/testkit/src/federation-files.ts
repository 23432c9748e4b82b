import { createPrivateKey } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { procedures as coreProcedures, type Procedure } from '@hefu/procedures'
import {
  type FederationFile,
  federationFileOf,
  generateKeyFile,
  generateSecretFile,
  importPublicJwk,
  loadSigner,
  type Manifest,
  type PublicJwk,
  parseFederation,
  parseStoredManifest,
  parseStoredRegistry,
  policiesOf,
  publicJwk,
  type Registry,
  type RegistryClaims,
  type RegistryRegion,
  signManifest,
  signRegistry,
} from '@hefu/protocol'
import { type AgencyCode, type Bilingual, divisionName, divisionsOf, type RegionId, regionName } from '@hefu/reference'
import { COSIGNATURE_V1, ED25519, formatPolicies, formatVerifierKey, type SignatureType, verifierKey } from '@hefu/translog'

/** One bearer token per role. The officer belongs to the agency `{region}-0001`. */
export type Tokens = { officer: string; operator: string; security: string; auditor: string }

/** The clients of a region that is tried: one of each role, and a second administrator to approve what the first asks for. */
export const trialClients = ['officer', 'operator', 'security', 'security2', 'auditor'] as const
export type TrialClient = (typeof trialClients)[number]

/** A client and the file of its private key. */
export type ClientFile = { id: string; keyFile: string }

/** Paths of what a node reads at start, and of what an auditor is given. */
export type RegionFiles = {
  registry: string
  federationKeys: string
  /** Folder of the message keys and their manifest. */
  keys: string
  logKey: string
  witnessKey: string
  actorKey: string
  tokenKey: string
  vaultKey: string
  clients: string
  /** What the region believes, as one JSON file: for auditors. */
  federation: string
  clientFiles: Record<TrialClient, ClientFile>
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
 * Writes what a node needs besides its database, a folder per region: `{dir}/{region}/registry.jwt`, `federation-keys.json`,
 * `keys/` (with `manifest.jwt`), `log-key.pem`, `witness-key.pem`, `actor-key.pem`, `token-key.pem`, `vault-key.txt`, `epochs/`, `clients.json` (its two
 * administrators), `clients/*.pem` (a private key of each client for whoever tries the node) and `federation.json` (for auditors); what no node
 * may have lies in `{dir}/offline`. Keys that exist are kept. For trial and tests: in production every region makes its own key and nobody holds two.
 */
export async function writeFederation(dir: string, options: WriteFederationOptions): Promise<Record<string, RegionFiles>> {
  const { regions, exchangeUrls, linkUrl } = options
  const offline = offlineIn(dir)
  await mkdir(offline.folder, { recursive: true, mode: 0o700 })
  const pin = await keyOf(offline.federationKey)
  const listed = new Map<RegionId, RegionKeys>()
  const manifests: Manifest[] = []
  for (const region of regions) {
    const paths = pathsIn(join(dir, region))
    await mkdir(paths.keys, { recursive: true, mode: 0o700 })
    listed.set(region, await keysOf(region, paths, offline.rootKey(region)))
    manifests.push(await manifestIn(paths.keys, region, offline.rootKey(region)))
  }
  const usual = usualAgreements(regions, options.procedures ?? coreProcedures)
  const files: Record<string, RegionFiles> = {}
  for (const region of regions) {
    const paths = pathsIn(join(dir, region))
    const seen = regions.map((each) => {
      const own = listed.get(each)
      const exchangeUrl = linkUrl?.(region, each) ?? exchangeUrls[each]
      if (own === undefined || exchangeUrl === undefined) throw new Error(`no exchange address for ${each}`)
      return { region: each, name: regionName(each), exchangeUrl, addresses: LOCAL, ...own }
    })
    const agreements = options.agreements?.(usual, region) ?? usual
    const registry = await registryIn(paths.registry, { regions: seen, agencies: agenciesOf(regions), agreements }, offline.federationKey)
    await replaceFile(paths.federationKeys, { keys: [pin] })
    await replaceFile(paths.federation, federationFileOf(registry, manifests))
    await Promise.all([keyOf(paths.actorKey), keyOf(paths.tokenKey)])
    if (!existsSync(paths.vaultKey)) await generateSecretFile(paths.vaultKey)
    await mkdir(join(dir, region, 'epochs'), { recursive: true, mode: 0o700 })
    const clientFiles = await clientFilesOf(join(dir, region, 'clients'))
    await replaceFile(paths.clients, await administratorsOf(clientFiles))
    files[region] = { ...paths, clientFiles }
  }
  return files
}

/** Private keys that no node may have: the federation's, and the root of each region. */
export function offlineIn(dir: string) {
  const folder = join(dir, 'offline')
  return { folder, federationKey: join(folder, 'federation-key.pem'), rootKey: (region: RegionId) => join(folder, `${region}-root.pem`) }
}

type RegionKeys = Pick<RegistryRegion, 'root' | 'log' | 'witness'>

/** This machine, and the private networks of containers on it. */
const LOCAL = ['127.0.0.0/8', '::1/128', '10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7']

/** For trial: nobody should have to sign anew, and clocks may be moved. */
const BEGAN = Date.UTC(2026, 0, 1) / 1000
const ENDS = Date.UTC(2046, 0, 1) / 1000

function pathsIn(folder: string): NodeFiles {
  const at = (name: string) => join(folder, name)
  return {
    registry: at('registry.jwt'),
    federationKeys: at('federation-keys.json'),
    keys: at('keys'),
    logKey: at('log-key.pem'),
    witnessKey: at('witness-key.pem'),
    actorKey: at('actor-key.pem'),
    tokenKey: at('token-key.pem'),
    vaultKey: at('vault-key.txt'),
    clients: at('clients.json'),
    federation: at('federation.json'),
  }
}

async function keysOf(region: RegionId, paths: Pick<RegionFiles, 'logKey' | 'witnessKey'>, rootKey: string): Promise<RegionKeys> {
  const origin = `hefu.sandbox/${region}`
  const named = async (name: string, type: SignatureType, path: string) =>
    formatVerifierKey(verifierKey(name, type, importPublicJwk(await keyOf(path))))
  return {
    root: await keyOf(rootKey),
    log: await named(origin, ED25519, paths.logKey),
    witness: await named(`${origin}/witness`, COSIGNATURE_V1, paths.witnessKey),
  }
}

async function manifestIn(folder: string, region: RegionId, rootKey: string): Promise<Manifest> {
  const path = join(folder, 'manifest.jwt')
  if (!existsSync(path)) {
    const key = await keyOf(join(folder, 'key.pem'))
    const claims = { iss: region, iat: BEGAN, exp: ENDS, version: 1, keys: [{ ...key, use: 'sig' as const, iat: BEGAN, exp: ENDS }] }
    await replaceText(path, `${await signManifest(claims, await loadSigner(rootKey))}\n`)
  }
  return parseStoredManifest((await readFile(path, 'utf8')).trim())
}

/** The version only grows, and only when something has changed. */
async function registryIn(
  path: string,
  content: Pick<RegistryClaims, 'regions' | 'agencies' | 'agreements'>,
  federationKey: string,
): Promise<Registry> {
  const before = existsSync(path) ? parseStoredRegistry((await readFile(path, 'utf8')).trim()) : undefined
  const { version = 0 } = before?.claims ?? {}
  const claims = { iss: 'sandbox', version: version + 1, iat: BEGAN, exp: ENDS, ...content }
  if (before !== undefined && isDeepStrictEqual({ ...before.claims, version: version + 1 }, claims)) return before
  const token = await signRegistry(claims, await loadSigner(federationKey))
  await replaceText(path, `${token}\n`)
  return parseStoredRegistry(token)
}

/** Signs the registry that lies in these files anew, changed, under the next version; what auditors are given too. */
export async function changeRegistry(
  dir: string,
  files: Pick<RegionFiles, 'registry' | 'federation'>,
  change: (claims: RegistryClaims) => RegistryClaims,
) {
  const { claims } = parseStoredRegistry((await readFile(files.registry, 'utf8')).trim())
  const token = await signRegistry(
    { ...change(structuredClone(claims) as RegistryClaims), version: claims.version + 1 },
    await loadSigner(offlineIn(dir).federationKey),
  )
  const before = JSON.parse(await readFile(files.federation, 'utf8')) as FederationFile
  const { regions, ...rest } = federationFileOf(parseStoredRegistry(token), [])
  const keysOfRegion = (region: string) => before.regions.find((one) => one.region === region)?.keys ?? []
  await replaceFile(files.federation, { ...rest, regions: regions.map((one) => ({ ...one, keys: keysOfRegion(one.region) })) })
  await replaceText(files.registry, `${token}\n`)
}

async function keyOf(path: string): Promise<PublicJwk> {
  return existsSync(path) ? publicJwk(createPrivateKey(await readFile(path))) : await generateKeyFile(path)
}

type NodeFiles = Omit<RegionFiles, 'clientFiles'>

/** The same files as a node's settings name them. */
export function fileSettings({ registry, federationKeys, keys, logKey, witnessKey, actorKey, tokenKey, vaultKey, clients }: NodeFiles) {
  const files = { logKeyFile: logKey, witnessKeyFile: witnessKey, actorKeyFile: actorKey, tokenKeyFile: tokenKey, clientsFile: clients }
  const vault = { vaultKeyFile: vaultKey, vaultEpochsFolder: join(dirname(vaultKey), 'epochs') }
  return { registry, federationKeysFile: federationKeys, keysFolder: keys, ...files, ...vault }
}

/** The same files as the environment of a process names them. */
export function fileEnvironment({ registry, federationKeys, keys, logKey, witnessKey, actorKey, tokenKey, vaultKey, clients }: NodeFiles) {
  return {
    HEFU_REGISTRY: registry,
    HEFU_FEDERATION_KEYS: federationKeys,
    HEFU_KEYS: keys,
    HEFU_LOG_KEY: logKey,
    HEFU_WITNESS_KEY: witnessKey,
    HEFU_ACTOR_KEY: actorKey,
    HEFU_TOKEN_KEY: tokenKey,
    HEFU_VAULT_KEY: vaultKey,
    HEFU_CLIENTS: clients,
  }
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
    id: version === 1 ? `${name}-2026` : `${name}-v${version}-2026`,
    version: 1,
    procedure: `${name}/${version}`,
    regions: [...regions],
    purposes: purposes.map(({ code }) => code),
    deadlineRules: 1,
    automatic: true,
  }))
}

/** Where the keys of the clients that are tried lie. */
export function clientFilesIn(folder: string): RegionFiles['clientFiles'] {
  const file = (name: TrialClient) => [name, { id: `sandbox-${name}`, keyFile: join(folder, `${name}.pem`) }]
  return Object.fromEntries(trialClients.map(file)) as RegionFiles['clientFiles']
}

async function clientFilesOf(folder: string): Promise<RegionFiles['clientFiles']> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const files = clientFilesIn(folder)
  await Promise.all(Object.values(files).map(({ keyFile }) => keyOf(keyFile)))
  return files
}

/** The two that a node begins with; they enrol the others. */
async function administratorsOf({ security, security2 }: RegionFiles['clientFiles']): Promise<unknown> {
  const client = async ({ id, keyFile }: ClientFile) => ({ client: id, role: 'security', keys: [await keyOf(keyFile)] })
  return { clients: await Promise.all([client(security), client(security2)]) }
}

/** In one step, so that a node that is starting never reads half a file. */
async function replaceFile(path: string, content: unknown): Promise<void> {
  await replaceText(path, `${JSON.stringify(content, null, 2)}\n`)
}

async function replaceText(path: string, text: string): Promise<void> {
  await writeFile(`${path}.new`, text, { mode: 0o600 })
  await rename(`${path}.new`, path)
}
