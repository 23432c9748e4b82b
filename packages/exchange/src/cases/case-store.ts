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

/** Loads what replay needs. With the case rows locked, nothing but an acceptance can add to it. */
export async function loadCases(db: Reader, ctx: Pick<Context, 'procedures'>, rows: readonly CaseRow[]): Promise<LoadedCase[]> {
  if (rows.length === 0) return []
  const numbers = rows.map((row) => row.case_number)
  const [participants, documents] = [
    await db
      .selectFrom('case_participants')
      .selectAll()
      .where('case_number', '=', sql<string>`any(${numbers})`)
      .orderBy('region')
      .execute(),
    await db.selectFrom('documents').selectAll().where('case_number', '=', sql<string>`any(${numbers})`).orderBy('jti').execute(),
  ]
  const participantsOf = groupByCase(participants)
  const documentsOf = groupByCase(documents)
  return rows.map((row) => ({
    row,
    procedure: procedureOf(ctx, row.procedure, row.version),
    participants: participantsOf.get(row.case_number) ?? [],
    documents: documentsOf.get(row.case_number) ?? [],
  }))
}

function groupByCase<R extends { case_number: string }>(rows: readonly R[]): Map<string, R[]> {
  const groups = new Map<string, R[]>()
  for (const row of rows) {
    const group = groups.get(row.case_number)
    if (group) group.push(row)
    else groups.set(row.case_number, [row])
  }
  return groups
}

export async function readCaseRow(db: Reader, caseNumber: string): Promise<CaseRow | undefined> {
  return await db.selectFrom('cases').selectAll().where('case_number', '=', caseNumber).executeTakeFirst()
}
