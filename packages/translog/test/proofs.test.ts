import fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import {
  EMPTY_RANGE,
  growTiles,
  leafHash,
  nodeHash,
  proveConsistency,
  proveInclusion,
  type ReadTiles,
  readRoot,
  TranslogError,
  verifyConsistency,
  verifyInclusion,
} from '../src/index.ts'
import { consistencyRanges, inclusionRanges } from '../src/prove.ts'
import { MemoryTiles } from './memory-tiles.ts'
import { flip, flipAt, hashOf, leaves, SIZE } from './range-hashes.ts'

const tiles = new MemoryTiles()

beforeAll(() => tiles.store(growTiles(EMPTY_RANGE, leaves).tiles))

test('every single bit of small consistency proofs', () => {
  for (const [oldSize, newSize] of [
    [1, 2],
    [2, 3],
    [3, 4],
    [3, 7],
    [4, 7],
    [6, 8],
    [7, 7],
  ] as const) {
    const path = consistencyRanges(oldSize, newSize).map(hashOf)
    const proof = { oldSize, oldRoot: hashOf([0, oldSize]), newSize, newRoot: hashOf([0, newSize]), path }
    expect(verifyConsistency(proof)).toBe(true)
    for (let bit = 0; bit < 256; bit++) {
      expect(verifyConsistency({ ...proof, oldRoot: flip(proof.oldRoot, bit) })).toBe(false)
      expect(verifyConsistency({ ...proof, newRoot: flip(proof.newRoot, bit) })).toBe(false)
      for (const at of path.keys()) expect(verifyConsistency({ ...proof, path: flipAt(path, at, bit) })).toBe(false)
    }
  }
})

test('proofs read from tiles are those of the definition, from growing and from exact tiles, in one question', async () => {
  const sizes = [1, 2, 3, 255, 256, 257, 511, 512, 513, 600, 65_535, 65_536, 65_537, SIZE]
  for (const size of sizes) {
    expect(await readRoot(size, tiles.read)).toEqual(hashOf([0, size]))
    for (const index of new Set([0, size >> 1, size - 1, (size * 31) % size, Math.max(0, size - 200)])) {
      tiles.asked.length = 0
      const path = await proveInclusion(index, size, tiles.read)
      expect(tiles.asked.length).toBeLessThanOrEqual(1)
      expect(path).toEqual(inclusionRanges(index, size).map(hashOf))
      expect(await proveInclusion(index, size, tiles.readExact)).toEqual(path)
      expect(verifyInclusion({ leaf: leaves[index] as Uint8Array, index, size, path, root: hashOf([0, size]) })).toBe(true)
    }
    for (const oldSize of sizes.filter((old) => old <= size)) {
      const path = await proveConsistency(oldSize, size, tiles.read)
      expect(path).toEqual(consistencyRanges(oldSize, size).map(hashOf))
      const proof = { oldSize, oldRoot: hashOf([0, oldSize]), newSize: size, newRoot: hashOf([0, size]), path }
      expect(verifyConsistency(proof), `${oldSize} to ${size}`).toBe(true)
    }
  }
})

test('random larger trees, random places', async () => {
  const place = fc.tuple(fc.integer({ min: 1, max: SIZE }), fc.nat(), fc.nat(), fc.nat(255))
  await fc.assert(
    fc.asyncProperty(place, async ([size, a, b, bit]) => {
      const [index, oldSize] = [a % size, 1 + (b % size)]
      const root = hashOf([0, size])
      const leaf = leaves[index] as Uint8Array
      const path = await proveInclusion(index, size, tiles.read)
      expect(verifyInclusion({ leaf, index, size, path, root })).toBe(true)
      expect(verifyInclusion({ leaf: flip(leaf, bit), index, size, path, root })).toBe(false)
      const other = await proveConsistency(oldSize, size, tiles.read)
      const proof = { oldSize, oldRoot: hashOf([0, oldSize]), newSize: size, newRoot: root, path: other }
      expect(verifyConsistency(proof)).toBe(true)
      expect(verifyConsistency({ ...proof, newRoot: flip(root, bit) })).toBe(false)
      for (const at of other.keys()) expect(verifyConsistency({ ...proof, path: flipAt(other, at, bit) })).toBe(false)
    }),
    { numRuns: 150 },
  )
})

