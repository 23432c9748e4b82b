import type { Kysely } from 'kysely'
import type { Reader, Tx } from './bulk.ts'
import type { Database } from './schema.ts'

/** PostgreSQL ended a transaction in favour of another: deadlock_detected, serialization_failure (its manual, appendix A). */
const victimCodes = new Set(['40P01', '40001'])
const maxTries = 5

/**
 * A transaction that runs again when PostgreSQL chose it to end a circle. One statement takes its locks in order; but a transaction that
 * gives back a claim marks other cases' rows before its own, and no order over both is known beforehand.
 */
export async function transact<T>(db: Kysely<Database>, work: (tx: Tx) => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    const behind: (() => void)[] = []
    let result: T
    try {
      result = await db.transaction().execute(async (tx) => {
        behindCommit.set(tx, behind)
        return await work(tx)
      })
    } catch (error) {
      if (tries === maxTries || !victimCodes.has(String((error as { code?: unknown }).code))) throw error
      continue
    }
    for (const tell of behind) tell()
    return result
  }
}

const behindCommit = new WeakMap<Tx, (() => void)[]>()

/** What is told once it is so, never of a transaction that was rolled back: a counter, a log line. Outside of a transaction, at once. */
export function afterCommit(db: Reader, tell: () => void): void {
  if (!db.isTransaction) {
    tell()
    return
  }
  const behind = behindCommit.get(db as Tx)
  if (behind === undefined) throw new Error('a transaction that tells something begins with transact()')
  behind.push(tell)
}
