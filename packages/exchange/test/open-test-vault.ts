import { hash } from 'node:crypto'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import type { Reader } from '../src/db/bulk.ts'
import { secretKeyWrapper } from '../src/vault/key-wrapper.ts'
import { openVault, type VaultPlace } from '../src/vault/open-vault.ts'

/** The vault over this database: the same for every process of a test that opens it. */
export async function openTestVault(db: Reader, url: string, now: () => number = Date.now) {
  return await openVault(db, vaultPlaceOf(url), now)
}

export function vaultPlaceOf(url: string): VaultPlace {
  const name = hash('sha256', url, 'buffer')
  return { wrapper: secretKeyWrapper(name), epochsFolder: join(tmpdir(), `hefu-test-epochs-${userInfo().uid}`, name.toString('hex')) }
}
