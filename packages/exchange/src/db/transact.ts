import type { Kysely } from 'kysely'
import type { Tx } from './bulk.ts'
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
    try {
      return await db.transaction().execute(work)
    } catch (error) {
      if (tries === maxTries || !victimCodes.has(String((error as { code?: unknown }).code))) throw error
    }
  }
}
