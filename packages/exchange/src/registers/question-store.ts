import { sql } from 'kysely'
import { insertAll, type Reader, type Tx } from '../db/bulk.ts'

/** Which cases asked a register what: when the record comes or changes later, they are looked at again. */
export async function rememberQuestions(
  tx: Tx,
  rows: readonly { register: string; lookup_key: string; case_number: string }[],
): Promise<void> {
  await insertAll(
    tx,
    'register_questions',
    rows.map((row) => ({ ...row })),
    sql`on conflict do nothing`,
  )
}

export async function openCasesAsking(db: Reader, register: string, lookupKeys: readonly string[]): Promise<string[]> {
  if (lookupKeys.length === 0) return []
  const rows = await db
    .selectFrom('register_questions as q')
    .innerJoin('cases as c', 'c.case_number', 'q.case_number')
    .select('q.case_number')
    .distinct()
    .where('q.register', '=', register)
    .where('q.lookup_key', '=', sql<string>`any(${lookupKeys})`)
    .where('c.final', '=', false)
    .execute()
  return rows.map((row) => row.case_number)
}
