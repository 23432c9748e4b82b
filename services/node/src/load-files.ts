import { readFile } from 'node:fs/promises'
import {
  type Administrator,
  isUrl,
  type KeyFolder,
  parseClients,
  readEpochs,
  readKeyFolder,
  readRegistrySource,
  secretKeyWrapper,
  type TrustSources,
  VaultError,
  type VaultPlace,
  vaultTexts,
} from '@hefu/exchange'
import {
  type KeyFileCode,
  KeyFileError,
  type KeyPair,
  loadKeyPair,
  loadSecret,
  loadSigner,
  type PublicJwk,
  parsePins,
  parseStrictJson,
  publicJwk,
  type Registry,
  type RegistryRegion,
  type Signer,
  verifyManifest,
  verifyRegistry,
} from '@hefu/protocol'
import { parseVerifierKey } from '@hefu/translog'
import type { Parsed, SettingProblem, Settings } from './config.ts'
import { loadTls, readAuthorities, type Tls, type TlsFiles } from './http/tls.ts'

export type FileSettings = Partial<Pick<Settings, 'apiTls' | 'exchangeTls' | 'peerCaFile' | 'otherTokenKeyFile' | 'otherVaultKeyFile'>> &
  Pick<
    Settings,
    | 'region'
    | 'registry'
    | 'federationKeysFile'
    | 'keysFolder'
    | 'logKeyFile'
    | 'witnessKeyFile'
    | 'actorKeyFile'
    | 'tokenKeyFile'
    | 'vaultKeyFile'
    | 'vaultEpochsFolder'
    | 'clientsFile'
  >

export interface Files {
  readonly trust: TrustSources
  /** As the file has it now; undefined where the registry is fetched from an address: what is believed, the database decides. */
  readonly found: Registry | undefined
  readonly logSigner: Signer
  readonly witnessSigner: Signer
  readonly actorSigner: Signer
  readonly tokenKey: KeyPair
  readonly otherTokenKey: KeyPair | undefined
  readonly administrators: readonly Administrator[]
  readonly vaultPlace: VaultPlace
  readonly tls: ListenerTls
}

/** Of each listener; undefined: plain HTTP. */
export interface ListenerTls {
  readonly api: Tls | undefined
  readonly exchange: Tls | undefined
  /** Authorities of peers. */
  readonly peerCaFile: string | undefined
  readonly peerCa: string | undefined
}

/** Reads the files that the settings name and reports all problems of all of them at once. */
export async function loadFiles(settings: FileSettings): Promise<Parsed<Files>> {
  const [pins, folder, logSigner, witnessSigner, actorSigner, tokenKeys, vaultPlace, administrators, apiTls, exchangeTls, peerCa] =
    await Promise.all([
      loadPins(settings.federationKeysFile),
      loadFolder(settings.keysFolder),
      loadKey(settings.logKeyFile, 'HEFU_LOG_KEY'),
      loadKey(settings.witnessKeyFile, 'HEFU_WITNESS_KEY'),
      loadKey(settings.actorKeyFile, 'HEFU_ACTOR_KEY'),
      loadTokenKeys(settings),
      loadVault(settings),
      loadClients(settings.clientsFile),
      loadListenerTls(settings.apiTls, 'HEFU_API_TLS_CERT'),
      loadListenerTls(settings.exchangeTls, 'HEFU_EXCHANGE_TLS_CERT'),
      loadAuthorities(settings.peerCaFile, 'HEFU_PEER_TLS_CA'),
    ])
  const registry = await loadRegistry(settings.registry, pins)
  const files = [
    pins,
    folder,
    registry,
    logSigner,
    witnessSigner,
    actorSigner,
    tokenKeys,
    vaultPlace,
    administrators,
    apiTls,
    exchangeTls,
    peerCa,
  ]
  const problems = files.flatMap((file) => (file.ok ? [] : file.problems))
  if (registry.ok && registry.value !== undefined)
    problems.push(...mismatches(settings, registry.value, { folder, logSigner, witnessSigner }))
  if (!(pins.ok && registry.ok && logSigner.ok && witnessSigner.ok && actorSigner.ok && tokenKeys.ok)) return { ok: false, problems }
  if (!(vaultPlace.ok && administrators.ok && apiTls.ok && exchangeTls.ok && peerCa.ok)) return { ok: false, problems }
  if (problems.length > 0) return { ok: false, problems }
  const trust = { pins: pins.value, registry: settings.registry, keys: settings.keysFolder }
  const signers = { logSigner: logSigner.value, witnessSigner: witnessSigner.value, actorSigner: actorSigner.value }
  const tls = { api: apiTls.value, exchange: exchangeTls.value, peerCaFile: settings.peerCaFile, peerCa: peerCa.value }
  const access = { ...tokenKeys.value, administrators: administrators.value }
  return { ok: true, value: { trust, found: registry.value, ...signers, ...access, vaultPlace: vaultPlace.value, tls } }
}

