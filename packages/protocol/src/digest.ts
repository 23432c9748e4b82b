import { hash } from 'node:crypto'

/**
 * Digest D of a message or receipt: SHA-256 over the JWS signing input (`header.payload`), base64url, 43 characters.
 * Not over the whole token: the encoding of the signature does not matter (protocol.md section 1).
 */
export function messageDigest(token: string): string {
  return signingInputDigest(token.slice(0, token.lastIndexOf('.')))
}

export function signingInputDigest(signingInput: string): string {
  return hash('sha256', signingInput, 'base64url')
}
