import { hashFromBase64, toBase64 } from './base64.ts'
import { type Parsed, refused } from './parsed.ts'
import { TranslogError } from './translog-error.ts'
import { assertHash } from './tree-hash.ts'

/** More hashes than any proof needs: a tree of 2^63 entries is 63 high (C2SP tlog-witness). */
export const MAX_PROOF_HASHES = 63

/** `proof-hash`: a line that is not base64 of 32 bytes; `proof-length`: more than 63 of them; `proof-end`: no blank line after them. */
export type HashLinesCode = 'proof-hash' | 'proof-length' | 'proof-end'

/** Reads hashes, one a line, up to and including a blank line; `rest` is what follows it. */
export function parseHashLines(text: string): Parsed<{ readonly hashes: readonly Uint8Array[]; readonly rest: string }, HashLinesCode> {
  const hashes: Uint8Array[] = []
  for (let at = 0; ; ) {
    const end = text.indexOf('\n', at)
    if (end < 0) return refused('proof-end')
    if (end === at) return { ok: true, value: { hashes, rest: text.slice(end + 1) } }
    if (hashes.length === MAX_PROOF_HASHES) return refused('proof-length')
    const hash = hashFromBase64(text.slice(at, end))
    if (hash === undefined) return refused('proof-hash')
    hashes.push(hash)
    at = end + 1
  }
}

/** Writes what `parseHashLines` reads, up to the blank line. Throws TranslogError `proof-length`, `hash-length`. */
export function formatHashLines(hashes: readonly Uint8Array[]): string {
  if (hashes.length > MAX_PROOF_HASHES) throw new TranslogError('proof-length', `a proof of ${hashes.length} hashes`)
  hashes.forEach(assertHash)
  return `${hashes.map((hash) => `${toBase64(hash)}\n`).join('')}\n`
}