interface LoadedFiles {
  readonly folder: Parsed<KeyFolder>
  readonly logSigner: Parsed<Signer>
  readonly witnessSigner: Parsed<Signer>
}

/** Each file may be right by itself and still not belong to this region. */
function mismatches({ region }: Pick<Settings, 'region'>, { claims }: Registry, files: LoadedFiles): SettingProblem[] {
  const own = claims.regions.find((one) => one.region === region)
  if (!own) return [{ setting: 'HEFU_REGION', zh: '联合体注册表中没有此区域', en: 'is not a region of the registry' }]
  const { folder, logSigner, witnessSigner } = files
  const problems: SettingProblem[] = []
  if (folder.ok) problems.push(...folderProblems(folder.value, own))
  if (!holdsKey(logSigner, own.log)) {
    problems.push({
      setting: 'HEFU_LOG_KEY',
      zh: '与联合体注册表中本区域的日志密钥不符',
      en: "is not the region's log key of the registry",
    })
  }
  if (!holdsKey(witnessSigner, own.witness)) {
    problems.push({
      setting: 'HEFU_WITNESS_KEY',
      zh: '与联合体注册表中本区域的见证密钥不符',
      en: "is not the region's witness key of the registry",
    })
  }
  return problems
}

function folderProblems({ manifest: text, signers }: KeyFolder, own: RegistryRegion): SettingProblem[] {
  const setting = 'HEFU_KEYS'
  if (text === undefined) return [{ setting, zh: '目录中没有 manifest.jwt', en: 'names a folder without manifest.jwt' }]
  const manifest = verifyManifest(text, own)
  if (manifest === undefined) {
    return [
      {
        setting,
        zh: 'manifest.jwt 不是本区域根密钥签发的密钥清单',
        en: "names a folder whose manifest.jwt is not a key manifest signed by the region's root key",
      },
    ]
  }
  if (manifest.claims.keys.some(({ kid, revoked }) => revoked === undefined && signers.has(kid))) return []
  return [{ setting, zh: '目录中没有密钥清单所列的可用私钥', en: 'names a folder without a private key that the manifest lists' }]
}

/** True also for a file that could not be read: that is a problem already. */
function holdsKey(signer: Parsed<Signer>, listed: string): boolean {
  if (!signer.ok) return true
  const parsed = parseVerifierKey(listed)
  return parsed.ok && publicJwk(parsed.value.key).kid === signer.value.kid
}

async function loadPins(path: string): Promise<Parsed<readonly PublicJwk[]>> {
  const setting = 'HEFU_FEDERATION_KEYS'
  const json = await loadJson(path, setting)
  if (!json.ok) return json
  const pins = parsePins(json.value)
  if (pins !== undefined) return { ok: true, value: pins }
  return { ok: false, problems: [{ setting, zh: '不是 Ed25519 公钥的 JWK Set', en: 'is not a JWK set of Ed25519 public keys' }] }
}

async function loadFolder(path: string): Promise<Parsed<KeyFolder>> {
  const setting = 'HEFU_KEYS'
  try {
    return { ok: true, value: await readKeyFolder(path) }
  } catch (error) {
    if (error instanceof KeyFileError) return { ok: false, problems: [{ setting, ...keyTexts[error.code] }] }
    return { ok: false, problems: [{ setting, zh: '目录不存在或无法读取', en: 'names a folder that does not exist or cannot be read' }] }
  }
}

/** An address that does not answer now keeps no node from starting that has believed a registry before. */
async function loadRegistry(source: string, pins: Parsed<readonly PublicJwk[]>): Promise<Parsed<Registry | undefined>> {
  const setting = 'HEFU_REGISTRY'
  if (isUrl(source) || !pins.ok) return { ok: true, value: undefined }
  const text = await readRegistrySource(source).catch(() => undefined)
  if (text === undefined) {
    return { ok: false, problems: [{ setting, zh: '文件不存在或无法读取', en: 'names a file that does not exist or cannot be read' }] }
  }
  const verified = verifyRegistry(text, pins.value)
  if (verified.ok) return { ok: true, value: verified.registry }
  if (verified.why === 'signature') {
    return {
      ok: false,
      problems: [{ setting, zh: '不是由固定的联合体公钥签发的注册表', en: 'is not a registry signed by a key of HEFU_FEDERATION_KEYS' }],
    }
  }
  return { ok: false, problems: verified.problems.map(({ pointer, zh, en }) => ({ setting: `${setting} ${pointer}`, zh, en })) }
}

async function loadClients(path: string): Promise<Parsed<readonly Administrator[]>> {
  const json = await loadJson(path, 'HEFU_CLIENTS')
  if (!json.ok) return json
  const parsed = parseClients(json.value)
  if (parsed.ok) return { ok: true, value: parsed.administrators }
  return { ok: false, problems: parsed.problems.map(({ pointer, zh, en }) => ({ setting: `HEFU_CLIENTS ${pointer}`, zh, en })) }
}

