import { assertHash, emptyRoot, nodeHash } from './tree-hash.ts'

/** A whole small tree: its root, and the inclusion path of every leaf (hashes from the leaf upwards). */
export interface Tree {
  readonly size: number
  readonly root: Uint8Array
  readonly paths: readonly (readonly Uint8Array[])[]
}

/**
 * Builds the RFC 6962 tree over leaf hashes with the inclusion path of every leaf, in O(n log n).
 *
 * Works level by level: neighbours are hashed in pairs and an odd last node moves up unchanged. That is the tree which RFC 6962
 * section 2.1 defines by splitting at the largest power of two, and a node that moves up adds nothing to its leaves' paths.
 * Throws TranslogError `hash-length` for a leaf hash that is not 32 bytes.
 */
export function buildTree(leaves: readonly Uint8Array[]): Tree {
  leaves.forEach(assertHash)
  const paths: Uint8Array[][] = leaves.map(() => [])
  let level = leaves
  for (let height = 0; level.length > 1; height++) {
    for (const [index, path] of paths.entries()) {
      const sibling = level[(index >> height) ^ 1]
      if (sibling !== undefined) path.push(sibling)
    }
    level = levelAbove(level)
  }
  return { size: leaves.length, root: level[0] ?? emptyRoot(), paths }
}

/** The root alone, in O(n). No leaves: the hash of the empty string. Throws TranslogError `hash-length` as `buildTree` does. */
export function treeRoot(leaves: readonly Uint8Array[]): Uint8Array {
  leaves.forEach(assertHash)
  let level = leaves
  while (level.length > 1) level = levelAbove(level)
  return level[0] ?? emptyRoot()
}

function levelAbove(level: readonly Uint8Array[]): Uint8Array[] {
  const above: Uint8Array[] = []
  for (let at = 0; at < level.length; at += 2) {
    const left = level[at] as Uint8Array
    const right = level[at + 1]
    above.push(right === undefined ? left : nodeHash(left, right))
  }
  return above
}
