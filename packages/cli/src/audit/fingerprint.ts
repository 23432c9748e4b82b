import { hash } from 'node:crypto'

/** Of values that must agree between an entry and a receipt, or between two halves. U+0000 stands in none of them. */
export function fingerprint(...values: readonly (string | number)[]): Uint8Array {
  return Buffer.from(hash('sha256', values.join('\0'), 'binary'), 'binary')
}
