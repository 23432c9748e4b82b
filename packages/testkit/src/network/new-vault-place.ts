import { randomBytes } from 'node:crypto'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { secretKeyWrapper, type VaultPlace } from '@hefu/exchange'

/** A key-encryption key and a folder of epoch keys of their own, for a node without files. */
export async function newVaultPlace(): Promise<VaultPlace> {
  return { wrapper: secretKeyWrapper(randomBytes(32)), epochsFolder: await mkdtemp(join(tmpdir(), 'hefu-epochs-')) }
}
