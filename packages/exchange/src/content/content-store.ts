import { sql } from 'kysely'
import { insertRows, type Reader, type Tx } from '../db/bulk.ts'
import type { ContentRequestRow } from '../db/schema.ts'

export type NewContentRequest = Pick<
  ContentRequestRow,
  'jti' | 'iss' | 'aud' | 'act' | 'case_number' | 'document' | 'reason' | 'request' | 'digest' | 'created_at' | 'next_at'
>

export type ContentOutcome = Pick<
  ContentRequestRow,
  'answer' | 'answer_digest' | 'outcome' | 'outcome_reason' | 'at' | 'held_until' | 'basis' | 'answered_at' | 'next_at'
>

/** False where the same is asked already and waits for its answer. */
export async function insertContentRequest(tx: Tx, row: NewContentRequest & Partial<ContentOutcome>): Promise<boolean> {
  const { rows } = await insertRows('content_requests', [{ ...row }], sql`on conflict do nothing returning jti`).execute(tx)
  return rows.length === 1
}

/** Two copies of one request at once: the later waits for the answer of the first. */
export async function lockContentRequest(tx: Tx, iss: string, jti: string): Promise<ContentRequestRow | undefined> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`content ${iss} ${jti}`}, 0))`.execute(tx)
  return await tx.selectFrom('content_requests').selectAll().where('jti', '=', jti).where('iss', '=', iss).executeTakeFirst()
}

/** False where it has been answered before. */
export async function answerContentRow(
  tx: Tx,
  { iss, jti }: Pick<ContentRequestRow, 'iss' | 'jti'>,
  outcome: ContentOutcome,
): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('content_requests')
    .set(outcome)
    .where('jti', '=', jti)
    .where('iss', '=', iss)
    .where('answer', 'is', null)
    .executeTakeFirst()
  return numUpdatedRows > 0n
}

export async function readOpenRequest(
  db: Reader,
  asked: Pick<ContentRequestRow, 'iss' | 'case_number' | 'act' | 'document'>,
): Promise<ContentRequestRow | undefined> {
  return await sql<ContentRequestRow>`select * from content_requests where case_number = ${asked.case_number} and iss = ${asked.iss}
      and act = ${asked.act} and document is not distinct from ${asked.document} and answer is null`
    .execute(db)
    .then(({ rows }) => rows[0])
}

/** Requests of this node that are due; none of them is due again before `again` says so, should this process end meanwhile. */
export async function takeDueRequests(db: Reader, region: string, now: Date, limit: number): Promise<ContentRequestRow[]> {
  const { rows } = await sql<ContentRequestRow>`with due as materialized (select jti, iss from content_requests
      where next_at <= ${now} and iss = ${region} order by next_at limit ${limit} for no key update skip locked)
    update content_requests c set attempts = c.attempts + 1,
        next_at = ${now}::timestamptz + least(interval '1 hour', interval '2 seconds' * power(2, least(c.attempts, 11)))
      from due where c.jti = due.jti and c.iss = due.iss returning c.*`.execute(db)
  return rows
}

/** A held answer that is asked anew: the old question is done. */
export async function closeHeldRequest(tx: Tx, { iss, jti }: Pick<ContentRequestRow, 'iss' | 'jti'>): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('content_requests')
    .set({ next_at: null })
    .where('jti', '=', jti)
    .where('iss', '=', iss)
    .where('next_at', 'is not', null)
    .executeTakeFirst()
  return numUpdatedRows > 0n
}

/** Regions that said, signed, that they hold nothing of this case any more: in a request of their own, or in an answer. */
export async function regionsWithoutContent(db: Reader, caseNumber: string): Promise<Set<string>> {
  const { rows } = await sql<{
    region: string
  }>`select iss as region from content_requests where case_number = ${caseNumber} and act = 'erase'
    union select aud from content_requests where case_number = ${caseNumber} and outcome = 'erased'`.execute(db)
  return new Set(rows.map(({ region }) => region))
}

/** The bytes of a locked case's document are blocked, with the drafts made of them. */
export async function setRecalled(tx: Tx, caseNumber: string, digest: string, at: Date): Promise<void> {
  await sql`update documents set recalled_at = ${at} where case_number = ${caseNumber} and digest = ${digest} and recalled_at is null`.execute(
    tx,
  )
  await sql`update tasks set draft = null where case_number = ${caseNumber} and digest = ${digest}`.execute(tx)
  await sql`delete from quarantine q using documents d where d.case_number = ${caseNumber} and d.digest = ${digest}
      and q.jti = d.jti and q.iss = d.iss`.execute(tx)
}

export interface ContentRequestView {
  readonly id: string
  readonly act: 'erase' | 'recall'
  readonly by: string
  readonly to: string
  /** Digest of the document that is recalled. */
  readonly document: string | null
  readonly reason: string
  readonly requestedAt: string
  /** Null until the other side has answered. */
  readonly outcome: 'erased' | 'held' | 'recalled' | 'refused' | null
  readonly outcomeReason: string | null
  /** Since when the content is gone, or blocked, at the side that was asked. */
  readonly at: string | null
  readonly heldUntil: string | null
  readonly basis: string | null
  readonly answeredAt: string | null
}

export async function readContentRows(db: Reader, caseNumbers: readonly string[]): Promise<ContentRequestRow[]> {
  return await db
    .selectFrom('content_requests')
    .selectAll()
    .where('case_number', '=', sql<string>`any(${caseNumbers})`)
    .orderBy('created_at')
    .orderBy('jti')
    .execute()
}

/** By case, oldest first. */
export async function readContentRequests(db: Reader, caseNumbers: readonly string[]): Promise<Map<string, ContentRequestView[]>> {
  const rows = await readContentRows(db, caseNumbers)
  return new Map([...Map.groupBy(rows, (row) => row.case_number)].map(([number, some]) => [number, some.map(viewOf)]))
}

export function viewOf(row: ContentRequestRow): ContentRequestView {
  const instant = (at: Date | null) => at?.toISOString() ?? null
  return {
    id: row.jti,
    act: row.act,
    by: row.iss,
    to: row.aud,
    document: row.document,
    reason: row.reason,
    requestedAt: row.created_at.toISOString(),
    outcome: row.outcome,
    outcomeReason: row.outcome_reason,
    at: instant(row.at),
    heldUntil: instant(row.held_until),
    basis: row.basis,
    answeredAt: instant(row.answered_at),
  }
}
