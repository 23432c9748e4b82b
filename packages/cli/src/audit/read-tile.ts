import { HASH_BYTES, TILE_WIDTH, type Tile, tilePath } from '@hefu/translog'
import { type ExportReader, readOrWhyNot } from './export-reader.ts'
import type { AddFinding } from './finding.ts'

/** The hashes of a tile, as views; undefined, and reported, when they cannot be had. */
export async function readTile(reader: ExportReader, tile: Tile, findings: AddFinding): Promise<Uint8Array[] | undefined> {
  const path = tilePath(tile)
  const bytes = await readOrWhyNot(reader, path)
  if (bytes instanceof Uint8Array && bytes.length === tile.width * HASH_BYTES) return hashesOf(bytes)
  const start = tile.index * TILE_WIDTH ** (tile.level + 1)
  const end = start + tile.width * TILE_WIDTH ** tile.level - 1
  const about = { index: start, subject: path, expected: `${tile.width * HASH_BYTES} bytes, entries ${start}–${end}` }
  if (bytes instanceof Uint8Array) findings.add('file-form', { ...about, found: `${bytes.length} bytes` })
  else findings.add(bytes.code, { ...about, found: bytes.found })
  return undefined
}

export function hashesOf(bytes: Uint8Array): Uint8Array[] {
  return Array.from({ length: bytes.length / HASH_BYTES }, (_, n) => bytes.subarray(n * HASH_BYTES, (n + 1) * HASH_BYTES))
}

export function sameHash(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}

export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
