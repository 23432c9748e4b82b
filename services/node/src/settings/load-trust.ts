import { isUrl, type KeyFolder, readKeyFolder, readRegistrySource } from '@hefu/exchange'
import {
  KeyFileError,
  type PublicJwk,
  parsePins,
  publicJwk,
  type Registry,
  type RegistryRegion,
  type Signer,
  verifyManifest,
  verifyRegistry,
} from '@hefu/protocol'
import { parseVerifierKey } from '@hefu/translog'
import { loadJson } from './load-json.ts'
import { keyTexts } from './load-keys.ts'
import type { Parsed, SettingProblem, Settings } from './settings.ts'

export async function loadPins(path: string): Promise<Parsed<readonly PublicJwk[]>> {
  const setting = 'HEFU_FEDERATION_KEYS'
  const json = await loadJson(path, setting)
  if (!json.ok) return json
  const pins = parsePins(json.value)
  if (pins !== undefined) return { ok: true, value: pins }
  return { ok: false, problems: [{ setting, zh: '不是 Ed25519 公钥的 JWK Set', en: 'is not a JWK set of Ed25519 public keys' }] }
}

export async function loadFolder(path: string): Promise<Parsed<KeyFolder>> {
  const setting = 'HEFU_KEYS'
  try {
    return { ok: true, value: await readKeyFolder(path) }
  } catch (error) {
    if (error instanceof KeyFileError) return { ok: false, problems: [{ setting, ...keyTexts[error.code] }] }
    return { ok: false, problems: [{ setting, zh: '目录不存在或无法读取', en: 'names a folder that does not exist or cannot be read' }] }
  }
}

/** An address that does not answer now keeps no node from starting that has believed a registry before. */
export async function loadRegistry(source: string, pins: Parsed<readonly PublicJwk[]>): Promise<Parsed<Registry | undefined>> {
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

export interface LoadedFiles {
  readonly folder: Parsed<KeyFolder>
  readonly logSigner: Parsed<Signer>
  readonly witnessSigner: Parsed<Signer>
}

/** Each file may be right by itself and still not belong to this region. */
export function mismatches({ region }: Pick<Settings, 'region'>, { claims }: Registry, files: LoadedFiles): SettingProblem[] {
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
