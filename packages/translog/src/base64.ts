import { HASH_BYTES } from './tree-hash.ts'

/** Standard base64 with padding (RFC 4648 section 4), as C2SP formats have it. */
export function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
}

/** The bytes, or undefined unless the text is their one canonical encoding: Node alone would also read base64url, spaces and stray bits. */
export function fromBase64(text: string): Uint8Array | undefined {
  const bytes = Buffer.from(text, 'base64')
  return bytes.toString('base64') === text ? bytes : undefined
}

/** A hash of 32 bytes: 43 characters and `=`. */
export function hashFromBase64(text: string): Uint8Array | undefined {
  if (text.length !== 44) return undefined
  const bytes = fromBase64(text)
  return bytes?.length === HASH_BYTES ? bytes : undefined
}
