import { expect, test } from 'vitest'
import {
  appendLeaves,
  changedTiles,
  EMPTY_RANGE,
  emptyRoot,
  formatCompactRange,
  growTiles,
  leafHash,
  parseCompactRange,
  rangeRoot,
  readCompactRange,
  TranslogError,
  treeRoot,
} from '../src/index.ts'
import { MemoryTiles } from './memory-tiles.ts'

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const leaves = Array.from({ length: 1400 }, (_, n) => leafHash(Buffer.from(`L${n}`)))

test('the root is that of the tree at every size up to 300, one by one', () => {
  let range = EMPTY_RANGE
  expect(hex(rangeRoot(range))).toBe(hex(emptyRoot()))
  for (let size = 1; size <= 300; size++) {
    range = appendLeaves(range, [leaves[size - 1] as Uint8Array])
    expect(range.size).toBe(size)
    expect(hex(rangeRoot(range)), `size ${size}`).toBe(hex(treeRoot(leaves.slice(0, size))))
  }
})

test('batches of any length give the same range, tiles and growth as one by one, and leave the old range as it was', async () => {
  for (const batch of [1, 255, 257, 700]) {
    const tiles = new MemoryTiles()
    let range = EMPTY_RANGE
    for (let at = 0; at < leaves.length; at += batch) {
      const before = formatCompactRange(range)
      const grown = growTiles(range, leaves.slice(at, at + batch))
      expect(formatCompactRange(range)).toEqual(before)
      const changed = [...changedTiles(range.size, grown.range.size)]
      expect(
        grown.tiles.map(({ level, index, width }) => ({ level, index, width })),
        `${batch} at ${at}`,
      ).toEqual(changed)
      for (const { from, width, hashes } of grown.tiles) expect(hashes.length).toBe((width - from) * 32)
      tiles.store(grown.tiles)
      range = grown.range
    }
    expect(hex(rangeRoot(range))).toBe(hex(treeRoot(leaves)))
    expect([...tiles.bytes.keys()].sort()).toEqual(
      ['tile/0/000', 'tile/0/001', 'tile/0/002', 'tile/0/003', 'tile/0/004', 'tile/0/005', 'tile/1/000'].sort(),
    )
    expect(Buffer.concat([0, 1, 2, 3, 4, 5].map((n) => tiles.bytes.get(`tile/0/00${n}`) as Uint8Array))).toEqual(Buffer.concat(leaves))
    expect(tiles.bytes.get('tile/1/000')).toEqual(Buffer.concat([0, 1, 2, 3, 4].map((n) => treeRoot(leaves.slice(n * 256, n * 256 + 256)))))
    expect(await readCompactRange(range.size, tiles.read)).toEqual(range)
  }
})

test('stored and read again at every size up to 300', () => {
  let range = EMPTY_RANGE
  for (let size = 0; size <= 300; size++) {
    expect(parseCompactRange(formatCompactRange(range))).toEqual({ ok: true, value: range })
    range = appendLeaves(range, leaves.slice(size, size + 1))
  }
})

test('a stored range that is not one', () => {
  const bytes = formatCompactRange(appendLeaves(EMPTY_RANGE, leaves.slice(0, 5)))
  expect(bytes.length).toBe(8 + 2 * 32)
  for (const wrong of [bytes.subarray(0, 7), bytes.subarray(0, -1), Buffer.concat([bytes, Buffer.alloc(32)]), new Uint8Array(0)]) {
    expect(parseCompactRange(wrong)).toEqual({ ok: false, code: 'length' })
  }
  const beyond = Buffer.from(bytes)
  beyond[0] = 0x80
  expect(parseCompactRange(beyond)).toEqual({ ok: false, code: 'size' })
})

test('what was read does not change with the buffer it was read from', () => {
  const bytes = formatCompactRange(appendLeaves(EMPTY_RANGE, leaves.slice(0, 3)))
  const parsed = parseCompactRange(bytes)
  const root = parsed.ok ? hex(rangeRoot(parsed.value)) : ''
  bytes.fill(0)
  expect(parsed.ok ? hex(rangeRoot(parsed.value)) : undefined).toBe(root)
  expect(root).toBe(hex(treeRoot(leaves.slice(0, 3))))
})

test('a leaf hash that is not 32 bytes is refused', () => {
  for (const length of [0, 31, 33, 64]) {
    for (const append of [appendLeaves, growTiles]) {
      expect(() => append(EMPTY_RANGE, [leaves[0] as Uint8Array, new Uint8Array(length)])).toThrow(TranslogError)
    }
    expect(() => treeRoot([new Uint8Array(length)])).toThrow(expect.objectContaining({ code: 'hash-length' }))
  }
})

test('sizes beyond 2^31 and 2^32, up to the largest', () => {
  const leaf = leaves[0] as Uint8Array
  const full = { size: 2 ** 33 - 1, nodes: Array.from({ length: 33 }, (_, n) => leaves[n] as Uint8Array) }
  const grown = growTiles(full, [leaf])
  expect(grown.range.size).toBe(2 ** 33)
  expect(grown.range.nodes.length).toBe(1)
  expect(hex(grown.range.nodes[0] as Uint8Array)).toBe(hex(rangeRoot(appendLeaves(full, [leaf]))))
  expect(grown.tiles.map(({ level, index, from, width }) => [level, index, from, width])).toEqual([
    [0, 2 ** 25 - 1, 255, 256],
    [1, 2 ** 17 - 1, 255, 256],
    [2, 2 ** 9 - 1, 255, 256],
    [3, 1, 255, 256],
    [4, 0, 1, 2],
  ])
  expect([...changedTiles(2 ** 33 - 1, 2 ** 33)].map(({ level, index, width }) => [level, index, width])).toEqual(
    grown.tiles.map(({ level, index, width }) => [level, index, width]),
  )
  expect(parseCompactRange(formatCompactRange(full))).toEqual({ ok: true, value: full })

  const last = { size: Number.MAX_SAFE_INTEGER, nodes: Array.from({ length: 53 }, (_, n) => leaves[n] as Uint8Array) }
  expect(() => appendLeaves(last, [leaf])).toThrow(expect.objectContaining({ code: 'range' }))
})
