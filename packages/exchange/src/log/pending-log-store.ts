import { formatLogEntry, type LogFact } from '@hefu/protocol'
import { sql } from 'kysely'
import type { Context } from '../context.ts'
import { runTogether, type Statement, type Tx } from '../db/bulk.ts'

/**
 * Written in the transaction that does what the entry says; the sequencer gives it its place later. One entry a line: its text has no line
 * end, and PostgreSQL need not read it as JSON.
 */
export function logStatements(nowMs: number, facts: readonly LogFact[]): Statement[] {
  if (facts.length === 0) return []
  const lines = (texts: readonly string[]) => sql`string_to_table(${texts.join('\n')}, E'\\n')`
  const entries = facts.map((fact) => formatLogEntry(fact, nowMs))
  return [
    sql`insert into log_pending (at, kind, entry) select ${new Date(nowMs)}, kind, entry
      from rows from (${lines(facts.map(({ kind }) => kind))}, ${lines(entries)}) as t (kind, entry)`,
  ]
}

export async function appendToLog(tx: Tx, nowMs: number, facts: readonly LogFact[]): Promise<void> {
  await runTogether(tx, logStatements(nowMs, facts))
}

/** What is not part of a transaction: it is committed when this returns. */
export async function logFact({ db, now }: Pick<Context, 'db' | 'now'>, fact: LogFact): Promise<void> {
  for (const statement of logStatements(now(), [fact])) await statement.execute(db)
}
