import { generateKeyFile, loadPassphrase, loadSigner, type PublicJwk, type Signer } from '@hefu/protocol'

/**
 * A private key of whoever runs the command. Where `HEFU_PASSPHRASE_FILE` names a file (mode 0600), its first line opens keys that are
 * encrypted, and encrypts new ones: never an argument, which every user of the machine can read. Throws KeyFileError.
 */
export async function loadOwnKey(path: string): Promise<Signer> {
  return await loadSigner(path, await passphrase())
}

/** As `generateKeyFile`. Not for the keys of a node: it starts when nobody is there. */
export async function makeOwnKey(path: string): Promise<PublicJwk> {
  return await generateKeyFile(path, await passphrase())
}

async function passphrase(): Promise<string | undefined> {
  const file = process.env.HEFU_PASSPHRASE_FILE
  return file === undefined || file === '' ? undefined : await loadPassphrase(file)
}
