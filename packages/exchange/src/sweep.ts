import { raiseAlert } from './alerts/alert-store.ts'
import { takeToReplay } from './cases/case-store.ts'
import type { Context } from './context.ts'
import { importsToResume } from './imports/import-store.ts'
import { takeUnapplied } from './inbox/inbox-marks-store.ts'
import { peersWithDueMessages, readExpired } from './outbox/outbox-store.ts'
import { peersToReconcile } from './reconcile/reconciliation-store.ts'
import { tellQueue, tellToApply } from './tell-queue.ts'

type SweepContext = Pick<Context, 'db' | 'queue' | 'now' | 'log' | 'metrics'>

/**
 * Refills the queue from PostgreSQL: due deliveries, accepted and restored messages nobody applied, imports and reconciliations nobody runs.
 * It is also what drives retries, so that there is one owner of them. Cheap when there is nothing: a few index look-ups.
 */
export async function sweep(ctx: SweepContext): Promise<void> {
  for (const peer of await peersWithDueMessages(ctx)) await tellQueue(ctx, { name: 'deliver', peer })
  await tellToApply(ctx, await unappliedCases(ctx))
  for (const id of await importsToResume(ctx.db)) await tellQueue(ctx, { name: 'import', import: id })
  for (const peer of await peersToReconcile(ctx.db)) await tellQueue(ctx, { name: 'reconcile', peer })
}

/** Takes the rows for a while, so that the next sweep does not add them again. */
async function unappliedCases(ctx: SweepContext): Promise<string[]> {
  const nowMs = ctx.now()
  const [now, again] = [new Date(nowMs), new Date(nowMs + 10_000)]
  return [...new Set([...(await takeUnapplied(ctx.db, now, again)), ...(await takeToReplay(ctx.db, now, again))])]
}

/** Messages past their delivery horizon still wait for a signed answer: somebody must look. */
export async function alertExpired(ctx: SweepContext): Promise<void> {
  const late = await readExpired(ctx.db, new Date(ctx.now()), 100)
  for (const row of late)
    await raiseAlert(ctx.db, ctx, {
      kind: 'delivery.expired',
      key: row.jti,
      peer: row.peer,
      caseNumber: row.case_number,
      jti: row.jti,
      detail: {},
    })
}
