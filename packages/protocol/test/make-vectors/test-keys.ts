import { createPrivateKey, hash, type KeyObject } from 'node:crypto'
import { COSIGNATURE_V1, ED25519, formatVerifierKey, type SignatureType, verifierKey } from '@hefu/translog'
import { type PublicJwk, publicJwk, type Signer, signerOf } from '../../src/index.ts'

export interface TestKey {
  readonly seed: string
  readonly privateKey: KeyObject
  readonly jwk: PublicJwk
  readonly signer: Signer
}

/** A key anybody can compute: the seed is the SHA-256 of a published sentence. For vectors and tests only, never for a real node. */
export function testKey(owner: string): TestKey {
  const seed = hash('sha256', `Hefu test key of ${owner}: public, worthless, for vectors only`, 'hex')
  const privateKey = createPrivateKey({ key: Buffer.from(PKCS8_PREFIX + seed, 'hex'), format: 'der', type: 'pkcs8' })
  return { seed, privateKey, jwk: publicJwk(privateKey), signer: signerOf(privateKey) }
}

/** RFC 8410 section 7: everything of the PKCS#8 structure before the 32 bytes of an Ed25519 private key. */
const PKCS8_PREFIX = '302e020100300506032b657004220420'

export const CHENGDU = testKey('510100')
export const CHONGQING = testKey('500000')
/** In nobody's federation file. */
export const STRANGER = testKey('a stranger')

export interface TestLogKey extends TestKey {
  readonly name: string
  readonly verifierKey: string
}

/** A test key under the name of a log or a witness. */
export function testLogKey(name: string, type: SignatureType): TestLogKey {
  const key = testKey(name)
  return { ...key, name, verifierKey: formatVerifierKey(verifierKey(name, type, key.privateKey)) }
}

export const CHENGDU_LOG = testLogKey('510100.hefu.example/log', ED25519)
export const CHENGDU_WITNESS = testLogKey('510100.hefu.example/witness', COSIGNATURE_V1)
export const CHONGQING_LOG = testLogKey('500000.hefu.example/log', ED25519)
export const CHONGQING_WITNESS = testLogKey('500000.hefu.example/witness', COSIGNATURE_V1)
