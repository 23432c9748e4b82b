import { type Parsed, refused } from './parsed.ts'
import { isWidth, TILE_WIDTH } from './tiles.ts'
import { TranslogError } from './translog-error.ts'

/**
 * Largest entry in bytes. The profile says "at most 64 KiB"; the length prefix of C2SP tlog-tiles has 16 bits, so the last of these
 * 65,536 bytes cannot be used.
 */
export const MAX_ENTRY_BYTES = 65_535

/**
 * The bytes of an entry bundle (C2SP tlog-tiles, "Log entries"): per entry its length as 2 bytes, most significant first, then its data.
 * Throws TranslogError: `range` unless 1 to 256 entries, `entry-size` for an entry above `MAX_ENTRY_BYTES`.
 */
export function formatEntryBundle(entries: readonly Uint8Array[]): Uint8Array {
  if (entries.length < 1 || entries.length > TILE_WIDTH) throw new TranslogError('range', `a bundle of ${entries.length} entries`)
  let length = 0
  for (const entry of entries) {
    if (entry.length > MAX_ENTRY_BYTES) throw new TranslogError('entry-size', `an entry of ${entry.length} bytes`)
    length += 2 + entry.length
  }
  const bytes = new Uint8Array(length)
  let at = 0
  for (const entry of entries) {
    bytes[at] = entry.length >> 8
    bytes[at + 1] = entry.length & 0xff
    bytes.set(entry, at + 2)
    at += 2 + entry.length
  }
  return bytes
}

/**
 * The entries of a bundle that must hold exactly `width` of them; they are views, not copies. `width`: not 1 to 256; `cut`: ends
 * within an entry or before the last; `rest`: bytes after the last, which no hash would cover.
 */
export function parseEntryBundle(bytes: Uint8Array, width: number): Parsed<readonly Uint8Array[], 'width' | 'cut' | 'rest'> {
  if (!isWidth(width)) return refused('width')
  const entries: Uint8Array[] = []
  let at = 0
  for (let n = 0; n < width; n++) {
    const [high, low] = [bytes[at], bytes[at + 1]]
    if (high === undefined || low === undefined) return refused('cut')
    const end = at + 2 + high * 256 + low
    if (end > bytes.length) return refused('cut')
    entries.push(bytes.subarray(at + 2, end))
    at = end
  }
  return at === bytes.length ? { ok: true, value: entries } : refused('rest')
}
