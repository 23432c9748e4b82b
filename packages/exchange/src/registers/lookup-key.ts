import { hash } from 'node:crypto'

/**
 * How an identifier is found without being stored in the clear: base64url SHA-256 over kind NUL value, 43 characters.
 * This is the only place that computes it, so that it can become a keyed blind index without a change elsewhere: an
 * unkeyed hash of an identity number can be guessed by whoever reads the database.
 */
export function lookupKey(kind: string, value: string): string {
  return hash('sha256', `${kind}\0${value}`, 'base64url')
}
