import { hash } from 'node:crypto'
import { TranslogError } from './translog-error.ts'

/** Length of every hash of the tree in bytes (SHA-256). */
export const HASH_BYTES = 32

/** By way of a string with one character per byte ("binary"): the one-shot function takes twice as long to make a buffer (Node 24). */
function sha256(bytes: Uint8Array): Uint8Array {
  return Buffer.from(hash('sha256', bytes, 'binary'), 'binary')
}

/** Root of the tree without leaves: SHA-256 of the empty string (RFC 6962 section 2.1). */
export function emptyRoot(): Uint8Array {
  return sha256(new Uint8Array(0))
}

/** Leaf hash H(0x00 ‖ data) (RFC 6962 section 2.1). The prefix keeps an inner node from being passed off as a leaf. */
export function leafHash(data: Uint8Array): Uint8Array {
  // Overwritten to the last byte. Unlike `new Uint8Array` it costs no allocation of its own.
  const prefixed = Buffer.allocUnsafe(data.length + 1)
  prefixed[0] = 0
  prefixed.set(data, 1)
  return sha256(prefixed)
}

/** Node hash H(0x01 ‖ left ‖ right) (RFC 6962 section 2.1). */
export function nodeHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  const prefixed = Buffer.allocUnsafe(1 + left.length + right.length)
  prefixed[0] = 1
  prefixed.set(left, 1)
  prefixed.set(right, 1 + left.length)
  return sha256(prefixed)
}

/**
 * Throws TranslogError `hash-length` unless it is 32 bytes. Of other lengths, two different pairs could be one node: 31 and 33 bytes
 * joined are the same 64 as 32 and 32.
 */
export function assertHash(bytes: Uint8Array): void {
  if (bytes.length !== HASH_BYTES) throw new TranslogError('hash-length', `a hash of ${bytes.length} bytes`)
}

export function equalHashes(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}
