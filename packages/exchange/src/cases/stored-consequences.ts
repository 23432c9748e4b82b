import { sql } from 'kysely'
import type { Tx } from '../db/bulk.ts'

/** A row that follows from a case; `key` of a claim is its look-up key. `id`, `state`, `document`: of tasks only. */
export interface StoredRow {
  readonly kind: 'effect' | 'settlement' | 'claim' | 'task'
  readonly case_number: string
  readonly digest: string
  readonly key: string
  readonly id: string | null
  readonly state: string | null
  readonly document: string | null
}

/** One look at everything that follows from these cases. */
export async function storedConsequences(tx: Tx, caseNumbers: readonly string[]): Promise<StoredRow[]> {
  if (caseNumbers.length === 0) return []
  const { rows } =
    await sql<StoredRow>`select 'effect' as kind, case_number, digest, key, null::uuid as id, null as state, null as document from effects where case_number = any(${caseNumbers})
    union all select 'settlement', case_number, digest, key, null, null, null from settlement_entries where case_number = any(${caseNumbers})
    union all select 'claim', case_number, digest, lookup_key, null, null, null from claims where case_number = any(${caseNumbers})
    union all select 'task', case_number, digest, key, id, state, document from tasks where case_number = any(${caseNumbers})`.execute(tx)
  return rows
}
