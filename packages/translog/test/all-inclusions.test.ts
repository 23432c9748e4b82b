import { expect, test } from 'vitest'
import { buildTree, verifyConsistency, verifyInclusion } from '../src/index.ts'
import { consistencyRanges, inclusionRanges } from '../src/prove.ts'
import { flip, flipAt, hashOf, leaves } from './range-hashes.ts'

const LARGEST = 600
// Some one and a half million hashes: a loaded machine may take its time.
const PATIENCE = { timeout: 180_000 }
const allBits = Array.from({ length: 256 }, (_, bit) => bit)

test(`all sizes up to ${LARGEST}: every inclusion proof is the tree’s own path, and verifies`, PATIENCE, () => {
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

test(`all sizes up to ${LARGEST}: no flipped bit of any part survives`, PATIENCE, () => {
  for (let size = 1; size <= LARGEST; size++) {
    const [index, oldSize] = [7919 % size, 1 + (104_729 % size)]
    const root = hashOf([0, size])
    const inclusion = { leaf: leaves[index] as Uint8Array, index, size, path: inclusionRanges(index, size).map(hashOf), root }
    const path = consistencyRanges(oldSize, size).map(hashOf)
    const consistency = { oldSize, oldRoot: hashOf([0, oldSize]), newSize: size, newRoot: root, path }
    // Not by `expect`, which would take longer than the proofs.
    const refused = (survived: boolean) => {
      if (survived) expect.fail(`size ${size}`)
    }
    const parts: ((bit: number) => boolean)[] = [
      ...(['leaf', 'root'] as const).map((part) => (bit: number) => verifyInclusion({ ...inclusion, [part]: flip(inclusion[part], bit) })),
      ...(['oldRoot', 'newRoot'] as const).map(
        (part) => (bit: number) => verifyConsistency({ ...consistency, [part]: flip(consistency[part], bit) }),
      ),
      ...[...inclusion.path.keys()].map((at) => (bit: number) => verifyInclusion({ ...inclusion, path: flipAt(inclusion.path, at, bit) })),
      ...[...path.keys()].map((at) => (bit: number) => verifyConsistency({ ...consistency, path: flipAt(path, at, bit) })),
    ]
    // All 256 bits of one part, another at each size; two bits of every other.
    for (const [at, survives] of parts.entries()) {
      const bits = at === size % parts.length ? allBits : [size % 256, (size * 97 + 13) % 256]
      for (const bit of bits) refused(survives(bit))
    }
  }
})
