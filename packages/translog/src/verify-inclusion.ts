import { equalHashes, HASH_BYTES, nodeHash } from './tree-hash.ts'
import { half, isOdd } from './tree-size.ts'

export interface Inclusion {
  /** Leaf hash, not leaf data: 32 bytes. */
  readonly leaf: Uint8Array
  /** Place of the leaf, from 0. */
  readonly index: number
  /** Number of leaves of the tree. */
  readonly size: number
  /** Hashes from the leaf upwards, as `buildTree` and `proveInclusion` give them. */
  readonly path: readonly Uint8Array[]
  readonly root: Uint8Array
}

/**
 * Whether the path leads from the leaf to the root (RFC 9162 section 2.1.3.2).
 *
 * Everything here may come from an attacker, so wrong lengths, places outside the tree and paths that are too long or too short
 * are answered with false and never throw.
 */
export function verifyInclusion({ leaf, index, size, path, root }: Inclusion): boolean {
  if (!Number.isSafeInteger(index) || !Number.isSafeInteger(size) || index < 0 || index >= size) return false
  if ([leaf, root, ...path].some((hash) => hash.length !== HASH_BYTES)) return false

  let node = index
  let last = size - 1
  let result = leaf
  for (const sibling of path) {
    if (last === 0) return false
    if (isOdd(node) || node === last) {
      result = nodeHash(sibling, result)
      // The right-most node has no sibling on the levels where its number is even: it moved up unchanged.
      while (!isOdd(node) && node !== 0) [node, last] = [half(node), half(last)]
    } else {
      result = nodeHash(result, sibling)
    }
    ;[node, last] = [half(node), half(last)]
  }
  return last === 0 && equalHashes(result, root)
}
