import { createCipheriv, createDecipheriv, createHmac, createPrivateKey, createPublicKey, hash, sign } from 'node:crypto'
import { isEd25519Signature } from './verify-signature.ts'

export type Algorithm = 'Ed25519' | 'SHA-256' | 'HMAC-SHA-256' | 'AES-256-GCM'

/** Each answers whether this machine computes what is published, forwards and backwards. */
export const KNOWN_ANSWERS: Readonly<Record<Algorithm, () => boolean>> = {
  Ed25519: ed25519,
  'SHA-256': () => hash('sha256', 'abc', 'hex') === 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
  'HMAC-SHA-256': () =>
    createHmac('sha256', 'Jefe').update('what do ya want for nothing?').digest('hex') ===
    '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
  'AES-256-GCM': aes256Gcm,
}

/**
 * The algorithms that do not give their known answer: a library or a processor that is broken must be found out before anything is signed,
 * and before anything is believed.
 */
export function brokenAlgorithms(answers: Readonly<Record<Algorithm, () => boolean>> = KNOWN_ANSWERS): Algorithm[] {
  return (Object.keys(answers) as Algorithm[]).filter((algorithm) => {
    try {
      return !answers[algorithm]()
    } catch {
      return true
    }
  })
}

/** RFC 8032 section 7.1, test 2; and a signature with one bit turned is refused. */
function ed25519(): boolean {
  const seed = '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb'
  const x = Buffer.from('3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c', 'hex').toString('base64url')
  const expected =
    '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00'
  const privateKey = createPrivateKey({ key: Buffer.from(`302e020100300506032b657004220420${seed}`, 'hex'), format: 'der', type: 'pkcs8' })
  const publicKey = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' })
  const signature = sign(null, Buffer.from('72', 'hex'), privateKey)
  const turned = Buffer.from(signature)
  turned[5] = (turned[5] ?? 0) ^ 1
  return (
    signature.toString('hex') === expected && isEd25519Signature('r', publicKey, signature) && !isEd25519Signature('r', publicKey, turned)
  )
}

/** The Galois/Counter Mode of Operation (McGrew, Viega), test case 14; and a changed tag is refused. */
function aes256Gcm(): boolean {
  const [key, iv, plain] = [Buffer.alloc(32), Buffer.alloc(12), Buffer.alloc(16)]
  const cipher = createCipheriv('aes-256-gcm', key, iv)
  const sealed = Buffer.concat([cipher.update(plain), cipher.final()])
  const tag = cipher.getAuthTag()
  const opens = (proof: Buffer) => {
    const decipher = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: 16 }).setAuthTag(proof)
    try {
      return Buffer.concat([decipher.update(sealed), decipher.final()]).equals(plain)
    } catch {
      return false
    }
  }
  const isKnown =
    sealed.toString('hex') === 'cea7403d4d606b6e074ec5d3baf39d18' && tag.toString('hex') === 'd0d1c8a799996bf0265b98b5d48ab919'
  return isKnown && opens(tag) && !opens(Buffer.alloc(16))
}
