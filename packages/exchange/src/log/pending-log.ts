import { formatLogEntry, type LogFact } from '@hefu/protocol'
import { insertStatements, runTogether, type Statement, type Tx } from '../db/bulk.ts'

/** Written in the transaction that does what the entry says; the sequencer gives it its place later. */
export function logStatements(nowMs: number, facts: readonly LogFact[]): Statement[] {
  const at = new Date(nowMs)
  return insertStatements(
    'log_pending',
    facts.map((fact) => ({ at, kind: fact.kind, entry: formatLogEntry(fact, nowMs) })),
  )
}

export async function appendToLog(tx: Tx, nowMs: number, facts: readonly LogFact[]): Promise<void> {
  await runTogether(tx, logStatements(nowMs, facts))
}
