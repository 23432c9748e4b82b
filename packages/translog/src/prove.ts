import type { CompactRange } from './compact-range.ts'
import { foldNodes } from './compact-range.ts'
import { type LeafRange, loadNodes, perfectNodes, type ReadTiles, readRanges } from './read-nodes.ts'
import { TranslogError } from './translog-error.ts'
import { assertSizes, powerBelow } from './tree-size.ts'

/**
 * The inclusion path of a leaf in the tree of that size (RFC 6962 section 2.1.1), from the leaf upwards, as `verifyInclusion` wants it.
 * Throws TranslogError: `range` unless index < size, `tile` when the source has not what such a tree must have.
 */
export async function proveInclusion(index: number, size: number, readTiles: ReadTiles): Promise<Uint8Array[]> {
  assertSizes(index, size)
  if (index >= size) throw new TranslogError('range', `index ${index} of ${size}`)
  return readRanges(inclusionRanges(index, size), size, readTiles)
}

/**
 * The proof that the tree of `newSize` begins with that of `oldSize` (RFC 6962 section 2.1.2), as `verifyConsistency` wants it; empty
 * when the sizes are equal. Throws TranslogError: `range` unless 0 < oldSize ≤ newSize, `tile` as above.
 */
export async function proveConsistency(oldSize: number, newSize: number, readTiles: ReadTiles): Promise<Uint8Array[]> {
  assertSizes(oldSize, newSize)
  if (oldSize === 0 || oldSize > newSize) throw new TranslogError('range', `from ${oldSize} to ${newSize}`)
  return readRanges(consistencyRanges(oldSize, newSize), newSize, readTiles)
}

/** The compact range of the tree as it was at that size: to go on from there, or to compare. Throws TranslogError `range`, `tile`. */
export async function readCompactRange(size: number, readTiles: ReadTiles): Promise<CompactRange> {
  assertSizes(size)
  const nodes = perfectNodes([0, size])
  return { size, nodes: nodes.map(await loadNodes(nodes, size, readTiles)) }
}

/** The root that the tree had at that size. Throws TranslogError `range`, `tile`. */
export async function readRoot(size: number, readTiles: ReadTiles): Promise<Uint8Array> {
  return foldNodes((await readCompactRange(size, readTiles)).nodes)
}

/** PATH(m, D[n]) of RFC 6962 section 2.1.1: on the way down, the half that the leaf is not in. */
export function inclusionRanges(index: number, size: number): LeafRange[] {
  const others: LeafRange[] = []
  let [start, end] = [0, size]
  while (end - start > 1) {
    const split = start + powerBelow(end - start)
    others.push(index < split ? [split, end] : [start, split])
    if (index < split) end = split
    else start = split
  }
  return others.reverse()
}

/** SUBPROOF(m, D[n], true) of RFC 6962 section 2.1.2. */
export function consistencyRanges(oldSize: number, newSize: number): LeafRange[] {
  const ranges: LeafRange[] = []
  let [start, end] = [0, newSize]
  while (oldSize !== end) {
    const split = start + powerBelow(end - start)
    ranges.push(oldSize <= split ? [split, end] : [start, split])
    if (oldSize <= split) end = split
    else start = split
  }
  // While nothing was split off on the left, the remaining subtree is the whole old tree, which the verifier knows already.
  if (start > 0) ranges.push([start, end])
  return ranges.reverse()
}
