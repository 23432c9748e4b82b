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
  type TileGrowth,
  tilePath,
  tileWidth,
} from '@hefu/translog'
import type { ExportReader } from './export-reader.ts'
import type { Findings } from './finding.ts'

export interface TreeToRead {
  readonly size: number
  /** Entries outside are not looked at: their hashes are taken from the tiles. Whole bundles. */
  readonly from: number
  readonly to: number
  /** Sizes whose roots are wanted, ascending. */
  readonly rootsAt: readonly number[]
  readonly onEntry: (bytes: Uint8Array, index: number) => void
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
 * Recomputes the whole tree, bundle by bundle: every leaf from its entry, every hash tile from the leaves, the root. In memory are one
 * bundle and the right edge of the tree.
 *
 * A leaf that differs from its tile is reported with its index, and the tree is built over the tile's: so the root says whether the tiles
 * are those of the checkpoint, and the finding says which entry is not.
 */
export async function readTree(reader: ExportReader, tree: TreeToRead, findings: Findings): Promise<ReadTree> {
  const edge = new TileEdge(reader, tree.size, findings)
  const roots = new Map<number, Uint8Array>()
  let range: CompactRange = EMPTY_RANGE
  let examined = 0
  const bundles = Math.ceil(tree.size / TILE_WIDTH)
  for await (const { at, leaves, entries } of readAhead(bundles, (at) => readLeaves(reader, tree, at, findings))) {
    const start = at * TILE_WIDTH
    for (const size of tree.rootsAt) {
      if (size > start && size <= start + leaves.length) roots.set(size, rangeRoot(appendLeaves(range, leaves.slice(0, size - start))))
    }
    const grown = growTiles(range, leaves)
    for (const tile of grown.tiles) if (tile.level > 0) await edge.grow(tile)
    range = grown.range
    entries.forEach((entry, n) => {
      tree.onEntry(entry, start + n)
    })
    examined += entries.length
    tree.onProgress(range.size)
  }
  await edge.end()
  if (tree.rootsAt.includes(0)) roots.set(0, rangeRoot(EMPTY_RANGE))
  return { root: rangeRoot(range), roots, examined }
}

interface Leaves {
  readonly at: number
  readonly leaves: readonly Uint8Array[]
  /** Empty where not asked for. */
  readonly entries: readonly Uint8Array[]
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

async function readLeaves(reader: ExportReader, { size, from, to }: TreeToRead, at: number, findings: Findings): Promise<Leaves> {
  const width = tileWidth(0, at, size)
  const start = at * TILE_WIDTH
  const wanted = start + width > from && start < to
  const [tile, entries] = await Promise.all([
    readTile(reader, 0, at, width, findings),
    wanted ? readBundle(reader, at, width, findings) : [],
  ])
  if (entries.length === 0) return { at, leaves: tile ?? lost(width), entries }
  const hashes = entries.map(leafHash)
  if (tile === undefined) return { at, leaves: hashes, entries }
  hashes.forEach((hash, n) => {
    const stored = tile[n] as Uint8Array
    if (!same(hash, stored)) findings.add('leaf-differs', { index: start + n, expected: hex(stored), found: hex(hash) })
  })
  return { at, leaves: tile, entries }
}

async function readBundle(reader: ExportReader, at: number, width: number, findings: Findings): Promise<readonly Uint8Array[]> {
  const path = tilePath({ level: 'entries', index: at, width })
  const bytes = await reader.read(path)
  if (bytes === undefined) {
    findings.add('file-missing', { index: at * TILE_WIDTH, subject: path, expected: `${width} entries`, found: '—' })
    return []
  }
  const entries = parseEntryBundle(bytes, width)
  if (entries.ok) return entries.value
  findings.add('file-form', { index: at * TILE_WIDTH, subject: path, expected: `${width} entries`, found: entries.code })
  return []
}

async function readTile(reader: ExportReader, level: number, index: number, width: number, findings: Findings) {
  const path = tilePath({ level, index, width })
  const bytes = await reader.read(path)
  if (bytes?.length === width * HASH_BYTES) return hashesOf(bytes)
  const found = bytes === undefined ? '—' : `${bytes.length} bytes`
  findings.add(bytes === undefined ? 'file-missing' : 'file-form', { subject: path, expected: `${width * HASH_BYTES} bytes`, found })
  return undefined
}

function hashesOf(bytes: Uint8Array): Uint8Array[] {
  return Array.from({ length: bytes.length / HASH_BYTES }, (_, n) => bytes.subarray(n * HASH_BYTES, (n + 1) * HASH_BYTES))
}

/** For entries that are lost, so that those after them keep their places. No entry hashes to it; the root differs, as it should. */
function lost(width: number): Uint8Array[] {
  return Array.from({ length: width }, () => new Uint8Array(HASH_BYTES))
}

/** The right edge above the leaves: each tile is compared with its file as soon as it is whole. */
class TileEdge {
  readonly #reader: ExportReader
  readonly #size: number
  readonly #findings: Findings
  readonly #open = new Map<number, { index: number; hashes: Uint8Array[] }>()

  constructor(reader: ExportReader, size: number, findings: Findings) {
    this.#reader = reader
    this.#size = size
    this.#findings = findings
  }

  async grow({ level, index, hashes }: TileGrowth): Promise<void> {
    const open = this.#open.get(level)
    if (open?.index !== index) this.#open.set(level, { index, hashes: [hashes] })
    else open.hashes.push(hashes)
    if (open !== undefined && open.index !== index) await this.#compare(level, open.index, Buffer.concat(open.hashes))
  }

  async end(): Promise<void> {
    for (const [level, { index, hashes }] of this.#open) await this.#compare(level, index, Buffer.concat(hashes))
  }

  async #compare(level: number, index: number, computed: Uint8Array): Promise<void> {
    const width = tileWidth(level, index, this.#size)
    const stored = await readTile(this.#reader, level, index, width, this.#findings)
    if (stored === undefined) return
    const at = hashesOf(computed).findIndex((hash, n) => !same(hash, stored[n] as Uint8Array))
    if (at < 0) return
    this.#findings.add('tile-differs', {
      subject: `${tilePath({ level, index, width })}#${at}`,
      expected: hex(computed.subarray(at * HASH_BYTES, (at + 1) * HASH_BYTES)),
      found: hex(stored[at] as Uint8Array),
    })
  }
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