async function loadAuthorities(path: string | undefined, setting: string): Promise<Parsed<string | undefined>> {
  if (path === undefined) return { ok: true, value: undefined }
  const ca = await readAuthorities(path)
  if (ca !== undefined) return { ok: true, value: ca }
  return {
    ok: false,
    problems: [{ setting, zh: '文件无法读取或不是 PEM 格式的证书', en: 'names a file that cannot be read or holds no PEM certificate' }],
  }
}

async function loadListenerTls(files: TlsFiles | undefined, setting: string): Promise<Parsed<Tls | undefined>> {
  if (files === undefined) return { ok: true, value: undefined }
  const loaded = await loadTls(files)
  return loaded.ok ? { ok: true, value: loaded.tls } : { ok: false, problems: [{ setting, ...loaded.problem }] }
}

async function loadKey(path: string, setting: string): Promise<Parsed<Signer>>
async function loadKey<Key>(path: string, setting: string, load: (path: string) => Promise<Key>): Promise<Parsed<Key>>
async function loadKey(path: string, setting: string, load: (path: string) => Promise<unknown> = loadSigner): Promise<Parsed<unknown>> {
  try {
    return { ok: true, value: await load(path) }
  } catch (error) {
    if (!(error instanceof KeyFileError)) throw error
    return { ok: false, problems: [{ setting, ...keyTexts[error.code] }] }
  }
}

async function loadTokenKeys({
  tokenKeyFile,
  otherTokenKeyFile,
}: FileSettings): Promise<Parsed<Pick<Files, 'tokenKey' | 'otherTokenKey'>>> {
  const tokenKey = await loadKey(tokenKeyFile, 'HEFU_TOKEN_KEY', loadKeyPair)
  if (otherTokenKeyFile === undefined)
    return tokenKey.ok ? { ok: true, value: { tokenKey: tokenKey.value, otherTokenKey: undefined } } : tokenKey
  const otherTokenKey = await loadKey(otherTokenKeyFile, 'HEFU_TOKEN_KEY_OTHER', loadKeyPair)
  if (tokenKey.ok && otherTokenKey.ok) return { ok: true, value: { tokenKey: tokenKey.value, otherTokenKey: otherTokenKey.value } }
  return { ok: false, problems: [tokenKey, otherTokenKey].flatMap((key) => (key.ok ? [] : key.problems)) }
}

/** The key-encryption key, and during an exchange the other one, tried on the epoch keys that there are. */
async function loadVault(settings: FileSettings): Promise<Parsed<VaultPlace>> {
  const { vaultKeyFile, otherVaultKeyFile, vaultEpochsFolder: epochsFolder } = settings
  let setting = 'HEFU_VAULT_KEY'
  try {
    const secret = await loadSecret(vaultKeyFile)
    setting = 'HEFU_VAULT_KEY_OTHER'
    const other = otherVaultKeyFile === undefined ? undefined : await loadSecret(otherVaultKeyFile)
    setting = 'HEFU_VAULT_KEY'
    const wrapper = secretKeyWrapper(secret, other)
    await readEpochs(epochsFolder, wrapper)
    return { ok: true, value: { wrapper, epochsFolder } }
  } catch (error) {
    if (error instanceof KeyFileError) return { ok: false, problems: [{ setting, ...keyTexts[error.code] }] }
    if (error instanceof VaultError) return { ok: false, problems: [{ setting, ...vaultTexts[error.code] }] }
    throw error
  }
}

async function loadJson(path: string, setting: string): Promise<Parsed<unknown>> {
  let bytes: Uint8Array
  try {
    bytes = await readFile(path)
  } catch {
    return { ok: false, problems: [{ setting, zh: '文件不存在或无法读取', en: 'names a file that does not exist or cannot be read' }] }
  }
  const json = parseStrictJson(bytes)
  if (json.ok) return { ok: true, value: json.value }
  return {
    ok: false,
    problems: [{ setting, zh: `文件不是严格的 JSON（${json.code}）`, en: `names a file that is not strict JSON (${json.code})` }],
  }
}

const keyTexts: Record<KeyFileCode, { zh: string; en: string }> = {
  missing: { zh: '密钥文件不存在', en: 'names a key file that does not exist' },
  unreadable: { zh: '密钥文件无法读取', en: 'names a key file that cannot be read' },
  'not-a-file': { zh: '不是普通文件', en: 'is not a regular file' },
  mode: { zh: '密钥文件的权限宽于 0600', en: 'names a key file whose mode is wider than 0600' },
  'not-pkcs8': { zh: '不是 PKCS#8 PEM 文件', en: 'is not a PKCS#8 PEM file' },
  passphrase: { zh: '密钥文件受口令保护', en: 'names a key file that is protected by a passphrase' },
  'key-type': { zh: '不是 Ed25519 密钥', en: 'does not hold an Ed25519 key' },
  'not-secret': { zh: '不是 32 字节的密钥文件', en: 'does not hold 32 bytes as base64url' },
  exists: { zh: '密钥文件已存在', en: 'already exists' },
  unwritable: { zh: '密钥文件无法写入', en: 'cannot be written' },
}
