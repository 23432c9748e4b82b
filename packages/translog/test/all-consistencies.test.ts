import { expect, test } from 'vitest'
import { type Consistency, verifyConsistency } from '../src/index.ts'
import { consistencyRanges } from '../src/prove.ts'
import { hashOf } from './range-hashes.ts'

const LARGEST = 600
// Some one and a half million hashes: a loaded machine may take its time.
const PATIENCE = { timeout: 180_000 }

test(
  `all sizes up to ${LARGEST}: every consistency proof verifies, and with sizes off by one exactly where it would be the same`,
  PATIENCE,
  () => {
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
  },
)

/**
 * A proof binds sizes no further than by its shape: from 2 to 5, 6 or 7 it is two hashes in the same places. What binds the size to the
 * root is the signature over the checkpoint.
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
