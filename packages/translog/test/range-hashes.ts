import { foldNodes } from '../src/compact-range.ts'
import { leafHash, nodeHash } from '../src/index.ts'
import { type LeafRange, perfectNodes } from '../src/read-nodes.ts'

export const SIZE = 70_000
export const leaves = Array.from({ length: SIZE }, (_, n) => leafHash(Buffer.from(`L${n}`)))

/** Tree hashes of ranges, each computed once: the proofs of all sizes share most of theirs. */
const known = new Map<number, Uint8Array>()
export function hashOf([start, end]: LeafRange): Uint8Array {
  const key = start * 100_000 + end
  let hash = known.get(key)
  if (hash === undefined) {
    const nodes = perfectNodes([start, end])
    hash =
      end - start === 1 ? (leaves[start] as Uint8Array) : nodes.length > 1 ? foldNodes(nodes.map(rangeOf).map(hashOf)) : halves(start, end)
    known.set(key, hash)
  }
  return hash
}
function rangeOf({ height, index }: { height: number; index: number }): LeafRange {
  return [index * 2 ** height, (index + 1) * 2 ** height]
}
function halves(start: number, end: number): Uint8Array {
  const middle = (start + end) / 2
  return nodeHash(hashOf([start, middle]), hashOf([middle, end]))
}

export function flip(hash: Uint8Array, bit: number): Uint8Array {
  const flipped = Uint8Array.from(hash)
  flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7))
  return flipped
}

export function flipAt(path: readonly Uint8Array[], at: number, bit: number): Uint8Array[] {
  return path.map((hash, n) => (n === at ? flip(hash, bit) : hash))
}
