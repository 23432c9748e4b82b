import {
  appendLeaves,
  type CompactRange,
  EMPTY_RANGE,
  growTiles,
  HASH_BYTES,
  leafHash,
  parseEntryBundle,
  rangeRoot,
  TILE_WIDTH,
  tilePath,
  tileWidth,
} from '@hefu/translog'
import { type ExportReader, readOrWhyNot } from './export-reader.ts'
import type { AddFinding } from './finding.ts'
import { hashesOf, hex, readTile, sameHash } from './read-tile.ts'
import { TileEdge } from './tile-edge.ts'

export interface TreeToRead {
  readonly size: number
  /** Entries outside are not looked at: their hashes are taken from the tiles. Whole bundles. */
  readonly from: number
  readonly to: number
  /** Sizes whose roots are wanted, ascending. */
  readonly rootsAt: readonly number[]
}

/** The entries of a bundle, as they were hashed. */
export interface ReadBundle {
  /** Index of the first. */
  readonly start: number
  readonly width: number
  /** A whole bundle, which `parseEntryBundle` has read. */
  readonly bytes: Uint8Array
}

export interface TreeReading {
  /** In the order of the log. The next bundle comes when this is done. */
  readonly onBundle: (bundle: ReadBundle) => void | Promise<void>
  /** How many entries are behind. */
  readonly onProgress: (entries: number) => void
}

export interface ReadTree {
  readonly root: Uint8Array
  /** By size, of the sizes asked for. */
  readonly roots: ReadonlyMap<number, Uint8Array>
  /** How many entries were looked at. */
  readonly examined: number
}

/**
 * Recomputes the whole tree, bundle by bundle: every leaf from its entry, every hash tile from the leaves, the root. In memory are a few
 * bundles and the right edge of the tree.
 *
 * A leaf that differs from its tile is reported with its index, and the tree is built over the tile's: so the root says whether the tiles
 * are those of the checkpoint, and the finding says which entry is not.
 */
export async function readTree(reader: ExportReader, tree: TreeToRead, on: TreeReading, findings: AddFinding): Promise<ReadTree> {
  const edge = new TileEdge(reader, tree.size, findings)
  const roots = new Map<number, Uint8Array>()
  let range: CompactRange = EMPTY_RANGE
  let examined = 0
  const bundles = Math.ceil(tree.size / TILE_WIDTH)
  let lostInARow = 0
  for await (const { at, leaves, bundle, isLost } of readAhead(bundles, (at) => readLeaves(reader, tree, at, findings))) {
    const start = at * TILE_WIDTH
    lostInARow = isLost ? lostInARow + 1 : 0
    if (lostInARow > MAX_LOST_IN_A_ROW) {
      findings.add('tree-cut', { index: start, expected: `${tree.size}`, found: `≤ ${start}` })
      break
    }
    for (const size of tree.rootsAt) {
      if (size > start && size <= start + leaves.length) roots.set(size, rangeRoot(appendLeaves(range, leaves.slice(0, size - start))))
    }
    const grown = growTiles(range, leaves)
    for (const tile of grown.tiles) if (tile.level > 0) await edge.grow(tile)
    range = grown.range
    if (bundle !== undefined) {
      await on.onBundle({ start, width: leaves.length, bytes: bundle })
      examined += leaves.length
    }
    on.onProgress(range.size)
  }
  await edge.end()
  if (tree.rootsAt.includes(0)) roots.set(0, rangeRoot(EMPTY_RANGE))
  return { root: rangeRoot(range), roots, examined }
}

/**
 * Whoever names a size of 2^53 must not keep the auditor busy for years with files that are not there. As many as a tile of the next level
 * has hashes: what damage leaves behind a smaller hole is judged all the same.
 */
const MAX_LOST_IN_A_ROW = TILE_WIDTH

interface Leaves {
  readonly at: number
  /** Neither the tile nor the entries could be had. */
  readonly isLost: boolean
  readonly leaves: readonly Uint8Array[]
  /** Undefined where not asked for, and where it cannot be read. */
  readonly bundle: Uint8Array | undefined
}

/** The next bundles are read while one is hashed. */
async function* readAhead(count: number, read: (at: number) => Promise<Leaves>): AsyncGenerator<Leaves> {
  const waiting: Promise<Leaves>[] = []
  for (let at = 0; at < count + AHEAD; at++) {
    if (at < count) {
      const next = read(at)
      // Awaited in its turn; until then a failure must not end the process.
      next.catch(() => undefined)
      waiting.push(next)
    }
    if (at >= AHEAD || at >= count) {
      const first = waiting.shift()
      if (first !== undefined) yield await first
    }
  }
}

const AHEAD = 8

async function readLeaves(reader: ExportReader, { size, from, to }: TreeToRead, at: number, findings: AddFinding): Promise<Leaves> {
  const width = tileWidth(0, at, size)
  const start = at * TILE_WIDTH
  const wanted = start + width > from && start < to
  const [tile, read] = await Promise.all([
    readTile(reader, { level: 0, index: at, width }, findings),
    wanted ? readBundle(reader, at, width, findings) : undefined,
  ])
  if (read === undefined) return { at, leaves: tile ?? lost(width), isLost: tile === undefined, bundle: undefined }
  const hashes = read.entries.map(leafHash)
  hashes.forEach((hash, n) => {
    const stored = tile?.[n]
    if (stored === undefined || sameHash(hash, stored)) return
    findings.add('leaf-differs', { index: start + n, expected: hex(stored), found: hex(hash) })
  })
  return { at, leaves: tile ?? hashes, isLost: false, bundle: read.bytes }
}

async function readBundle(reader: ExportReader, at: number, width: number, findings: AddFinding) {
  const path = tilePath({ level: 'entries', index: at, width })
  const start = at * TILE_WIDTH
  const about = { index: start, subject: path, expected: `${width} entries, ${start}–${start + width - 1}` }
  const bytes = await readOrWhyNot(reader, path)
  if (!(bytes instanceof Uint8Array)) {
    findings.add(bytes.code, { ...about, found: bytes.found })
    return undefined
  }
  const entries = parseEntryBundle(bytes, width)
  if (entries.ok) return { bytes, entries: entries.value }
  findings.add('file-form', { ...about, found: `${entries.code}, ${bytes.length} bytes` })
  return undefined
}

/** For entries that are lost, so that those after them keep their places. No entry hashes to it; the root differs, as it should. */
function lost(width: number): Uint8Array[] {
  return hashesOf(new Uint8Array(width * HASH_BYTES))
}