test('trees of up to 2^53 − 1 leaves that are all alike', async () => {
  // Every perfect subtree of one height has one hash, so a tile of any such tree is known without the tree.
  const byHeight = [leaves[0] as Uint8Array]
  for (let height = 1; height <= 56; height++)
    byHeight.push(nodeHash(byHeight[height - 1] as Uint8Array, byHeight[height - 1] as Uint8Array))
  const read: ReadTiles = async (asked) =>
    asked.map(({ level, width }) => Buffer.concat(Array(width).fill(byHeight[level * 8] as Uint8Array)))
  const big = fc.bigInt({ min: 1n, max: 2n ** 53n - 1n }).map(Number)
  await fc.assert(
    fc.asyncProperty(big, fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }), async (size, part) => {
      const index = Math.min(size - 1, Math.floor(size * part))
      const root = await readRoot(size, read)
      const path = await proveInclusion(index, size, read)
      expect(verifyInclusion({ leaf: byHeight[0] as Uint8Array, index, size, path, root })).toBe(true)
      const oldSize = index + 1
      const proof = {
        oldSize,
        oldRoot: await readRoot(oldSize, read),
        newSize: size,
        newRoot: root,
        path: await proveConsistency(oldSize, size, read),
      }
      expect(verifyConsistency(proof)).toBe(true)
      if (proof.path.length > 0) expect(verifyConsistency({ ...proof, path: proof.path.slice(1) })).toBe(false)
    }),
    {
      numRuns: 60,
      examples: [
        [Number.MAX_SAFE_INTEGER, 0.99],
        [2 ** 31 + 1, 0.5],
        [2 ** 32, 0.25],
        [2 ** 52, 0.5],
      ],
    },
  )
})

test('nothing is proven from size 0, between sizes in the wrong order, or with numbers that are no sizes', async () => {
  const root = hashOf([0, 4])
  const empty = leafHash(new Uint8Array(0))
  for (const [oldSize, newSize] of [
    [0, 4],
    [0, 0],
    [5, 4],
    [-1, 4],
    [1.5, 4],
    [4, 2 ** 53],
    [Number.NaN, 4],
  ] as const) {
    expect(verifyConsistency({ oldSize, oldRoot: empty, newSize, newRoot: root, path: [] })).toBe(false)
    expect(verifyConsistency({ oldSize, oldRoot: root, newSize, newRoot: root, path: [root] })).toBe(false)
    await expect(proveConsistency(oldSize, newSize, tiles.read)).rejects.toThrow(expect.objectContaining({ code: 'range' }))
  }
  for (const [index, size] of [
    [0, 0],
    [4, 4],
    [-1, 4],
    [0.5, 4],
    [0, 2 ** 53],
  ] as const) {
    await expect(proveInclusion(index, size, tiles.read)).rejects.toThrow(expect.objectContaining({ code: 'range' }))
  }
})

test('proofs that are too long, too short, or of hashes that are not 32 bytes', () => {
  for (const [oldSize, newSize] of [
    [3, 7],
    [4, 7],
    [7, 7],
    [8, 16],
  ] as const) {
    const path = consistencyRanges(oldSize, newSize).map(hashOf)
    const proof = { oldSize, oldRoot: hashOf([0, oldSize]), newSize, newRoot: hashOf([0, newSize]), path }
    const short = (path[0] ?? proof.oldRoot).subarray(1)
    for (const wrong of [
      path.slice(1),
      path.slice(0, -1),
      [...path, proof.newRoot],
      [proof.oldRoot, ...path],
      [short, ...path.slice(1)],
    ].filter((other) => other.length !== path.length || other.includes(short))) {
      expect(verifyConsistency({ ...proof, path: wrong })).toBe(false)
    }
    expect(verifyConsistency({ ...proof, oldRoot: proof.oldRoot.subarray(1) })).toBe(false)
    expect(verifyConsistency({ ...proof, newRoot: Buffer.concat([proof.newRoot, Buffer.of(0)]) })).toBe(false)
  }
})

test('a source that has not what the tree must have', async () => {
  const sources: ReadTiles[] = [
    async () => [],
    async (asked) => asked.map(() => new Uint8Array(0)),
    async (asked) => (await tiles.readExact(asked)).map((bytes) => bytes.subarray(0, -32)),
    async (asked) => (await tiles.readExact(asked)).map((bytes) => bytes.subarray(0, -1)),
    async (asked) => asked.map(() => new Uint8Array(257 * 32)),
  ]
  for (const source of sources) {
    const error = await proveInclusion(300, 600, source).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(TranslogError)
    expect(error).toMatchObject({ code: 'tile' })
  }
})
