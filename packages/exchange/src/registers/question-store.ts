import { sql } from 'kysely'
import { insertAll, type Tx } from '../db/bulk.ts'
import { markInboxRows } from '../inbox/inbox-marks-store.ts'

/** A case that was looked up for: in a register, or among the claims of other cases (`register` is then `claims`). */
export interface Question {
  readonly register: string
  readonly lookup_key: string
  readonly case_number: string
}

/** Which cases asked what: when the record comes or changes, or the claim is given back, they are looked at again. */
export async function rememberQuestions(tx: Tx, questions: readonly Question[]): Promise<void> {
  await insertAll(
    tx,
    'register_questions',
    questions.map((row) => ({ ...row })),
    sql`on conflict do nothing`,
  )
}

/**
 * Holds the look-ups until the end of the transaction: `reading` by who is about to look and remember his question,
 * `writing` by who is about to change what is found. One of the two then sees the other; neither can slip past. The keys are folded to
 * a thousand locks, so that a large import stays within the lock table.
 */
export async function holdLookups(
  tx: Tx,
  what: 'record' | 'stored' | 'claim',
  mode: 'reading' | 'writing',
  lookupKeys: readonly string[],
): Promise<void> {
  if (lookupKeys.length === 0) return
  const lock = mode === 'reading' ? sql.ref('pg_advisory_xact_lock_shared') : sql.ref('pg_advisory_xact_lock')
  await sql`select ${lock}(hashtext(${`hefu.${what}`}), bucket) from (
    select distinct abs(hashtext(key) % 1000) as bucket from unnest(${lookupKeys}::text[]) as key order by bucket) as buckets`.execute(tx)
}

/**
 * Holds everything that these records are found by, and were found by until now: a case that asked under a look-up which a correction takes
 * away is to be looked at again too. Answers all of these look-up keys. The records themselves are held first, so that nobody
 * changes what is read here.
 */
export async function holdRecords(
  tx: Tx,
  register: string,
  records: readonly { readonly key: string; readonly lookupKeys: readonly string[] }[],
): Promise<string[]> {
  const keys = records.map((record) => record.key)
  await holdLookups(tx, 'stored', 'writing', keys)
  const { rows } = await sql<{
    lookup_key: string
  }>`select lookup_key from register_lookups where register = ${register} and key = any(${keys}::text[])`.execute(tx)
  const lookupKeys = [...new Set([...rows.map((row) => row.lookup_key), ...records.flatMap((record) => record.lookupKeys)])]
  await holdLookups(tx, 'record', 'writing', lookupKeys)
  return lookupKeys
}

/**
 * Marks the open cases that asked as to be applied again and answers their numbers. In the transaction that changes what they asked for,
 * so that a crash cannot forget them: the sweep finds the mark when no job does.
 */
export async function reapplyCasesAsking(tx: Tx, nowMs: number, register: string, lookupKeys: readonly string[]): Promise<string[]> {
  if (lookupKeys.length === 0) return []
  return await markInboxRows(
    tx,
    sql`join documents d on i.jti = d.jti and i.iss = d.iss and i.digest = d.digest
      join (select distinct q.case_number from register_questions q join cases c on c.case_number = q.case_number
        where q.register = ${register} and q.lookup_key = any(${lookupKeys}) and not c.final) as asking on d.case_number = asking.case_number
      where i.status = 'accepted' and i.first`,
    sql`applied_at = null, next_apply_at = ${new Date(nowMs)}`,
  )
}
