import { type LogEntry, parseLogEntry } from '@hefu/protocol'
import { EMPTY_RANGE, growTiles, leafHash, parseCheckpointNote, rangeRoot, type VerifierKey, verifyLogSignature } from '@hefu/translog'
import { expect } from 'vitest'
import { query } from './observe.ts'

/**
 * A node's whole exchange log, read from its database and recomputed from the bytes: no gap, no double, every entry within the closed
 * schema of its kind, tiles and head as they must be, and every checkpoint ever stored is the log's signature over its first entries.
 */
export async function wholeLog(databaseUrl: string, key: VerifierKey): Promise<LogEntry[]> {
  const rows = await query<{ index: string; entry: string }>(databaseUrl, 'select index, entry from log_entries order by index')
  expect(rows.map(({ index }) => Number(index))).toEqual(rows.map((_, at) => at))
  const leaves = rows.map(({ entry }) => leafHash(Buffer.from(entry)))
  await expectTiles(databaseUrl, leaves)
  await expectCheckpoints(databaseUrl, key, leaves)
  return rows.map(({ entry }) => {
    const parsed = parseLogEntry(new Uint8Array(Buffer.from(entry)))
    if (!parsed.ok) throw new Error(`${parsed.code}: ${entry}`)
    return parsed.entry
  })
}

async function expectTiles(databaseUrl: string, leaves: readonly Uint8Array[]): Promise<void> {
  const { tiles } = growTiles(EMPTY_RANGE, leaves)
  const stored = await query<{ level: number; index: string; hashes: Buffer }>(
    databaseUrl,
    'select level, index, hashes from log_tiles order by level, index',
  )
  expect(stored.map(({ level, index, hashes }) => [level, Number(index), hashes.toString('hex')])).toEqual(
    tiles.map(({ level, index, hashes }) => [level, index, Buffer.from(hashes).toString('hex')]),
  )
}

async function expectCheckpoints(databaseUrl: string, key: VerifierKey, leaves: readonly Uint8Array[]): Promise<void> {
  const checkpoints = await query<{ size: string; note: string }>(databaseUrl, 'select size, note from log_checkpoints order by size')
  expect(Number(checkpoints.at(-1)?.size)).toBe(leaves.length)
  let { range } = growTiles(EMPTY_RANGE, [])
  for (const { size, note } of checkpoints) {
    range = growTiles(range, leaves.slice(range.size, Number(size))).range
    const parsed = parseCheckpointNote(note)
    const signed = parsed.ok ? verifyLogSignature(parsed.value, key) : parsed
    if (!signed.ok) throw new Error(`checkpoint ${size}: ${signed.code}`)
    expect(signed.value.checkpoint).toEqual({ origin: key.name, size: range.size, root: rangeRoot(range), extensions: [] })
  }
}

/** The kinds of a log that are not about the process itself. */
export function acts(entries: readonly LogEntry[]): LogEntry[] {
  return entries.filter(({ kind }) => !/^(node\.|heartbeat)/.test(kind))
}
