import { sql } from 'kysely'
import type { Context } from '../context.ts'
import type { Reader, Tx } from '../db/bulk.ts'
import type { CaseRow } from '../db/schema.ts'
import { type LoadedCase, procedureOf } from './loaded-case.ts'

/** Locks the cases in one order everywhere, so that two transactions over several cases cannot deadlock. */
export async function lockCases(tx: Tx, caseNumbers: readonly string[]): Promise<CaseRow[]> {
  if (caseNumbers.length === 0) return []
  return await tx
    .selectFrom('cases')
    .selectAll()
    .where('case_number', '=', sql<string>`any(${caseNumbers})`)
    .orderBy('case_number')
    .forUpdate()
    .execute()
}

/**
 * Loads what replay needs. With the case rows locked, nothing but an acceptance can add to it. `held`: messages by digest that the
 * caller has in memory, so that their bytes need not travel again.
 */
export async function loadCases(
  db: Reader,
  ctx: Pick<Context, 'procedures'>,
  rows: readonly CaseRow[],
  held: { readonly size: number; get(digest: string): string | undefined; keys(): Iterable<string> } = new Map<string, string>(),
): Promise<LoadedCase[]> {
  if (rows.length === 0) return []
  const numbers = rows.map((row) => row.case_number)
  const digests = [...held.keys()]
  // Joined, not `= any`: over a table that grows faster than its statistics the planner would read all of it for a few hundred cases.
  const documents = await db
    .selectFrom(sql<{ number: string }>`unnest(${numbers}::text[])`.as<'n'>(sql`n (number)`))
    .innerJoin('documents', 'documents.case_number', 'n.number')
    .leftJoin(sql<{ known: string }>`unnest(${digests}::text[])`.as<'h'>(sql`h (known)`), 'h.known', 'documents.digest')
    .select(['jti', 'iss', 'aud', 'digest', 'case_number', 'document', 'from_agency', 'to_agency', 'issued_at', 'received_at', 'seen'])
    .select([
      'answers',
      'status',
      'refusal',
      'standing',
      'standing_reason',
      'stored_at',
      sql<string | null>`case when known is null then message end`.as('message'),
    ])
    .execute()
  const whole = documents.map((row) => ({
    ...row,
    message: row.message ?? (row.status === 'refused' ? null : (held.get(row.digest) ?? null)),
  }))
  const documentsOf = Map.groupBy(whole, (row) => row.case_number)
  return rows.map((row) => ({
    row,
    procedure: procedureOf(ctx, row.procedure, row.version),
    documents: (documentsOf.get(row.case_number) ?? []).sort((a, b) => (a.jti < b.jti ? -1 : 1)),
  }))
}

export async function readCaseRow(db: Reader, caseNumber: string): Promise<CaseRow | undefined> {
  return await db.selectFrom('cases').selectAll().where('case_number', '=', caseNumber).executeTakeFirst()
}
