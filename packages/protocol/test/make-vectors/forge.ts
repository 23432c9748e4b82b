import { createHmac } from 'node:crypto'
import { ALGORITHM, MESSAGE_TYP, type Signer } from '../../src/index.ts'
import { exampleClaims } from './example.ts'
import { CHENGDU } from './test-keys.ts'

/** What a hostile or broken sender can write, with the real key or without. Nothing here goes through the package's own signer. */

export const header = { alg: ALGORITHM, kid: CHENGDU.jwk.kid, typ: MESSAGE_TYP }

const encode = (content: string | Uint8Array): string => Buffer.from(content).toString('base64url')

/** A correct signature over any two texts. */
export async function signTexts(headerText: string, payloadText: string, signer: Signer = CHENGDU.signer): Promise<string> {
  const signature = await signer.sign(Buffer.from(`${headerText}.${payloadText}`))
  return `${headerText}.${payloadText}.${encode(signature)}`
}

/** The valid payload under any header (JSON text or bytes), correctly signed. */
export function withHeader(content: object | string | Uint8Array): Promise<string> {
  const bytes = typeof content === 'string' || content instanceof Uint8Array ? content : JSON.stringify(content)
  return signTexts(encode(bytes), encode(JSON.stringify(exampleClaims)))
}

/** Any payload (JSON text or bytes) under the valid header, correctly signed. */
export function withPayload(content: string | Uint8Array): Promise<string> {
  return signTexts(encode(JSON.stringify(header)), encode(content))
}

/** The valid claims with some replaced; `undefined` removes one. Correctly signed. */
export function withClaims(changes: Readonly<Record<string, unknown>>): Promise<string> {
  return withPayload(JSON.stringify({ ...exampleClaims, ...changes }))
}

/** The valid claims as JSON text with one piece of text replaced: for what JSON.stringify cannot write. */
export function withPayloadText(search: string, replacement: string): Promise<string> {
  const text = JSON.stringify(exampleClaims)
  if (!text.includes(search)) throw new Error(`the example has no ${search}`)
  return withPayload(text.replace(search, () => replacement))
}

/** HS256 with the public key as the shared secret: the classic confusion of algorithms (RFC 8725 section 2.1). */
export function withPublicKeyAsSecret(): string {
  const input = `${encode(JSON.stringify({ ...header, alg: 'HS256' }))}.${encode(JSON.stringify(exampleClaims))}`
  return `${input}.${createHmac('sha256', Buffer.from(CHENGDU.jwk.x, 'base64url')).update(input).digest('base64url')}`
}

/** The same segment with one of its unused trailing bits set: decodes to the same bytes. */
export function withUnusedBit(segment: string): string {
  if (segment.length % 4 < 2) throw new Error('this segment has no unused bits')
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  const last = alphabet.indexOf(segment.slice(-1))
  return segment.slice(0, -1) + alphabet.charAt(last | 1)
}

/** S + L in place of S (RFC 8032 section 5.1.7 wants S < L): a second signature for the same bytes if a verifier forgets to look. */
export function withMalleatedSignature(token: string): string {
  const at = token.lastIndexOf('.') + 1
  const signature = Buffer.from(token.slice(at), 'base64url')
  const order = 2n ** 252n + 27742317777372353535851937790883648493n
  const s = BigInt(`0x${Buffer.from(signature.subarray(32)).reverse().toString('hex')}`) + order
  const sBytes = Buffer.from(s.toString(16).padStart(64, '0'), 'hex').reverse()
  return token.slice(0, at) + Buffer.concat([signature.subarray(0, 32), sBytes]).toString('base64url')
}
