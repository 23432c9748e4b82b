import { readEpochs, secretKeyWrapper, VaultError, type VaultPlace, vaultTexts } from '@hefu/exchange'
import { type KeyFileCode, KeyFileError, type KeyPair, loadKeyPair, loadSecret, loadSigner, type Signer } from '@hefu/protocol'
import type { FileSettings, Parsed } from './settings.ts'

export async function loadKey(path: string, setting: string): Promise<Parsed<Signer>>
export async function loadKey<Key>(path: string, setting: string, load: (path: string) => Promise<Key>): Promise<Parsed<Key>>
export async function loadKey(
  path: string,
  setting: string,
  load: (path: string) => Promise<unknown> = loadSigner,
): Promise<Parsed<unknown>> {
  try {
    return { ok: true, value: await load(path) }
  } catch (error) {
    if (!(error instanceof KeyFileError)) throw error
    return { ok: false, problems: [{ setting, ...keyTexts[error.code] }] }
  }
}

export interface TokenKeys {
  readonly tokenKey: KeyPair
  readonly otherTokenKey: KeyPair | undefined
}

export async function loadTokenKeys({ tokenKeyFile, otherTokenKeyFile }: FileSettings): Promise<Parsed<TokenKeys>> {
  const tokenKey = await loadKey(tokenKeyFile, 'HEFU_TOKEN_KEY', loadKeyPair)
  if (otherTokenKeyFile === undefined)
    return tokenKey.ok ? { ok: true, value: { tokenKey: tokenKey.value, otherTokenKey: undefined } } : tokenKey
  const otherTokenKey = await loadKey(otherTokenKeyFile, 'HEFU_TOKEN_KEY_OTHER', loadKeyPair)
  if (tokenKey.ok && otherTokenKey.ok) return { ok: true, value: { tokenKey: tokenKey.value, otherTokenKey: otherTokenKey.value } }
  return { ok: false, problems: [tokenKey, otherTokenKey].flatMap((key) => (key.ok ? [] : key.problems)) }
}

/** The key-encryption key, and during an exchange the other one, tried on the epoch keys that there are. */
export async function loadVault(settings: FileSettings): Promise<Parsed<VaultPlace>> {
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

export const keyTexts: Record<KeyFileCode, { zh: string; en: string }> = {
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
