import { randomBytes } from 'node:crypto'
import { formatLogEntry, uuidV7 } from '@hefu/protocol'
import { type DateText, mintCaseNumber, type RegionId } from '@hefu/reference'
import type pg from 'pg'

const [iss, aud] = ['510100', '500000'] as RegionId[] as [RegionId, RegionId]

/** A message's entry as a node writes it. */
export function messageEntry(atMs: number): { digest: string; entry: string } {
  const digest = randomBytes(32).toString('base64url')
  const caseNumber = mintCaseNumber(iss, 'VN', new Date(atMs).toISOString().slice(0, 10) as DateText, randomBytes(7))
  const fact = {
    kind: 'message.sent',
    iss,
    aud,
    jti: uuidV7(atMs, randomBytes(10)),
    procedure: 'violation-notice/1',
    document: 'notice',
  } as const
  return { digest, entry: formatLogEntry({ ...fact, case: caseNumber, digest }, atMs) }
}

/** Commits them for the sequencer, all at once. */
export async function writePending(database: pg.Pool, entries: readonly string[]): Promise<void> {
  const client = await database.connect()
  try {
    await client.query('begin')
    for (let at = 0; at < entries.length; at += 10_000) {
      await client.query("insert into log_pending (at, kind, entry) select now(), 'message.sent', e from unnest($1::text[]) as t (e)", [
        entries.slice(at, at + 10_000),
      ])
    }
    await client.query('commit')
  } finally {
    client.release()
  }
}

export async function logSize(database: pg.Pool): Promise<number> {
  const { rows } = await database.query<{ size: string }>('select size from log_checkpoints order by epoch desc, size desc limit 1')
  return Number(rows[0]?.size ?? 0)
}
