import { sql } from 'kysely'
import { insertAll, rowsAs, type Tx } from '../db/bulk.ts'
import type { CaseRow, DocumentRow } from '../db/schema.ts'
import { uuidv7 } from '../uuid.ts'

export type CaseColumns = Pick<CaseRow, 'case_number' | 'state' | 'final' | 'ball_holder' | 'due' | 'effective_until' | 'etag'>

export async function updateCases(tx: Tx, nowMs: number, rows: readonly CaseColumns[]): Promise<void> {
  if (rows.length === 0) return
  await sql`update cases c set state = r.state, final = r.final, ball_holder = r.ball_holder, due = r.due, effective_until = r.effective_until,
      etag = r.etag, updated_at = ${new Date(nowMs)}
    from ${rowsAs('cases', rows)} where c.case_number = r.case_number and c.case_number = any(${rows.map((r) => r.case_number)})`.execute(tx)
}

export async function updateStandings(tx: Tx, rows: readonly Pick<DocumentRow, 'jti' | 'iss' | 'standing' | 'standing_reason'>[]): Promise<void> {
  if (rows.length === 0) return
  await sql`update documents d set standing = r.standing, standing_reason = r.standing_reason
    from ${rowsAs('documents', rows)} where d.jti = r.jti and d.iss = r.iss and d.jti = any(${rows.map((r) => r.jti)}::uuid[])`.execute(tx)
}

/** Names a business event for local systems: `document.effective`, `document.void`, `case.filed`, … */
export interface CaseEvent {
  readonly type: string
  readonly caseNumber: string
  readonly agency: string
  readonly digest: string | null
}

export async function writeEvents(tx: Tx, nowMs: number, events: readonly CaseEvent[]): Promise<void> {
  await insertAll(
    tx,
    'events',
    events.map((e) => ({ id: uuidv7(nowMs), type: e.type, case_number: e.caseNumber, digest: e.digest, agency: e.agency, at: new Date(nowMs) })),
  )
}
