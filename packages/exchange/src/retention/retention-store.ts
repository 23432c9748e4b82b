import { sql } from 'kysely'
import type { Reader, Tx } from '../db/bulk.ts'
import type { CaseRow } from '../db/schema.ts'

export type RetainedCase = Pick<
  CaseRow,
  'case_number' | 'state' | 'participants' | 'procedure' | 'version' | 'agreement' | 'updated_at' | 'blocked_at' | 'erased_at'
>

/**
 * Final cases that still have content and were opened before `until`, in the order of their opening, after `after`. None with a message that
 * is still to be delivered or applied, nor one whose content may still be shown on `today`.
 */
export async function readRetained(
  db: Reader,
  { until, today, after }: { readonly until: Date; readonly today: string; readonly after: RetainedPosition | undefined },
  limit: number,
): Promise<(RetainedCase & { readonly opened_at: Date })[]> {
  const behind = after === undefined ? sql`true` : sql`(c.opened_at, c.case_number) > (${after.opened_at}, ${after.case_number})`
  const { rows } = await sql<
    RetainedCase & { opened_at: Date }
  >`select c.case_number, c.state, c.participants, c.procedure, c.version, c.agreement, c.updated_at, c.blocked_at,
      c.erased_at, c.opened_at from cases c
    where c.final and c.erased_at is null and c.opened_at < ${until} and ${behind}
      and (c.effective_until is null or c.effective_until < ${today}::date)
      and not exists (select 1 from outbox o where o.case_number = c.case_number and o.state = 'pending')
      and not exists (select 1 from inbox i where i.case_number = c.case_number and i.applied_at is null)
    order by c.opened_at, c.case_number limit ${limit}`.execute(db)
  return rows
}

/** Whether something of a locked case is still to be delivered or applied. */
export async function isUnsettled(tx: Tx, caseNumber: string): Promise<boolean> {
  const { rows } = await sql<{ open: boolean }>`select
      exists (select 1 from outbox where case_number = ${caseNumber} and state = 'pending')
      or exists (select 1 from inbox where case_number = ${caseNumber} and applied_at is null) as open`.execute(tx)
  return rows[0]?.open === true
}

/** The bytes of documents that were recalled before `until`. Digest, dates, receipt and proofs stay. */
export async function eraseRecalled(db: Reader, until: Date): Promise<number> {
  const { rows } = await sql`update documents set message = null
    where recalled_at < ${until} and message is not null returning jti`.execute(db)
  return rows.length
}

export type RetainedPosition = Pick<CaseRow, 'opened_at' | 'case_number'>

export async function setBlocked(tx: Tx, caseNumber: string, at: Date | null): Promise<void> {
  await tx.updateTable('cases').set({ blocked_at: at }).where('case_number', '=', caseNumber).execute()
}

/**
 * Destroys the data key of a locked case and every row by which a person could be found. State, dates, digests, receipts, places, settlement entries and
 * events stay: they say nothing without the content.
 */
export async function eraseContent(tx: Tx, caseNumber: string, at: Date): Promise<void> {
  await sql`delete from quarantine q using documents d where d.case_number = ${caseNumber} and q.jti = d.jti and q.iss = d.iss`.execute(tx)
  await sql`update documents set message = null where case_number = ${caseNumber} and message is not null`.execute(tx)
  for (const table of ['effects', 'claims', 'register_questions', 'idempotency'] as const)
    await sql`delete from ${sql.table(table)} where case_number = ${caseNumber}`.execute(tx)
  await sql`update tasks set draft = null, state = 'closed', closed_at = coalesce(closed_at, ${at}) where case_number = ${caseNumber}`.execute(
    tx,
  )
  await sql`update cases set data_key = null, blocked_at = coalesce(blocked_at, ${at}), erased_at = coalesce(erased_at, ${at})
    where case_number = ${caseNumber}`.execute(tx)
}

/** What arrives for a case that is erased changes nothing: its digest and its receipt are kept, its content goes the way of the rest. */
export async function voidBehindErasure(tx: Tx, erased: readonly Pick<CaseRow, 'case_number'>[], at: Date): Promise<void> {
  if (erased.length === 0) return
  await sql`update documents set standing = 'void', standing_reason = ${JSON.stringify(caseErased)}
    where standing = 'waiting' and case_number = any(${erased.map((row) => row.case_number)})`.execute(tx)
  for (const row of erased) await eraseContent(tx, row.case_number, at)
}

const caseErased = {
  code: 'case-erased',
  zh: '办件内容已按期删除',
  en: 'the content of the case has been erased at the end of its retention',
}
