import { insertStatements, runTogether, type Statement, type Tx } from '../db/bulk.ts'

/** What the exchange log will hold (protocol.md section 4): closed schemas, no personal data. */
export type LogEntry =
  | {
      readonly kind: 'message.sent' | 'message.received'
      readonly iss: string
      readonly aud: string
      readonly jti: string
      readonly procedure: string
      readonly document: string
      readonly case: string
      readonly digest: string
    }
  | {
      readonly kind: 'receipt.issued' | 'receipt.received'
      readonly iss: string
      readonly aud: string
      readonly jti: string
      readonly digest: string
      readonly size: number
      readonly root: string
    }
  | {
      readonly kind: 'refusal'
      readonly iss: string
      readonly aud: string
      readonly jti: string
      readonly digest: string
      readonly reason: string
    }

/** Written in the transaction that does what the entry says; the sequencer gives it its place later. */
export function logStatements(nowMs: number, entries: readonly LogEntry[]): Statement[] {
  const at = new Date(nowMs)
  return insertStatements(
    'log_pending',
    entries.map((entry) => ({ at, kind: entry.kind, entry: { v: 1, at: nowMs, ...entry } })),
  )
}

export async function appendToLog(tx: Tx, nowMs: number, entries: readonly LogEntry[]): Promise<void> {
  await runTogether(tx, logStatements(nowMs, entries))
}
