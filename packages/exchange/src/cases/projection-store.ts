import { sql } from 'kysely'
import { insertStatements, type Reader, rowsAs, type Statement, type Tx } from '../db/bulk.ts'
import type { CaseRow, DocumentRow, EventRow } from '../db/schema.ts'
import { uuidv7 } from '../uuid.ts'

/** What replay decides of a case's row. */
export type CaseColumns = Pick<
  CaseRow,
  | 'case_number'
  | 'agency'
  | 'participants'
  | 'agreement'
  | 'deadline_rules'
  | 'opened_at'
  | 'state'
  | 'final'
  | 'ball_holder'
  | 'due'
  | 'effective_until'
  | 'restricted'
  | 'etag'
>

export function updateCaseStatements(nowMs: number, rows: readonly CaseColumns[]): Statement[] {
  if (rows.length === 0) return []
  return [
    sql`update cases c set agency = r.agency, participants = r.participants, agreement = r.agreement, deadline_rules = r.deadline_rules, opened_at = r.opened_at, state = r.state, final = r.final, ball_holder = r.ball_holder, due = r.due, effective_until = r.effective_until, restricted = r.restricted,
      etag = r.etag, updated_at = ${new Date(nowMs)}
    from ${rowsAs('cases', rows)} where c.case_number = r.case_number`,
  ]
}

/** What there is to do in a case belongs to the agency whose case it is. */
export async function moveTasks(tx: Tx, { case_number, agency }: Pick<CaseColumns, 'case_number' | 'agency'>): Promise<void> {
  await tx.updateTable('tasks').set({ agency }).where('case_number', '=', case_number).execute()
}

export function standingStatements(rows: readonly Pick<DocumentRow, 'jti' | 'iss' | 'standing' | 'standing_reason'>[]): Statement[] {
  if (rows.length === 0) return []
  return [
    sql`update documents d set standing = r.standing, standing_reason = r.standing_reason
    from ${rowsAs('documents', rows)} where d.jti = r.jti and d.iss = r.iss`,
  ]
}

/** Names a business event for local systems: `document.effective`, `document.void`, `case.filed`, … */
export interface CaseEvent {
  readonly type: string
  readonly caseNumber: string
  readonly agency: string
  readonly digest: string | null
}

export function eventStatements(nowMs: number, events: readonly CaseEvent[]): Statement[] {
  return insertStatements(
    'events',
    events.map((e) => ({
      id: uuidv7(nowMs),
      type: e.type,
      case_number: e.caseNumber,
      digest: e.digest,
      agency: e.agency,
      at: new Date(nowMs),
    })),
  )
}

export async function readEvents(db: Reader, caseNumber: string): Promise<Pick<EventRow, 'id' | 'type' | 'digest' | 'at'>[]> {
  return await db.selectFrom('events').select(['id', 'type', 'digest', 'at']).where('case_number', '=', caseNumber).orderBy('id').execute()
}
