import { HASH_BYTES, type TileGrowth, tilePath, tileWidth } from '@hefu/translog'
import type { ExportReader } from './export-reader.ts'
import type { AddFinding } from './finding.ts'
import { hashesOf, hex, readTile, sameHash } from './read-tile.ts'

/** The right edge above the leaves: each tile is compared with its file as soon as it is whole. */
export class TileEdge {
  readonly #reader: ExportReader
  readonly #size: number
  readonly #findings: AddFinding
  readonly #open = new Map<number, { index: number; hashes: Uint8Array[] }>()

  constructor(reader: ExportReader, size: number, findings: AddFinding) {
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
    const stored = await readTile(this.#reader, { level, index, width }, this.#findings)
    if (stored === undefined) return
    const at = hashesOf(computed).findIndex((hash, n) => !sameHash(hash, stored[n] as Uint8Array))
    if (at < 0) return
    this.#findings.add('tile-differs', {
      subject: `${tilePath({ level, index, width })}#${at}`,
      expected: hex(computed.subarray(at * HASH_BYTES, (at + 1) * HASH_BYTES)),
      found: hex(stored[at] as Uint8Array),
    })
  }
}
