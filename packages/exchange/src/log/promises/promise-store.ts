import { sql } from 'kysely'
import { insertStatements, type Reader, type Statement } from '../../db/bulk.ts'
import type { PromiseRow } from '../../db/schema.ts'
import type { Miss } from './judge-promise.ts'

/** One message that the receipt covers. */
export interface PromisedMessage {
  readonly receipt: string
  readonly iss: string
  readonly jti: string
  readonly digest: string
  readonly status: 'accepted' | 'refused'
}

export function promiseStatements(rows: readonly PromiseRow[]): Statement[] {
  return insertStatements(
    'promises',
    rows.map((row) => ({ ...row })),
    sql`on conflict do nothing`,
  )
}

/**
 * Promises that are due, taken until `until`: another process does not take them before, and neither does anybody when this one dies.
 */
export async function takeDuePromises(db: Reader, now: Date, until: Date, limit: number): Promise<PromiseRow[]> {
  const { rows } = await sql<PromiseRow>`update promises p set next_at = ${until}, attempts = p.attempts + 1
    from (select receipt from promises where state = 'open' and next_at <= ${now} order by next_at limit ${limit} for update skip locked) as due
    where p.receipt = due.receipt returning p.*`.execute(db)
  return rows
}

/** All messages under these receipts. */
export async function promisedMessages(db: Reader, receipts: readonly string[]): Promise<PromisedMessage[]> {
  return await db
    .selectFrom('places')
    .select(['receipt', 'iss', 'jti', 'digest', 'status'])
    .where('receipt', 'in', [...receipts])
    .orderBy('receipt')
    .orderBy('leaf_index')
    .execute()
}

export async function readReceiptText(db: Reader, digest: string): Promise<string | null> {
  return (await db.selectFrom('receipts').select('receipt').where('digest', '=', digest).executeTakeFirst())?.receipt ?? null
}

/** `size`: of the witnessed tree that holds all messages. */
export async function endPromises(
  db: Reader,
  receipts: readonly string[],
  state: 'kept' | 'broken',
  at: Date,
  size: number | null,
): Promise<void> {
  await sql`update promises set state = ${state}, checked_at = ${at}, proven_size = ${size}
    where receipt = any(${receipts}::text[]) and state = 'open'`.execute(db)
}

export async function postponePromise(db: Reader, receipt: string, until: Date): Promise<void> {
  await sql`update promises set next_at = ${until} where receipt = ${receipt} and state = 'open'`.execute(db)
}

export async function missPromise(db: Reader, receipt: string, { log, size, at }: Miss): Promise<void> {
  await sql`update promises set missed_log = ${log}, missed_size = ${size}, missed_at = ${at}
    where receipt = ${receipt} and state = 'open'`.execute(db)
}
