import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { buildTree, emptyRoot, type Inclusion, leafHash, nodeHash, treeRoot, verifyInclusion } from '../src/index.ts'
import type { buildTrees } from './make-vectors/trees.ts'

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const unhex = (text: string): Uint8Array => Buffer.from(text, 'hex')
const leavesOf = (size: number): Uint8Array[] => Array.from({ length: size }, (_, n) => leafHash(Buffer.from(`L${n}`)))

/** The definition of RFC 6962 section 2.1, word for word: split at the largest power of two below n. */
function rootByDefinition(leaves: readonly Uint8Array[]): Uint8Array {
  if (leaves.length === 0) return emptyRoot()
  if (leaves.length === 1) return leaves[0] as Uint8Array
  const split = 2 ** Math.floor(Math.log2(leaves.length - 1))
  return nodeHash(rootByDefinition(leaves.slice(0, split)), rootByDefinition(leaves.slice(split)))
}

/** PATH(m, D[n]) of RFC 6962 section 2.1.1. */
function pathByDefinition(index: number, leaves: readonly Uint8Array[]): Uint8Array[] {
  if (leaves.length === 1) return []
  const split = 2 ** Math.floor(Math.log2(leaves.length - 1))
  const [left, right] = [leaves.slice(0, split), leaves.slice(split)]
  return index < split
    ? [...pathByDefinition(index, left), rootByDefinition(right)]
    : [...pathByDefinition(index - split, right), rootByDefinition(left)]
}

test('published constants', () => {
  expect(hex(emptyRoot())).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
  expect(hex(leafHash(new Uint8Array(0)))).toBe('6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d')
  expect(hex(leafHash(Buffer.from('L123456')))).toMatch(/^395aa064/)
  expect(hex(nodeHash(Buffer.from('N123'), Buffer.from('N456')))).toMatch(/^aa217fe8/)
})

test('hashes do not depend on what was hashed before, at any length', () => {
  const plain = (...parts: readonly Uint8Array[]): string => createHash('sha256').update(Buffer.concat(parts)).digest('hex')
  for (const length of [70_000, 0, 65_536, 65_537, 1, 31, 32, 65_535, 0]) {
    const data = Buffer.alloc(length, length % 251)
    expect(hex(leafHash(data)), `${length} bytes`).toBe(plain(Buffer.of(0), data))
    expect(hex(nodeHash(data, data)), `${length} bytes`).toBe(plain(Buffer.of(1), data, data))
  }
  const [left, right] = [leafHash(Buffer.from('a')), leafHash(Buffer.from('b'))]
  expect(hex(nodeHash(left, nodeHash(left, right)))).toBe(plain(Buffer.of(1), left, nodeHash(left, right)))
})

test('roots and paths of all sizes up to 64 are those of the definition, and verify', () => {
  for (let size = 0; size <= 64; size++) {
    const leaves = leavesOf(size)
    const { root, paths } = buildTree(leaves)
    expect(hex(root), `size ${size}`).toBe(hex(rootByDefinition(leaves)))
    expect(hex(treeRoot(leaves))).toBe(hex(root))
    for (const [index, leaf] of leaves.entries()) {
      const path = paths[index] ?? []
      expect(path.map(hex), `${index} of ${size}`).toEqual(pathByDefinition(index, leaves).map(hex))
      expect(verifyInclusion({ leaf, index, size, path, root })).toBe(true)
    }
  }
})

test('no flipped bit of a leaf, a path or a root survives', () => {
  for (const size of [1, 2, 3, 7, 8]) {
    const leaves = leavesOf(size)
    const { root, paths } = buildTree(leaves)
    for (const [index, leaf] of leaves.entries()) {
      const proof: Inclusion = { leaf, index, size, path: paths[index] ?? [], root }
      for (const target of ['leaf', 'root', ...proof.path.keys()] as const) {
        for (let bit = 0; bit < 256; bit++) if (verifyInclusion(flipped(proof, target, bit))) expect.fail(`${target} bit ${bit}`)
      }
    }
  }
})

test('a proof holds for its own place and size alone', () => {
  const size = 21
  const leaves = leavesOf(size)
  const { root, paths } = buildTree(leaves)
  for (const [index, leaf] of leaves.entries()) {
    const path = paths[index] ?? []
    for (let other = 0; other < size; other++) {
      if (other !== index) expect(verifyInclusion({ leaf, index: other, size, path, root }), `${index} as ${other}`).toBe(false)
    }
    for (const length of [path.length - 1, path.length + 1]) {
      const wrong = Array.from({ length }, (_, n) => path[n] ?? root)
      expect(verifyInclusion({ leaf, index, size, path: wrong, root })).toBe(false)
    }
  }
})

test('places and sizes that are no whole numbers, or beyond the tree', () => {
  const leaves = leavesOf(3)
  const { root, paths } = buildTree(leaves)
  const proof: Inclusion = { leaf: leaves[0] as Uint8Array, index: 0, size: 3, path: paths[0] ?? [], root }
  expect(verifyInclusion(proof)).toBe(true)
  for (const index of [-1, 0.5, Number.NaN, 3, 2 ** 53]) expect(verifyInclusion({ ...proof, index })).toBe(false)
  for (const size of [0, -3, 2.5, Number.POSITIVE_INFINITY]) expect(verifyInclusion({ ...proof, size })).toBe(false)
})

test('places beyond 2^32 do not wrap round', () => {
  const leaf = leafHash(Buffer.from('x'))
  const path = Array.from({ length: 40 }, (_, n) => leafHash(Buffer.from([n])))
  const index = 2 ** 39 + 5
  const root = path.reduce(
    (node, sibling, height) => (Math.floor(index / 2 ** height) % 2 === 1 ? nodeHash(sibling, node) : nodeHash(node, sibling)),
    leaf,
  )
  expect(verifyInclusion({ leaf, index, size: 2 ** 40, path, root })).toBe(true)
  expect(verifyInclusion({ leaf, index: 5, size: 2 ** 40, path, root })).toBe(false)
})

test('the committed vectors verify or fail as they say', async () => {
  const vectors = JSON.parse(await readFile(new URL('../vectors/trees.json', import.meta.url), 'utf8')) as ReturnType<typeof buildTrees>
  for (const { size, leafDataHex, rootHex, pathsHex } of vectors.trees) {
    for (const [index, data] of leafDataHex.entries()) {
      const proof = { leaf: leafHash(unhex(data)), index, size, path: (pathsHex[index] ?? []).map(unhex), root: unhex(rootHex) }
      expect(verifyInclusion(proof)).toBe(true)
    }
  }
  for (const { why, leafHex, index, size, pathHex, rootHex } of vectors.invalidProofs) {
    expect(verifyInclusion({ leaf: unhex(leafHex), index, size, path: pathHex.map(unhex), root: unhex(rootHex) }), why).toBe(false)
  }
})

function flipped(proof: Inclusion, target: 'leaf' | 'root' | number, bit: number): Inclusion {
  const flip = (hash: Uint8Array): Uint8Array => hash.map((byte, at) => (at === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte))
  if (typeof target === 'number') return { ...proof, path: proof.path.map((hash, at) => (at === target ? flip(hash) : hash)) }
  return { ...proof, [target]: flip(proof[target]) }
}
