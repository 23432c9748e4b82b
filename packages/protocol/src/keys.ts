import { createPublicKey, hash, type KeyObject } from 'node:crypto'
import type { RegionId } from '@hefu/reference'
import type { KeyTimes } from './judge-key-use.ts'

/** Signs bytes, never objects. Where the private key lives is the implementation's matter. */
export interface Signer {
  /** RFC 7638 thumbprint of the public key. */
  readonly kid: string
  sign(bytes: Uint8Array): Promise<Uint8Array>
}

/** A public Ed25519 key as it is written down: in the federation file, by `hefu keygen`. */
export interface PublicJwk {
  readonly kty: 'OKP'
  readonly crv: 'Ed25519'
  /** 32 bytes, base64url. */
  readonly x: string
  /** Must be the thumbprint of the three members above. */
  readonly kid: string
}

/** Whose key it is. */
export interface KeyOwner {
  readonly region: RegionId
  readonly key: KeyObject
  /** As its region's manifests have them. */
  readonly times?: KeyTimes
}

/** By `kid` alone among all keys pinned for all peers: nothing else in an unverified message may steer the choice of the key. */
export type KeyLookUp = (kid: string) => KeyOwner | undefined

/** RFC 7638 (with RFC 8037 section 2 for OKP keys): SHA-256 over the required members in lexical order; base64url, 43 characters. */
export function thumbprint(jwk: Pick<PublicJwk, 'kty' | 'crv' | 'x'>): string {
  return hash('sha256', JSON.stringify({ crv: jwk.crv, kty: jwk.kty, x: jwk.x }), 'base64url')
}

/** The public half of an Ed25519 key (private or public), with its thumbprint. Throws TypeError on another kind of key. */
export function publicJwk(key: KeyObject): PublicJwk {
  const publicKey = key.type === 'private' ? createPublicKey(key) : key
  const { x } = publicKey.export({ format: 'jwk' })
  if (publicKey.asymmetricKeyType !== 'ed25519' || x === undefined) throw new TypeError('not an Ed25519 key')
  const members = { kty: 'OKP', crv: 'Ed25519', x } as const
  return { ...members, kid: thumbprint(members) }
}

/** The key to verify with. Throws when `x` is not 32 bytes. */
export function importPublicJwk({ kty, crv, x }: Pick<PublicJwk, 'kty' | 'crv' | 'x'>): KeyObject {
  return createPublicKey({ key: { kty, crv, x }, format: 'jwk' })
}
