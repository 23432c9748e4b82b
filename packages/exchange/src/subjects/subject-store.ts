import { sql } from 'kysely'
import type { Reader } from '../db/bulk.ts'
import type { AuditRow } from '../db/schema.ts'

/** Who did what with these cases on this node: whom content was disclosed to. */
export async function readDealings(
  db: Reader,
  caseNumbers: readonly string[],
): Promise<Pick<AuditRow, 'at' | 'client' | 'role' | 'agency' | 'action' | 'case_number'>[]> {
  if (caseNumbers.length === 0) return []
  return await db
    .selectFrom('audit')
    .select(['at', 'client', 'role', 'agency', 'action', 'case_number'])
    .where('case_number', '=', sql<string>`any(${caseNumbers})`)
    .orderBy('id')
    .execute()
}
