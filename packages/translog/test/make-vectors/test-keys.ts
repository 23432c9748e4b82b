import { createPrivateKey, type KeyObject, sign } from 'node:crypto'
import { COSIGNATURE_V1, ED25519, type NoteSigner, type SignatureType, type VerifierKey, verifierKey } from '../../src/index.ts'

/** A key with its signer. The seeds are public: for tests and vectors alone. */
export interface TestKey extends NoteSigner {
  readonly seedHex: string
  readonly key: VerifierKey
}

const PKCS8_ED25519 = Buffer.from('302e020100300506032b657004220420', 'hex')

function testKey(name: string, type: SignatureType, seedByte: number): TestKey {
  const seed = Buffer.alloc(32, seedByte)
  const privateKey: KeyObject = createPrivateKey({ key: Buffer.concat([PKCS8_ED25519, seed]), format: 'der', type: 'pkcs8' })
  return {
    seedHex: seed.toString('hex'),
    key: verifierKey(name, type, privateKey),
    sign: async (bytes) => sign(null, bytes, privateKey),
  }
}

export const log = testKey('510100.example/log', ED25519, 1)
export const otherLog = testKey('500000.example/log', ED25519, 2)
export const witnessA = testKey('500000.example/witness', COSIGNATURE_V1, 3)
export const witnessB = testKey('510000.example/witness', COSIGNATURE_V1, 4)
export const witnessC = testKey('520000.example/witness', COSIGNATURE_V1, 5)
/** In nobody's policy. */
export const stranger = testKey('stranger.example/witness', COSIGNATURE_V1, 6)
/** The key of `log` where it must not be: as a witness's, and as another log's. */
export const logAsWitness = testKey('510100.example/witness', COSIGNATURE_V1, 1)
export const renamedLog = testKey('510100.example/log/2', ED25519, 1)
