// The one file of this package that touches a disk. A key file's mode and its content have to be read from the same open file, and
// every process that signs (node, cli, sandbox) needs the same refusals, so this is kept beside the key types and not in each of them.
import { createPrivateKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'
import { open } from 'node:fs/promises'
import { type PublicJwk, publicJwk, type Signer } from './keys.ts'

export type KeyFileCode =
  | 'missing'
  | 'unreadable'
  | 'not-a-file'
  | 'mode'
  | 'not-pkcs8'
  | 'passphrase'
  | 'key-type'
  | 'not-secret'
  | 'exists'
  | 'unwritable'

/** Names the file and what is wrong with it, never its content. */
export class KeyFileError extends Error {
  readonly code: KeyFileCode
  readonly path: string

  constructor(code: KeyFileCode, path: string, message: string, cause?: unknown) {
    super(`${path}: ${message}`, { cause })
    this.name = 'KeyFileError'
    this.code = code
    this.path = path
  }
}

/**
 * Loads a private Ed25519 key from a PKCS#8 PEM file (protocol.md section 3). Symbolic links are followed: secrets are often mounted
 * as links. Throws KeyFileError.
 */
export async function loadSigner(path: string, passphrase?: string): Promise<Signer> {
  return signerOf(parsePrivateKey(path, await readKeyFile(path), passphrase))
}

/** As `loadSigner`, with the public half, for keys whose signatures are verified here too. Throws KeyFileError. */
export async function loadKeyPair(path: string, passphrase?: string): Promise<KeyPair> {
  const key = parsePrivateKey(path, await readKeyFile(path), passphrase)
  return { signer: signerOf(key), jwk: publicJwk(key) }
}

export interface KeyPair {
  readonly signer: Signer
  readonly jwk: PublicJwk
}

/** A signer over a key already in memory. Throws TypeError unless it is an Ed25519 key. */
export function signerOf(key: KeyObject): Signer {
  const { kid } = publicJwk(key)
  return { kid, sign: async (bytes) => sign(null, bytes, key) }
}

/**
 * Writes a fresh private key with mode 0600 and returns its public half. Never overwrites: a lost key cannot be had back.
 * Throws KeyFileError.
 */
export async function generateKeyFile(path: string, passphrase?: string): Promise<PublicJwk> {
  const { privateKey } = generateKeyPairSync('ed25519')
  const encryption = passphrase === undefined ? {} : { cipher: 'aes-256-cbc', passphrase }
  await writeNewFile(path, privateKey.export({ type: 'pkcs8', format: 'pem', ...encryption }))
  return publicJwk(privateKey)
}

/** The first line of a file that only its owner may read. Throws KeyFileError. */
export async function loadPassphrase(path: string): Promise<string> {
  const [line = ''] = (await readKeyFile(path)).split(/\r?\n/, 1)
  return line
}

/** Characters of base64url that 32 bytes take. */
const SECRET_TEXT = /^[A-Za-z0-9_-]{43}$/

/** Writes 32 fresh random bytes, as base64url, with mode 0600: the key that wraps the keys of data at rest. Never overwrites. Throws KeyFileError. */
export async function generateSecretFile(path: string): Promise<void> {
  await writeNewFile(path, `${randomBytes(32).toString('base64url')}\n`)
}

/** The 32 bytes of a file that `generateSecretFile` wrote. Throws KeyFileError. */
export async function loadSecret(path: string): Promise<Uint8Array> {
  const text = (await readKeyFile(path)).trim()
  if (!SECRET_TEXT.test(text)) throw new KeyFileError('not-secret', path, 'does not hold 32 bytes as base64url')
  return Buffer.from(text, 'base64url')
}

async function writeNewFile(path: string, content: string | Buffer): Promise<void> {
  try {
    await using file = await open(path, 'wx', 0o600)
    await file.writeFile(content)
    await file.sync()
  } catch (error) {
    if (errorCode(error) === 'EEXIST') throw new KeyFileError('exists', path, 'already exists and is not overwritten', error)
    throw new KeyFileError('unwritable', path, 'cannot be written', error)
  }
}

async function readKeyFile(path: string): Promise<string> {
  let text: string
  try {
    await using file = await open(path, 'r')
    // Asked of the open file, not of the path: between two looks at a path the file may be exchanged.
    const stat = await file.stat()
    if (!stat.isFile()) throw new KeyFileError('not-a-file', path, 'is not a regular file')
    if ((stat.mode & 0o777 & ~0o600) !== 0) {
      throw new KeyFileError('mode', path, `has mode ${(stat.mode & 0o777).toString(8).padStart(4, '0')}, which is wider than 0600`)
    }
    text = await file.readFile('utf8')
  } catch (error) {
    if (error instanceof KeyFileError) throw error
    if (errorCode(error) === 'ENOENT') throw new KeyFileError('missing', path, 'does not exist', error)
    throw new KeyFileError('unreadable', path, 'cannot be read', error)
  }
  return text
}

function parsePrivateKey(path: string, pem: string, passphrase: string | undefined): KeyObject {
  const encrypted = pem.startsWith('-----BEGIN ENCRYPTED PRIVATE KEY-----')
  if (!encrypted && !pem.startsWith('-----BEGIN PRIVATE KEY-----')) throw new KeyFileError('not-pkcs8', path, 'is not a PKCS#8 PEM file')
  if (encrypted && passphrase === undefined) throw new KeyFileError('passphrase', path, 'needs a passphrase')
  let key: KeyObject
  try {
    key = createPrivateKey({ key: pem, format: 'pem', ...(encrypted && passphrase !== undefined ? { passphrase } : {}) })
  } catch (error) {
    if (encrypted) throw new KeyFileError('passphrase', path, 'does not open with this passphrase', error)
    throw new KeyFileError('not-pkcs8', path, 'is not a PKCS#8 PEM file', error)
  }
  if (key.asymmetricKeyType !== 'ed25519') throw new KeyFileError('key-type', path, 'does not hold an Ed25519 key')
  return key
}

function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}
