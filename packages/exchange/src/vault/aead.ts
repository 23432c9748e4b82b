import { createCipheriv, createDecipheriv, type KeyObject, randomFillSync } from 'node:crypto'

/**
 * AES-256-GCM as everything at rest is sealed: version, nonce, ciphertext, tag in one. A key object, not its bytes: preparing those again
 * for each call costs ten times what the cipher does. Nonces are random, 96 bits: a data key seals a few values, an epoch key at most one per case
 * of a month, far from the 2^32 of NIST SP 800-38D section 8.3.
 */
const ALGORITHM = 'aes-256-gcm'
/** Which algorithm the rest is in: another one (SM4 in GCM) gets another number. */
const VERSION = 1
const NONCE = 12
const TAG = 16
const options = { authTagLength: TAG } as const

export function sealBytes(key: KeyObject, context: string, plain: Uint8Array): Buffer {
  const nonce = nextNonce()
  const cipher = createCipheriv(ALGORITHM, key, nonce, options).setAAD(Buffer.from(context))
  const sealed = [Buffer.of(VERSION), nonce, cipher.update(plain), cipher.final()]
  return Buffer.concat([...sealed, cipher.getAuthTag()])
}

/** Throws unless these bytes were sealed by this key for this context. */
export function openBytes(key: KeyObject, context: string, sealed: Uint8Array): Buffer {
  const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength)
  if (bytes[0] !== VERSION || bytes.length < 1 + NONCE + TAG) throw new Error('not a sealed value')
  const decipher = createDecipheriv(ALGORITHM, key, bytes.subarray(1, 1 + NONCE), options).setAAD(Buffer.from(context))
  decipher.setAuthTag(bytes.subarray(-TAG))
  const plain = decipher.update(bytes.subarray(1 + NONCE, -TAG))
  decipher.final()
  return plain
}

const drawn = Buffer.alloc(NONCE * 512)
let used = drawn.length

/** Drawn many at a time: a call for twelve bytes costs as much as one for thousands. */
function nextNonce(): Buffer {
  if (used === drawn.length) {
    randomFillSync(drawn)
    used = 0
  }
  used += NONCE
  return Buffer.from(drawn.subarray(used - NONCE, used))
}
