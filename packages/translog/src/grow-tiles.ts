import { appendLeaves, type CompactRange } from './compact-range.ts'
import { formatTile, TILE_HEIGHT, TILE_WIDTH } from './tiles.ts'

/** What one tile gains: append `hashes` to the bytes it had. */
export interface TileGrowth {
  readonly level: number
  readonly index: number
  /** Width before: 0 for a new tile. A store can fence on it. */
  readonly from: number
  /** Width after. */
  readonly width: number
  /** `width − from` hashes. */
  readonly hashes: Uint8Array
}

/**
 * Appends leaf hashes to the tree and says what each tile gains, without reading any tile: a store appends bytes. Tiles come in the
 * order of `changedTiles(range.size, grown.range.size)`. Throws as `appendLeaves` does.
 */
export function growTiles(range: CompactRange, leaves: Iterable<Uint8Array>): { range: CompactRange; tiles: TileGrowth[] } {
  const levels: { index: number; from: number; hashes: Uint8Array[] }[][] = []
  const grown = appendLeaves(range, leaves, (height, index, hash) => {
    if (height % TILE_HEIGHT !== 0) return
    const level = height / TILE_HEIGHT
    levels[level] ??= []
    const tiles = levels[level]
    const [tile, from] = [Math.floor(index / TILE_WIDTH), index % TILE_WIDTH]
    const last = tiles.at(-1)
    if (last?.index === tile) last.hashes.push(hash)
    else tiles.push({ index: tile, from, hashes: [hash] })
  })
  const tiles = levels.flatMap((tiles, level) =>
    tiles.map(({ index, from, hashes }) => ({ level, index, from, width: from + hashes.length, hashes: formatTile(hashes) })),
  )
  return { range: grown, tiles }
}
