import { fromBase64url, SHA256_TEXT } from './base64url.ts'
import { ALGORITHM, MESSAGE_TYP, type TokenTyp } from './constants.ts'
import { parseStrictJson } from './strict-json.ts'

export interface TokenHeader {
  readonly alg: typeof ALGORITHM
  readonly kid: string
  readonly typ: TokenTyp
}

export type MessageText =
  | {
      readonly ok: true
      readonly kid: string
      readonly header: TokenHeader
      readonly payload: Uint8Array
      readonly signature: Uint8Array
      /** `header.payload`: what is signed and what the digest is taken over. */
      readonly signingInput: string
    }
  | { readonly ok: false }

/**
 * The strict text check, before any key is looked up (protocol.md section 1).
 *
 * A compact JWS has many texts for one signature: other last characters of a segment, padding, white space, other headers that mean
 * the same. An attacker who re-spells a message must not get a second message, so exactly one spelling passes: three base64url
 * segments, unused bits zero, a 64-byte signature, and a header of exactly `alg`, `kid` and `typ`.
 * Bytes are read as Latin-1: whatever is not ASCII then fails the expression.
 */
export function checkMessageText(token: string | Uint8Array, typ: TokenTyp = MESSAGE_TYP): MessageText {
  const text = typeof token === 'string' ? token : Buffer.from(token.buffer, token.byteOffset, token.byteLength).toString('latin1')
  const segments = THREE_SEGMENTS.exec(text)
  if (segments === null) return REFUSED
  const [, headerText = '', payloadText = '', signatureText = ''] = segments
  const headerBytes = fromBase64url(headerText)
  const payload = fromBase64url(payloadText)
  const signature = fromBase64url(signatureText)
  if (headerBytes === undefined || payload === undefined || signature === undefined) return REFUSED
  const header = readHeader(headerBytes, typ)
  if (header === undefined) return REFUSED
  return { ok: true, kid: header.kid, header, payload, signature, signingInput: `${headerText}.${payloadText}` }
}

const REFUSED = { ok: false } as const

const THREE_SEGMENTS = /^([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]{86})$/

function readHeader(bytes: Uint8Array, typ: TokenTyp): TokenHeader | undefined {
  const json = parseStrictJson(bytes)
  if (!json.ok || typeof json.value !== 'object' || json.value === null || Array.isArray(json.value)) return undefined
  const header = json.value as Readonly<Record<string, unknown>>
  if (Object.keys(header).length !== 3 || header.alg !== ALGORITHM || header.typ !== typ) return undefined
  if (typeof header.kid !== 'string' || !SHA256_TEXT.test(header.kid)) return undefined
  return { alg: ALGORITHM, kid: header.kid, typ }
}
