import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type KeyRecord, loadSigner, maySign, type Signer } from '@hefu/protocol'
import { HefuError } from '../errors.ts'

export const MANIFEST_FILE = 'manifest.jwt'

/** What lies in the folder of a node's message keys: its private keys, and the manifest that says from when to when each is used. */
export interface KeyFolder {
  readonly signers: ReadonlyMap<string, Signer>
  readonly manifest: Uint8Array | undefined
}

/** Reads every `*.pem` of the folder, whatever its name, and the manifest. Throws KeyFileError for a key that cannot or must not be read. */
export async function readKeyFolder(folder: string): Promise<KeyFolder> {
  const names = (await readdir(folder)).sort()
  const signers = await Promise.all(names.filter((name) => name.endsWith('.pem')).map(async (name) => await loadSigner(join(folder, name))))
  const manifest = names.includes(MANIFEST_FILE) ? await readFile(join(folder, MANIFEST_FILE)) : undefined
  return { signers: new Map(signers.map((signer) => [signer.kid, signer])), manifest }
}

/** Another text where anything in the folder has changed. */
export async function folderState(folder: string): Promise<string> {
  const names = (await readdir(folder)).sort()
  const files = await Promise.all(
    names.map(async (name) => {
      const { mtimeMs, size, ino } = await stat(join(folder, name))
      return `${name} ${mtimeMs} ${size} ${ino}`
    }),
  )
  return files.join('\n')
}

/**
 * The key to sign with at this time (epoch seconds): one whose time it is by the manifest and whose private half is here; of several,
 * the one that began last. A node signs nothing rather than with a key of which its peers do not know. Throws HefuError.
 */
export function signerAt(records: readonly KeyRecord[], signers: ReadonlyMap<string, Signer>, now: number): Signer {
  const usable = records.filter((record) => maySign(record, now) && signers.has(record.kid)).toSorted((a, b) => b.iat - a.iat)
  const signer = usable[0] && signers.get(usable[0].kid)
  if (signer === undefined) throw new HefuError('unavailable', { detail: NO_KEY })
  return signer
}

const NO_KEY = {
  zh: '本节点没有处于有效期内的签名密钥：请运维人员用 hefu key list 查看，并轮换密钥。',
  en: 'This node has no signing key whose time it is: an operator looks with hefu key list, and rotates the key.',
}
