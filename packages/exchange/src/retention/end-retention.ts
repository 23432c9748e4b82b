import { shanghaiDate } from '@hefu/reference'
import { lockCases } from '../cases/case-store.ts'
import { requestErasure } from '../content/request-content.ts'
import type { Context } from '../context.ts'
import type { Tx } from '../db/bulk.ts'
import { appendToLog } from '../log/pending-log-store.ts'
import { BLOCKED_DAYS, retentionDaysOf, shortestRetentionDays } from './retention-rules.ts'
import { eraseContent, eraseRecalled, type RetainedCase, type RetainedPosition, readRetained, setBlocked } from './retention-store.ts'

type RetentionContext = Pick<Context, 'region' | 'signer' | 'db' | 'federation' | 'procedures' | 'vault' | 'now' | 'log'>

const DAY_MS = 86_400_000
const CASES_AT_ONCE = 200

/**
 * Blocks the content of final cases whose retention has ended, and erases it when it has been blocked for its time. A case that has changed since
 * comes back. One case a transaction: it may be killed at any time.
 */
export async function endRetention(ctx: RetentionContext, isStopping: () => boolean = () => false): Promise<void> {
  const until = new Date(ctx.now() - shortestRetentionDays(ctx) * DAY_MS)
  const counts = { blocked: 0, erased: 0, unblocked: 0, recalled: 0 }
  for (let after: RetainedPosition | undefined; !isStopping(); ) {
    const rows = await readRetained(ctx.db, { until, today: shanghaiDate(ctx.now()), after }, CASES_AT_ONCE)
    for (const row of rows) {
      const step = stepOf(ctx, row)
      if (step !== null && (await take(ctx, row.case_number, step))) counts[step] += 1
    }
    after = rows.at(-1)
    if (rows.length < CASES_AT_ONCE) break
  }
  counts.recalled = await eraseRecalled(ctx.db, new Date(ctx.now() - BLOCKED_DAYS * DAY_MS))
  if (counts.erased > 0) ctx.vault.forgetKeys()
  if (Object.values(counts).some((count) => count > 0)) ctx.log.info({ event: 'retention.ended', ...counts }, 'retention.ended')
}

type Step = 'blocked' | 'erased' | 'unblocked'

function stepOf(ctx: RetentionContext, row: RetainedCase): Step | null {
  if (row.erased_at !== null) return null
  const isOver = ctx.now() >= row.updated_at.getTime() + retentionDaysOf(ctx, row) * DAY_MS
  if (!isOver) return row.blocked_at === null ? null : 'unblocked'
  if (row.blocked_at === null) return 'blocked'
  return ctx.now() >= row.blocked_at.getTime() + BLOCKED_DAYS * DAY_MS ? 'erased' : null
}

/** Looked at once more under the lock of the case: it may have changed. False when it has. */
async function take(ctx: RetentionContext, caseNumber: string, step: Step): Promise<boolean> {
  return await ctx.db.transaction().execute(async (tx) => {
    const [row] = await lockCases(tx, [caseNumber])
    if (!row?.final || stepOf(ctx, row) !== step) return false
    await write(tx, ctx, row, step)
    const fact = { kind: 'admin.change', client: 'node', role: 'node', action: `case.${step}`, subject: caseNumber } as const
    await appendToLog(tx, ctx.now(), [fact])
    return true
  })
}

async function write(tx: Tx, ctx: RetentionContext, row: RetainedCase, step: Step): Promise<void> {
  const at = new Date(ctx.now())
  if (step !== 'erased') return await setBlocked(tx, row.case_number, step === 'blocked' ? at : null)
  await eraseContent(tx, row.case_number, at)
  await requestErasure(tx, ctx, row, 'retention-ended', at)
}
