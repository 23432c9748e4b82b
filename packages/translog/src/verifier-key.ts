import { createPublicKey, hash, type KeyObject } from 'node:crypto'
import { fromBase64, toBase64 } from './base64.ts'
import { isKeyName } from './note-text.ts'
import { type Parsed, refused } from './parsed.ts'
import { TranslogError } from './translog-error.ts'

/** Signature types of C2SP signed-note that this log uses: a log's own signatures, and the cosignatures of witnesses. */
export const ED25519 = 0x01
export const COSIGNATURE_V1 = 0x04
export type SignatureType = typeof ED25519 | typeof COSIGNATURE_V1

/** A public key that checks signatures of notes. */
export interface VerifierKey {
  /** For a log its origin. */
  readonly name: string
  readonly type: SignatureType
  /** 8 hexadecimal digits: the first 4 bytes of SHA-256(name ‖ "\n" ‖ type ‖ public key). A hint, too short to be trusted by itself. */
  readonly keyId: string
  /** 32 bytes. */
  readonly publicKey: Uint8Array
  readonly key: KeyObject
}

/**
 * The verifier key of a public (or private) Ed25519 key. Throws TranslogError: `text` for a name that no key may have, `key-type` for
 * another kind of key.
 */
export function verifierKey(name: string, type: SignatureType, key: KeyObject): VerifierKey {
  if (!isKeyName(name)) throw new TranslogError('text', 'not a key name')
  const publicHalf = key.type === 'private' ? createPublicKey(key) : key
  if (publicHalf.asymmetricKeyType !== 'ed25519') throw new TranslogError('key-type', 'not an Ed25519 key')
  const publicKey = Buffer.from(publicHalf.export({ format: 'jwk' }).x ?? '', 'base64url')
  return { name, type, keyId: keyIdOf(name, type, publicKey), publicKey, key: publicHalf }
}

function keyIdOf(name: string, type: SignatureType, publicKey: Uint8Array): string {
  return hash('sha256', Buffer.concat([Buffer.from(`${name}\n`), Buffer.of(type), publicKey]), 'hex').slice(0, 8)
}

/** `name+key id+base64(type ‖ public key)` (C2SP signed-note, verifier keys). */
export function formatVerifierKey({ name, type, keyId, publicKey }: VerifierKey): string {
  return `${name}+${keyId}+${toBase64(Buffer.concat([Buffer.of(type), publicKey]))}`
}

/** `form`: not the three parts; `name`; `key`: not canonical base64 of a type and 32 bytes; `type`: not 01 or 04; `key-id`: of another key. */
export type VerifierKeyCode = 'form' | 'name' | 'key' | 'type' | 'key-id'

const VERIFIER_KEY = /^([^+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]{44})$/

/** Reads a verifier key in its one spelling (hexadecimal in small letters). */
export function parseVerifierKey(text: string): Parsed<VerifierKey, VerifierKeyCode> {
  if (text.length > 400) return refused('form')
  const parts = VERIFIER_KEY.exec(text)
  if (parts === null) return refused('form')
  const [, name = '', keyId = '', encoded = ''] = parts
  if (!isKeyName(name)) return refused('name')
  const bytes = fromBase64(encoded)
  if (bytes?.length !== 33) return refused('key')
  const type = bytes[0]
  if (type !== ED25519 && type !== COSIGNATURE_V1) return refused('type')
  const publicKey = bytes.subarray(1)
  if (keyIdOf(name, type, publicKey) !== keyId) return refused('key-id')
  const jwk = { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(publicKey).toString('base64url') }
  return { ok: true, value: { name, type, keyId, publicKey, key: createPublicKey({ key: jwk, format: 'jwk' }) } }
}
