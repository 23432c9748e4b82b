import type { Text } from '@hefu/procedures'

/** Why the vault cannot be opened: the node does not start. */
export type VaultErrorCode = 'wrong-key' | 'epochs-missing' | 'epochs-unreadable' | 'epochs-unwritable'

export const vaultTexts: Record<VaultErrorCode, Text> = {
  'wrong-key': {
    zh: '此密钥不能解开时期密钥文件：密钥加密密钥有误，或文件已损坏',
    en: 'does not open the epoch keys: it is another key-encryption key, or a file is damaged',
  },
  'epochs-missing': {
    zh: '数据库中的数据密钥由一把不在此处的时期密钥包裹：请恢复时期密钥目录',
    en: 'the database holds data keys of an epoch whose key is not here: bring back the folder of the epoch keys',
  },
  'epochs-unreadable': { zh: '时期密钥目录无法读取', en: 'the folder of the epoch keys cannot be read' },
  'epochs-unwritable': { zh: '时期密钥目录无法写入', en: 'the folder of the epoch keys cannot be written' },
}

export class VaultError extends Error {
  readonly code: VaultErrorCode

  constructor(code: VaultErrorCode, cause?: unknown) {
    super(vaultTexts[code].en, { cause })
    this.name = 'VaultError'
    this.code = code
  }
}
