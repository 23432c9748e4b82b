import { foldNodes } from './compact-range.ts'
import { TILE_HEIGHT, TILE_WIDTH, type Tile, tileWidth } from './tiles.ts'
import { TranslogError } from './translog-error.ts'
import { HASH_BYTES, nodeHash } from './tree-hash.ts'

/**
 * Where the hashes of a tree are kept: a table, files, a peer. Asked once, for all tiles that one proof needs (at most 14); answers with
 * the bytes of each in the same order. A tile may be wider than asked for (the log has grown meanwhile): only its beginning is used.
 */
export type ReadTiles = (tiles: readonly Tile[]) => Promise<readonly Uint8Array[]>

/** Leaves from `start` up to, not including, `end`. */
export type LeafRange = readonly [start: number, end: number]

interface Node {
  readonly height: number
  /** Counts the subtrees of this height. */
  readonly index: number
}

/**
 * The RFC 6962 tree hash of each range of leaves in a tree of that size. The ranges are those which splitting the tree gives, so each
 * begins at a multiple of the largest subtree in it. Throws TranslogError `tile` when the source has not what such a tree must have.
 */
export async function readRanges(ranges: readonly LeafRange[], size: number, readTiles: ReadTiles): Promise<Uint8Array[]> {
  const hashOf = await loadNodes(ranges.flatMap(perfectNodes), size, readTiles)
  return ranges.map((range) => foldNodes(perfectNodes(range).map(hashOf)))
}

/** The perfect subtrees that make up the range, from left to right. */
export function perfectNodes([start, end]: LeafRange): Node[] {
  const nodes: Node[] = []
  for (let at = start; at < end; ) {
    let [height, leaves] = [0, 1]
    while (at % (leaves * 2) === 0 && at + leaves * 2 <= end) [height, leaves] = [height + 1, leaves * 2]
    nodes.push({ height, index: at / leaves })
    at += leaves
  }
  return nodes
}

/** Reads the tiles under these nodes, each once, and gives the look-up of the nodes' hashes. */
export async function loadNodes(nodes: readonly Node[], size: number, readTiles: ReadTiles): Promise<(node: Node) => Uint8Array> {
  const tiles = new Map(nodes.map((node) => tileUnder(node, size)).map((tile) => [keyOf(tile), tile]))
  if (tiles.size === 0) return () => new Uint8Array(0)
  const wanted = [...tiles.values()]
  const read = await readTiles(wanted)
  const bytesOf = new Map(wanted.map((tile, at) => [keyOf(tile), checkTile(tile, read[at])]))
  return (node) => {
    const { count, first } = placeOf(node)
    const bytes = bytesOf.get(keyOf(tileUnder(node, size))) as Uint8Array
    return perfectRoot(bytes.subarray(first * HASH_BYTES, (first + count) * HASH_BYTES))
  }
}

/** The lowest tile that has the node, or the hashes right under it: within one tile, since both are aligned to powers of two. */
function placeOf({ height, index }: Node): { level: number; tile: number; first: number; count: number } {
  const level = Math.floor(height / TILE_HEIGHT)
  const count = 2 ** (height % TILE_HEIGHT)
  const start = index * count
  return { level, tile: Math.floor(start / TILE_WIDTH), first: start % TILE_WIDTH, count }
}

function tileUnder(node: Node, size: number): Tile {
  const { level, tile } = placeOf(node)
  return { level, index: tile, width: tileWidth(level, tile, size) }
}

function keyOf({ level, index }: Tile): string {
  return `${level}/${index}`
}

function checkTile(tile: Tile, bytes: Uint8Array | undefined): Uint8Array {
  const length = bytes?.length ?? 0
  if (bytes === undefined || length % HASH_BYTES !== 0 || length < tile.width * HASH_BYTES || length > TILE_WIDTH * HASH_BYTES) {
    throw new TranslogError('tile', `tile ${keyOf(tile)} of width ${tile.width} has ${length} bytes`)
  }
  return bytes
}

function perfectRoot(hashes: Uint8Array): Uint8Array {
  if (hashes.length === HASH_BYTES) return Buffer.from(hashes)
  const middle = hashes.length / 2
  return nodeHash(perfectRoot(hashes.subarray(0, middle)), perfectRoot(hashes.subarray(middle)))
}
