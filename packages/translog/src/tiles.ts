import { type Parsed, refused } from './parsed.ts'
import { TranslogError } from './translog-error.ts'
import { assertHash, HASH_BYTES } from './tree-hash.ts'
import { assertSizes } from './tree-size.ts'

/** Hashes of a full tile, and entries of a full bundle. */
export const TILE_WIDTH = 256

/** Height of a tile: the hashes of level L are the roots of perfect subtrees of 256^L leaves. */
export const TILE_HEIGHT = 8

/** A hash tile (C2SP tlog-tiles, "Merkle Tree"). */
export interface Tile {
  /** 0: leaf hashes. */
  readonly level: number
  /** Place of the tile within its level. */
  readonly index: number
  /** 1 to 256 hashes; below 256 the tile is partial. */
  readonly width: number
}

/** An entry bundle: the entries under the hash tile of level 0 with the same index and width. */
export interface EntryBundle {
  readonly level: 'entries'
  readonly index: number
  readonly width: number
}

/** How wide this tile is in a tree of that size; 0: the tree has no such tile. Throws TranslogError `range`. */
export function tileWidth(level: number, index: number, size: number): number {
  assertSizes(level, index, size)
  const hashes = Math.floor(size / TILE_WIDTH ** level)
  return Math.min(TILE_WIDTH, Math.max(0, hashes - index * TILE_WIDTH))
}

/**
 * The tiles of a tree of size `to` that a tree of size `from` does not have, level by level, each from left to right: what has to be
 * fetched or written when the log grows. A tile that only got wider counts. From 0: all tiles.
 * With these, entry bundles change exactly where tiles of level 0 do. Throws TranslogError `range`.
 */
export function* changedTiles(from: number, to: number): Generator<Tile> {
  assertSizes(from, to)
  if (from > to) throw new TranslogError('range', `from ${from} to ${to}`)
  for (let level = 0, span = 1; span <= to; level++, span *= TILE_WIDTH) {
    const [before, after] = [Math.floor(from / span), Math.floor(to / span)]
    if (before === after) continue
    for (let index = Math.floor(before / TILE_WIDTH); index * TILE_WIDTH < after; index++) {
      yield { level, index, width: Math.min(TILE_WIDTH, after - index * TILE_WIDTH) }
    }
  }
}

/** The bytes of a hash tile: its hashes, one after the other. Throws TranslogError `range` unless 1 to 256, and `hash-length`. */
export function formatTile(hashes: readonly Uint8Array[]): Uint8Array {
  if (hashes.length < 1 || hashes.length > TILE_WIDTH) throw new TranslogError('range', `a tile of ${hashes.length} hashes`)
  hashes.forEach(assertHash)
  return Buffer.concat(hashes)
}

/** The hashes of a tile, which must be exactly as wide as asked for. The hashes are views, not copies. */
export function parseTile(bytes: Uint8Array, width: number): Parsed<readonly Uint8Array[], 'length'> {
  if (!isWidth(width) || bytes.length !== width * HASH_BYTES) return refused('length')
  return { ok: true, value: Array.from({ length: width }, (_, n) => bytes.subarray(n * HASH_BYTES, (n + 1) * HASH_BYTES)) }
}

export function isWidth(width: number): boolean {
  return Number.isInteger(width) && width >= 1 && width <= TILE_WIDTH
}
