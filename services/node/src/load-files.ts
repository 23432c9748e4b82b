import { readFile } from 'node:fs/promises'
import { type Client, parseClients, readEpochs, secretKeyWrapper, VaultError, type VaultPlace, vaultTexts } from '@hefu/exchange'
import {
  type Federation,
  type KeyFileCode,
  KeyFileError,
  loadSecret,
  loadSigner,
  parseFederation,
  parseStrictJson,
  publicJwk,
  regionById,
  regionOfAgency,
  type Signer,
} from '@hefu/protocol'
import type { AgencyCode } from '@hefu/reference'
import type { VerifierKey } from '@hefu/translog'
import type { Parsed, SettingProblem, Settings } from './config.ts'
import { loadTls, type Tls, type TlsFiles } from './http/tls.ts'

export type FileSettings = Partial<Pick<Settings, 'apiTls' | 'exchangeTls'>> &
  Pick<
    Settings,
    | 'region'
    | 'federationFile'
    | 'keyFile'
    | 'logKeyFile'
    | 'witnessKeyFile'
    | 'actorKeyFile'
    | 'vaultKeyFile'
    | 'vaultEpochsFolder'
    | 'clientsFile'
  >

export interface Files {
  readonly federation: Federation
  readonly signer: Signer
  readonly logSigner: Signer
  readonly witnessSigner: Signer
  readonly actorSigner: Signer
  readonly vaultPlace: VaultPlace
  readonly clients: readonly Client[]
  readonly tls: ListenerTls
}

/** Of each listener; undefined: plain HTTP. */
export interface ListenerTls {
  readonly api: Tls | undefined
  readonly exchange: Tls | undefined
}

/** Reads the files that the settings name and reports all problems of all of them at once. */
export async function loadFiles(settings: FileSettings): Promise<Parsed<Files>> {
  const [federation, signer, logSigner, witnessSigner, actorSigner, vaultPlace, clients, apiTls, exchangeTls] = await Promise.all([
    loadFederation(settings.federationFile),
    loadKey(settings.keyFile, 'HEFU_KEY'),
    loadKey(settings.logKeyFile, 'HEFU_LOG_KEY'),
    loadKey(settings.witnessKeyFile, 'HEFU_WITNESS_KEY'),
    loadKey(settings.actorKeyFile, 'HEFU_ACTOR_KEY'),
    loadVault(settings),
    loadClients(settings.clientsFile),
    loadListenerTls(settings.apiTls, 'HEFU_API_TLS_CERT'),
    loadListenerTls(settings.exchangeTls, 'HEFU_EXCHANGE_TLS_CERT'),
  ])
  const files = [federation, signer, logSigner, witnessSigner, actorSigner, vaultPlace, clients, apiTls, exchangeTls]
  const problems = files.flatMap((file) => (file.ok ? [] : file.problems))
  if (federation.ok) problems.push(...mismatches(settings, federation.value, { signer, logSigner, witnessSigner, clients }))
  const areKeys = signer.ok && logSigner.ok && witnessSigner.ok && actorSigner.ok && vaultPlace.ok
  if (!(federation.ok && areKeys && clients.ok && apiTls.ok && exchangeTls.ok)) return { ok: false, problems }
  if (problems.length > 0) return { ok: false, problems }
  const keys = { signer: signer.value, logSigner: logSigner.value, witnessSigner: witnessSigner.value, actorSigner: actorSigner.value }
  const tls = { api: apiTls.value, exchange: exchangeTls.value }
  return { ok: true, value: { federation: federation.value, ...keys, vaultPlace: vaultPlace.value, clients: clients.value, tls } }
}

/** Each file may be right by itself and still not belong to this region. */
function mismatches(
  { region }: Pick<Settings, 'region'>,
  federation: Federation,
  files: { readonly [File in 'signer' | 'logSigner' | 'witnessSigner']: Parsed<Signer> } & { readonly clients: Parsed<readonly Client[]> },
): SettingProblem[] {
  const own = regionById(federation, region)
  if (!own) return [{ setting: 'HEFU_REGION', zh: '联合体文件中没有此区域', en: 'is not a region of the federation file' }]
  const { signer, logSigner, witnessSigner, clients } = files
  const problems: SettingProblem[] = []
  if (signer.ok && !own.keys.some(({ kid }) => kid === signer.value.kid)) {
    problems.push({
      setting: 'HEFU_KEY',
      zh: '联合体文件未将此密钥列在本区域名下',
      en: 'is not among the keys that the federation file pins for this region',
    })
  }
  if (!holdsKey(logSigner, federation.logKeys.get(region))) {
    problems.push({
      setting: 'HEFU_LOG_KEY',
      zh: '与联合体文件中本区域的日志密钥不符',
      en: "is not the region's log key of the federation file",
    })
  }
  if (!holdsKey(witnessSigner, federation.witnessKeys.get(region))) {
    problems.push({
      setting: 'HEFU_WITNESS_KEY',
      zh: '与联合体文件中本区域的见证密钥不符',
      en: "is not the region's witness key of the federation file",
    })
  }
  for (const { agency, client } of clients.ok ? clients.value : []) {
    if (agency !== null && regionOfAgency(federation, agency as AgencyCode) !== region) {
      problems.push({
        setting: 'HEFU_CLIENTS',
        zh: `客户端 ${client} 的机构不属于本区域`,
        en: `the agency of client ${client} is not one of this region`,
      })
    }
  }
  return problems
}

/** True also for a file that could not be read: that is a problem already. */
function holdsKey(signer: Parsed<Signer>, key: VerifierKey | undefined): boolean {
  return !signer.ok || (key !== undefined && publicJwk(key.key).kid === signer.value.kid)
}

async function loadFederation(path: string): Promise<Parsed<Federation>> {
  const json = await loadJson(path, 'HEFU_FEDERATION')
  if (!json.ok) return json
  const parsed = parseFederation(json.value)
  if (parsed.ok) return { ok: true, value: parsed.federation }
  return { ok: false, problems: parsed.problems.map(({ pointer, zh, en }) => ({ setting: `HEFU_FEDERATION ${pointer}`, zh, en })) }
}

async function loadClients(path: string): Promise<Parsed<readonly Client[]>> {
  const json = await loadJson(path, 'HEFU_CLIENTS')
  if (!json.ok) return json
  const parsed = parseClients(json.value)
  if (parsed.ok) return { ok: true, value: parsed.clients }
  return { ok: false, problems: parsed.problems.map(({ pointer, zh, en }) => ({ setting: `HEFU_CLIENTS ${pointer}`, zh, en })) }
}

async function loadListenerTls(files: TlsFiles | undefined, setting: string): Promise<Parsed<Tls | undefined>> {
  if (files === undefined) return { ok: true, value: undefined }
  const loaded = await loadTls(files)
  return loaded.ok ? { ok: true, value: loaded.tls } : { ok: false, problems: [{ setting, ...loaded.problem }] }
}

async function loadKey(path: string, setting: string): Promise<Parsed<Signer>> {
  try {
    return { ok: true, value: await loadSigner(path) }
  } catch (error) {
    if (!(error instanceof KeyFileError)) throw error
    return { ok: false, problems: [{ setting, ...keyTexts[error.code] }] }
  }
}

/** The key-encryption key, tried on the epoch keys that there are. */
async function loadVault({ vaultKeyFile, vaultEpochsFolder: epochsFolder }: FileSettings): Promise<Parsed<VaultPlace>> {
  const setting = 'HEFU_VAULT_KEY'
  try {
    const wrapper = secretKeyWrapper(await loadSecret(vaultKeyFile))
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
