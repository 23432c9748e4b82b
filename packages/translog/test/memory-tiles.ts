import { formatTile, parseTile, type ReadTiles, type TileGrowth, tilePath } from '../src/index.ts'

/** Tiles as a store keeps them: bytes that only grow. */
export class MemoryTiles {
  readonly bytes = new Map<string, Uint8Array>()
  /** How often proofs asked, and for how many tiles. */
  readonly asked: number[] = []

  store(tiles: readonly TileGrowth[]): void {
    for (const { level, index, from, hashes } of tiles) {
      const name = tilePath({ level, index, width: 256 })
      const before = this.bytes.get(name) ?? new Uint8Array(0)
      if (before.length !== from * 32) throw new Error(`${name} has ${before.length} bytes, not ${from} hashes`)
      this.bytes.set(name, Buffer.concat([before, hashes]))
    }
  }

  /** The whole tile, however narrow it was when the proof's tree ended: a store that only grows has nothing else. */
  readonly read: ReadTiles = async (tiles) => {
    this.asked.push(tiles.length)
    return tiles.map(({ level, index }) => this.bytes.get(tilePath({ level, index, width: 256 })) ?? new Uint8Array(0))
  }

  /** Exactly the tile of that width, as a file `….p/<W>` has it. */
  readonly readExact: ReadTiles = async (tiles) =>
    (await this.read(tiles)).map((bytes, at) => {
      const width = tiles[at]?.width ?? 0
      const hashes = parseTile(bytes, bytes.length / 32)
      if (!hashes.ok) throw new Error('no such tile')
      return formatTile(hashes.value.slice(0, width))
    })
}
