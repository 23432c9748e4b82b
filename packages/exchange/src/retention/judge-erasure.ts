import { agreementByName } from '@hefu/protocol'
import { shanghaiDate } from '@hefu/reference'
import type { Judged } from '../content/answer-content.ts'
import type { Context } from '../context.ts'
import type { Tx } from '../db/bulk.ts'
import type { CaseRow } from '../db/schema.ts'
import { appendToLog } from '../log/pending-log-store.ts'
import { BLOCKED_DAYS, retentionDaysOf } from './retention-rules.ts'
import { eraseContent, isUnsettled } from './retention-store.ts'

type JudgeContext = Pick<Context, 'federation' | 'procedures' | 'now'>

const DAY_MS = 86_400_000

/** How long a case that nobody can foresee the end of is held before the question makes sense again. */
const OPEN_DAYS = 30

/**
 * A peer has erased its half of a locked case and asks for the same here. Each region keeps content for as long as its own rule says: what is due
 * is erased now, else the answer says until when and on which basis. Of a case that never came here there is nothing.
 */
export async function judgeErasure(tx: Tx, ctx: JudgeContext, row: CaseRow | undefined): Promise<Judged> {
  const now = Math.floor(ctx.now() / 1000)
  if (row === undefined) return { outcome: 'erased', at: now }
  if (row.erased_at !== null) return { outcome: 'erased', at: Math.floor(row.erased_at.getTime() / 1000) }
  const held = heldUntil(ctx, row, await isUnsettled(tx, row.case_number))
  if (held !== null) return { outcome: 'held', until: Math.ceil(held.untilMs / 1000), basis: held.basis }
  await eraseContent(tx, row.case_number, new Date(now * 1000))
  const fact = { kind: 'admin.change', client: 'node', role: 'node', action: 'case.erased', subject: row.case_number } as const
  await appendToLog(tx, ctx.now(), [fact])
  return { outcome: 'erased', at: now }
}

type Basis = Extract<Judged, { outcome: 'held' }>['basis']

/** Null: its time is over, the days in which it was blocked included. */
function heldUntil(ctx: JudgeContext, row: CaseRow, unsettled: boolean): { untilMs: number; basis: Basis } | null {
  const nowMs = ctx.now()
  const procedure = `${row.procedure}/${row.version}`
  if (!row.final || unsettled) return { untilMs: nowMs + OPEN_DAYS * DAY_MS, basis: { kind: 'case-open', rule: procedure } }
  if (row.effective_until !== null && row.effective_until >= shanghaiDate(nowMs))
    return { untilMs: Date.parse(`${row.effective_until}T24:00:00+08:00`), basis: { kind: 'in-effect', rule: procedure } }
  const endMs = row.updated_at.getTime() + retentionDaysOf(ctx, row) * DAY_MS
  const untilMs = (row.blocked_at?.getTime() ?? Math.max(nowMs, endMs)) + BLOCKED_DAYS * DAY_MS
  if (nowMs >= untilMs) return null
  const agreed = agreementByName(ctx.federation, row.agreement)?.retentionDays !== undefined
  return { untilMs, basis: agreed ? { kind: 'agreement', rule: row.agreement } : { kind: 'procedure', rule: procedure } }
}
