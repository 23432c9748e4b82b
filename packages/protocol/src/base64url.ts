/** Base64url without padding, for `bytes` bytes exactly; unused trailing bits must be zero, so that one value has one text. */
export function base64urlPattern(bytes: number): RegExp {
  const whole = Math.floor(bytes / 3) * 4
  const rest = bytes % 3
  const tail = rest === 0 ? '' : rest === 1 ? '[A-Za-z0-9_-][AQgw]' : '[A-Za-z0-9_-]{2}[AEIMQUYcgkosw048]'
  return new RegExp(`^[A-Za-z0-9_-]{${whole}}${tail}$`)
}

export function toBase64url(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64url')
}

/** The bytes, or undefined when the text is not the one canonical encoding (decode and encode give the same text). */
export function fromBase64url(text: string): Uint8Array | undefined {
  const bytes = Buffer.from(text, 'base64url')
  return bytes.toString('base64url') === text ? bytes : undefined
}

/** SHA-256 values on the wire: digests, roots, hashes of a path, key thumbprints. */
export const SHA256_TEXT = base64urlPattern(32)
