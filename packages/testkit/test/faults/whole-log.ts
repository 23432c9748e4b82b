import { type LogEntry, parseLogEntry } from '@hefu/protocol'
import { EMPTY_RANGE, growTiles, leafHash, parseCheckpointNote, rangeRoot, type VerifierKey, verifyLogSignature } from '@hefu/translog'
import { expect } from 'vitest'
import { query } from './observe.ts'

/**
 * A node's whole exchange log, read from its database and recomputed from the bytes: no gap, no double, every entry within the closed
 * schema of its kind, tiles and head as they must be, and every checkpoint ever stored is the log's signature over its first entries.
 */
export async function wholeLog(databaseUrl: string, key: VerifierKey): Promise<LogEntry[]> {
  const { entries, tiles, checkpoints } = await readLog(databaseUrl)
  expect(entries.map(({ index }) => index)).toEqual(entries.map((_, at) => at))
  const leaves = entries.map(({ entry }) => leafHash(Buffer.from(entry)))
  const expected = growTiles(EMPTY_RANGE, leaves).tiles.map(({ level, index, hashes }) => ({
    level,
    index,
    hashes: Buffer.from(hashes).toString('hex'),
  }))
  expect(tiles).toEqual(expected)
  expectCheckpoints(checkpoints, key, leaves)
  return entries.map(({ entry }) => {
    const parsed = parseLogEntry(new Uint8Array(Buffer.from(entry)))
    if (!parsed.ok) throw new Error(`${parsed.code}: ${entry}`)
    return parsed.entry
  })
}

interface StoredLog {
  readonly entries: readonly { readonly index: number; readonly entry: string }[]
  readonly tiles: readonly { readonly level: number; readonly index: number; readonly hashes: string }[]
  readonly checkpoints: readonly { readonly size: number; readonly note: string }[]
}

/** In one statement, which sees one moment: a log grows even by being looked at. */
async function readLog(databaseUrl: string): Promise<StoredLog> {
  const list = (columns: string, table: string, order: string) =>
    `(select coalesce(json_agg(t), '[]') from (select ${columns} from ${table} order by ${order}) t)`
  const [log] = await query<{ log: StoredLog }>(
    databaseUrl,
    `select json_build_object('entries', ${list('index, entry', 'log_entries', 'index')},
      'tiles', ${list("level, index, encode(hashes, 'hex') as hashes", 'log_tiles', 'level, index')},
      'checkpoints', ${list('size, note', 'log_checkpoints', 'size')}) as log`,
  )
  if (log === undefined) throw new Error('no log')
  return log.log
}

function expectCheckpoints(checkpoints: StoredLog['checkpoints'], key: VerifierKey, leaves: readonly Uint8Array[]): void {
  expect(checkpoints.at(-1)?.size).toBe(leaves.length)
  let { range } = growTiles(EMPTY_RANGE, [])
  for (const { size, note } of checkpoints) {
    range = growTiles(range, leaves.slice(range.size, size)).range
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
