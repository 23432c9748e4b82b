export { buildTree, type Tree, treeRoot } from './build-tree.ts'
export {
  appendLeaves,
  type CompactRange,
  EMPTY_RANGE,
  formatCompactRange,
  type OnNode,
  parseCompactRange,
  rangeRoot,
} from './compact-range.ts'
export { formatEntryBundle, MAX_ENTRY_BYTES, parseEntryBundle } from './entry-bundle.ts'
export { growTiles, type TileGrowth } from './grow-tiles.ts'
export type { Parsed } from './parsed.ts'
export { proveConsistency, proveInclusion, readCompactRange, readRoot } from './prove.ts'
export type { ReadTiles } from './read-nodes.ts'
export { parseTilePath, tilePath } from './tile-path.ts'
export { changedTiles, type EntryBundle, formatTile, parseTile, TILE_HEIGHT, TILE_WIDTH, type Tile, tileWidth } from './tiles.ts'
export { type TranslogCode, TranslogError } from './translog-error.ts'
export { emptyRoot, HASH_BYTES, leafHash, nodeHash } from './tree-hash.ts'
export { type Consistency, verifyConsistency } from './verify-consistency.ts'
export { type Inclusion, verifyInclusion } from './verify-inclusion.ts'
