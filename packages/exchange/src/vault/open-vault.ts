import { randomBytes } from 'node:crypto'
import type { Reader } from '../db/bulk.ts'
import { sealBytes } from './aead.ts'
import { createEpoch, type Epoch, readEpochs } from './epoch-files.ts'
import type { KeyWrapper } from './key-wrapper.ts'
import { epochOf, INDEX_KEY, Vault } from './vault.ts'
import { VaultError } from './vault-error.ts'
import { keepVaultKey, readVaultKey } from './vault-store.ts'

export interface VaultPlace {
  readonly wrapper: KeyWrapper
  /** Folder of the epoch keys, shared by all processes of the node. */
  readonly epochsFolder: string
}

const INDEX_NAME = INDEX_KEY.slice('vault_keys/'.length)

/** Opens the vault, or makes it where neither database nor folder knows of one. Throws VaultError when keys and database do not belong together. */
export async function openVault(db: Reader, place: VaultPlace, now: () => number): Promise<Vault> {
  const stored = await readVaultKey(db, INDEX_NAME)
  let epochs = await readEpochs(place.epochsFolder, place.wrapper)
  if (epochs.length === 0) {
    // New keys would start beside data that nobody can read any more, and nobody would notice.
    if (stored !== undefined) throw new VaultError('epochs-missing')
    await createEpoch(place.epochsFolder, place.wrapper, 1, now())
    epochs = await readEpochs(place.epochsFolder, place.wrapper)
  }
  const wrapped = stored ?? (await keepVaultKey(db, INDEX_NAME, newIndexKey(epochs), new Date(now())))
  if (!epochs.some(({ epoch }) => epoch === epochOf(wrapped))) throw new VaultError('epochs-missing')
  try {
    return new Vault(epochs, wrapped, now)
  } catch (cause) {
    throw new VaultError('wrong-key', cause)
  }
}

function newIndexKey(epochs: readonly Epoch[]): string {
  const { epoch, key } = epochs[0] as Epoch
  return `e${epoch}.${sealBytes(key, `data-key/${INDEX_KEY}`, randomBytes(32)).toString('base64url')}`
}
