import { equalHashes, HASH_BYTES, nodeHash } from './tree-hash.ts'
import { half, isOdd, isPowerOfTwo, isSize } from './tree-size.ts'

export interface Consistency {
  /** At least 1: nothing can be proven from the empty tree, see `verifyConsistency`. */
  readonly oldSize: number
  readonly oldRoot: Uint8Array
  readonly newSize: number
  readonly newRoot: Uint8Array
  /** As `proveConsistency` gives it; empty when the sizes are equal. */
  readonly path: readonly Uint8Array[]
}

/**
 * Whether the newer tree begins with all leaves of the older one, in their order (RFC 9162 section 2.1.4.2).
 *
 * From size 0 the answer is false: every tree continues the empty one, so such a "proof" says nothing, and who accepts it accepts any
 * history. A witness that has no history yet decides that by itself (`judgeAddCheckpoint`).
 * Everything here may come from an attacker: the answer is false and nothing throws.
 */
export function verifyConsistency({ oldSize, oldRoot, newSize, newRoot, path }: Consistency): boolean {
  if (!isSize(oldSize) || !isSize(newSize) || oldSize === 0 || oldSize > newSize) return false
  if ([oldRoot, newRoot, ...path].some((hash) => hash.length !== HASH_BYTES)) return false
  if (oldSize === newSize) return path.length === 0 && equalHashes(oldRoot, newRoot)

  // A perfect old tree is itself the node that the proof starts from, and is left out of it.
  const [start, ...rest] = isPowerOfTwo(oldSize) ? [oldRoot, ...path] : path
  if (start === undefined) return false
  let [node, last] = [oldSize - 1, newSize - 1]
  while (isOdd(node)) [node, last] = [half(node), half(last)]
  let [oldResult, newResult] = [start, start]
  for (const sibling of rest) {
    if (last === 0) return false
    if (isOdd(node) || node === last) {
      oldResult = nodeHash(sibling, oldResult)
      newResult = nodeHash(sibling, newResult)
      while (!isOdd(node) && node !== 0) [node, last] = [half(node), half(last)]
    } else {
      newResult = nodeHash(newResult, sibling)
    }
    ;[node, last] = [half(node), half(last)]
  }
  return last === 0 && equalHashes(oldResult, oldRoot) && equalHashes(newResult, newRoot)
}
