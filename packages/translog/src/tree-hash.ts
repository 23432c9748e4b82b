import { hash } from 'node:crypto'

/** Length of every hash of the tree in bytes (SHA-256). */
export const HASH_BYTES = 32

function sha256(bytes: Uint8Array): Uint8Array {
  return hash('sha256', bytes, 'buffer')
}

/** Root of the tree without leaves: SHA-256 of the empty string (RFC 6962 section 2.1). */
export function emptyRoot(): Uint8Array {
  return sha256(new Uint8Array(0))
}

/** Leaf hash H(0x00 ‖ data) (RFC 6962 section 2.1). The prefix keeps an inner node from being passed off as a leaf. */
export function leafHash(data: Uint8Array): Uint8Array {
  const prefixed = new Uint8Array(data.length + 1)
  prefixed.set(data, 1)
  return sha256(prefixed)
}

/** Node hash H(0x01 ‖ left ‖ right) (RFC 6962 section 2.1). */
export function nodeHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  const prefixed = new Uint8Array(1 + left.length + right.length)
  prefixed[0] = 1
  prefixed.set(left, 1)
  prefixed.set(right, 1 + left.length)
  return sha256(prefixed)
}
