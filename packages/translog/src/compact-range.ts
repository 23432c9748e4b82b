import { type Parsed, refused } from './parsed.ts'
import { assertHash, emptyRoot, HASH_BYTES, nodeHash } from './tree-hash.ts'
import { assertSizes, countOnes, half, isOdd } from './tree-size.ts'

/**
 * All that an append-only tree has to remember in order to grow: the roots of the perfect subtrees that make it up, from the left
 * (the largest) to the right, one per one-bit of the size. At most 53 hashes. Also called frontier.
 */
export interface CompactRange {
  readonly size: number
  readonly nodes: readonly Uint8Array[]
}

export const EMPTY_RANGE: CompactRange = { size: 0, nodes: [] }

/** Told of every perfect subtree in the moment its last leaf comes: height 0 is a leaf; the index counts subtrees of that height. */
export type OnNode = (height: number, index: number, hash: Uint8Array) => void

/**
 * The range with these leaf hashes appended; the given range stays as it was. About one node hash per leaf.
 * Throws TranslogError: `hash-length` for a leaf hash that is not 32 bytes, `range` for a tree beyond 2^53 − 1 leaves.
 */
export function appendLeaves(range: CompactRange, leaves: Iterable<Uint8Array>, onNode?: OnNode): CompactRange {
  const nodes = [...range.nodes]
  let size = range.size
  for (const leaf of leaves) {
    assertHash(leaf)
    assertSizes(size + 1)
    let [hash, height, index] = [leaf, 0, size]
    onNode?.(height, index, hash)
    // Each one-bit at the end of the old size is a finished subtree that now has its right sibling.
    while (isOdd(index)) {
      hash = nodeHash(nodes.pop() as Uint8Array, hash)
      height++
      index = half(index)
      onNode?.(height, index, hash)
    }
    nodes.push(hash)
    size++
  }
  return { size, nodes }
}

/** The root of the tree (RFC 6962 section 2.1): subtrees are joined from the right, the smallest first. */
export function rangeRoot({ nodes }: CompactRange): Uint8Array {
  return foldNodes(nodes)
}

/** Joins perfect subtrees, given from left to right, as RFC 6962 section 2.1 splits: the largest to the left. */
export function foldNodes(nodes: readonly Uint8Array[]): Uint8Array {
  let root: Uint8Array | undefined
  for (let at = nodes.length - 1; at >= 0; at--) {
    const node = nodes[at] as Uint8Array
    root = root === undefined ? node : nodeHash(node, root)
  }
  return root ?? emptyRoot()
}

/** For storage: the size as 8 bytes, most significant first, then the hashes as they stand. */
export function formatCompactRange({ size, nodes }: CompactRange): Uint8Array {
  const head = Buffer.alloc(8)
  head.writeBigUInt64BE(BigInt(size))
  return Buffer.concat([head, ...nodes])
}

/** Reads what `formatCompactRange` wrote. `size`: beyond 2^53 − 1; `length`: not one hash per one-bit of the size. */
export function parseCompactRange(bytes: Uint8Array): Parsed<CompactRange, 'size' | 'length'> {
  if (bytes.length < 8) return refused('length')
  const size = Number(Buffer.from(bytes.buffer, bytes.byteOffset, 8).readBigUInt64BE())
  if (!Number.isSafeInteger(size)) return refused('size')
  if (bytes.length !== 8 + countOnes(size) * HASH_BYTES) return refused('length')
  const nodes = Array.from({ length: countOnes(size) }, (_, n) => {
    const at = 8 + n * HASH_BYTES
    return Buffer.from(bytes.subarray(at, at + HASH_BYTES))
  })
  return { ok: true, value: { size, nodes } }
}
