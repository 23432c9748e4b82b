import { describe, expect, test } from 'vitest'
import { buildTree, type Consistency, verifyConsistency, verifyInclusion } from '../src/index.ts'
import { consistencyRanges, inclusionRanges } from '../src/prove.ts'
import { flip, flipAt, hashOf, leaves } from './range-hashes.ts'

const LARGEST = 600

// Some three million hashes: a loaded machine may take its time.
describe(`all sizes up to ${LARGEST}`, { timeout: 180_000 }, () => {
  test('every inclusion proof is the tree’s own path, and verifies', () => {
    let checked = 0
    for (let size = 1; size <= LARGEST; size++) {
      const { root, paths } = buildTree(leaves.slice(0, size))
      for (let index = 0; index < size; index++) {
        const path = inclusionRanges(index, size).map(hashOf)
        const own = paths[index] ?? []
        const good = path.length === own.length && path.every((hash, at) => Buffer.compare(hash, own[at] as Uint8Array) === 0)
        if (!good || !verifyInclusion({ leaf: leaves[index] as Uint8Array, index, size, path, root })) expect.fail(`${index} of ${size}`)
        checked++
      }
    }
    expect(checked).toBe((LARGEST * (LARGEST + 1)) / 2)
  })

  test('every consistency proof verifies, and with sizes off by one exactly where the proof would be the same', () => {
    let checked = 0
    for (let newSize = 1; newSize <= LARGEST; newSize++) {
      const newRoot = hashOf([0, newSize])
      for (let oldSize = 1; oldSize <= newSize; oldSize++) {
        const proof = { oldSize, oldRoot: hashOf([0, oldSize]), newSize, newRoot, path: consistencyRanges(oldSize, newSize).map(hashOf) }
        if (!verifyConsistency(proof)) expect.fail(`${oldSize} to ${newSize}`)
        if (checked % 64 === 0) expectOtherSizesToFail(proof)
        checked++
      }
    }
    expect(checked).toBe((LARGEST * (LARGEST + 1)) / 2)
  })

  test('no flipped bit of any part survives', () => {
    for (let size = 1; size <= LARGEST; size++) {
      const [index, oldSize] = [(size * 7919) % size, 1 + ((size * 104_729) % size)]
      const root = hashOf([0, size])
      const inclusion = { leaf: leaves[index] as Uint8Array, index, size, path: inclusionRanges(index, size).map(hashOf), root }
      const path = consistencyRanges(oldSize, size).map(hashOf)
      const consistency = { oldSize, oldRoot: hashOf([0, oldSize]), newSize: size, newRoot: root, path }
      for (const bit of [size % 256, (size * 97 + 13) % 256]) {
        for (const part of ['leaf', 'root'] as const)
          expect(verifyInclusion({ ...inclusion, [part]: flip(inclusion[part], bit) })).toBe(false)
        for (const part of ['oldRoot', 'newRoot'] as const) {
          expect(verifyConsistency({ ...consistency, [part]: flip(consistency[part], bit) })).toBe(false)
        }
        for (const at of inclusion.path.keys()) expect(verifyInclusion({ ...inclusion, path: flipAt(inclusion.path, at, bit) })).toBe(false)
        for (const at of path.keys()) expect(verifyConsistency({ ...consistency, path: flipAt(path, at, bit) })).toBe(false)
      }
    }
  })
})

/**
 * A proof binds sizes no further than by its shape: from 2 to 6 and from 2 to 7 it is the same two hashes in the same places. What binds the size is the
 * signature over the checkpoint.
 */
function expectOtherSizesToFail(proof: Consistency): void {
  for (const by of [-1, 1]) {
    for (const other of [
      { ...proof, oldSize: proof.oldSize + by },
      { ...proof, newSize: proof.newSize + by },
    ]) {
      const possible = other.oldSize > 0 && other.oldSize <= other.newSize
      const sameShape = possible && shapeOf(other.oldSize, other.newSize) === shapeOf(proof.oldSize, proof.newSize)
      if (verifyConsistency(other) !== sameShape)
        expect.fail(`${proof.oldSize} to ${proof.newSize} as ${other.oldSize} to ${other.newSize}`)
    }
  }
}

/** On which side of the way each hash lies; `b` is the old tree's own last subtree. */
function shapeOf(oldSize: number, newSize: number): string {
  if (oldSize === newSize) return 'equal'
  return consistencyRanges(oldSize, newSize)
    .map(([start, end]) => (start >= oldSize ? 'r' : end < oldSize ? 'l' : 'b'))
    .join('')
}
