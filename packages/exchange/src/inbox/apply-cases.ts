import { sql } from 'kysely'
import { raiseAlert } from '../alerts/alert-store.ts'
import { answerFromRegisters } from '../cases/answer-from-registers.ts'
import { loadCases, lockCases } from '../cases/case-store.ts'
import { projectCases } from '../cases/project-cases.ts'
import type { Context } from '../context.ts'
import { mayAct } from '../log/require-log.ts'
import { casesApplied } from '../telemetry.ts'
import { tellQueue } from '../tell-queue.ts'

type ApplyContext = Pick<
  Context,
  'region' | 'db' | 'queue' | 'federation' | 'procedures' | 'registers' | 'signer' | 'now' | 'log' | 'metrics' | 'recent' | 'logState'
>

/**
 * Replays these cases with everything accepted so far and writes what follows (the job `apply`). Safe to repeat: it writes
 * differences. A case that fails does not hold up the others: the batch is halved until it stands alone, and the sweep tries it again later.
 */
export async function applyCases(ctx: ApplyContext, caseNumbers: readonly string[]): Promise<void> {
  const startedMs = performance.now()
  try {
    const { peers, applied } = await applyTogether(ctx, caseNumbers)
    casesApplied(ctx, applied, performance.now() - startedMs)
    for (const peer of peers) await tellQueue(ctx, { name: 'deliver', peer })
  } catch (error) {
    if (caseNumbers.length > 1) {
      const middle = Math.ceil(caseNumbers.length / 2)
      await applyCases(ctx, caseNumbers.slice(0, middle))
      await applyCases(ctx, caseNumbers.slice(middle))
      return
    }
    await putOff(ctx, caseNumbers[0] as string, error as Error)
  }
}

async function applyTogether(
  ctx: ApplyContext,
  caseNumbers: readonly string[],
): Promise<{ peers: string[]; applied: { procedure: string }[] }> {
  // An answer that goes out by itself is an act like any other: without a log it is a draft.
  const automatic = await mayAct(ctx)
  return await ctx.db.transaction().execute(async (tx) => {
    const rows = await lockCases(tx, caseNumbers)
    // Before the documents are read: an acceptance that commits in between is applied, and marked, by its own job.
    const { rows: arrived } = await sql<{ jti: string; digest: string }>`select i.jti, i.digest from inbox i
      join unnest(${caseNumbers}::text[]) as n (number) on i.case_number = n.number where i.applied_at is null`.execute(tx)
    const held = ctx.recent.take(arrived.map(({ digest }) => digest))
    const projected = await projectCases(tx, ctx, await loadCases(tx, ctx, rows, held))
    const peers = await answerFromRegisters(tx, ctx, projected, automatic)
    // Last: whoever changes a register holds its look-ups and then marks these rows, so they are not to be locked before the look-ups.
    await sql`update inbox i set applied_at = ${new Date(ctx.now())} from unnest(${arrived.map(({ jti }) => jti)}::uuid[], ${arrived.map(({ digest }) => digest)}::text[]) as a (jti, digest)
      where i.jti = a.jti and i.digest = a.digest and i.applied_at is null`.execute(tx)
    return { peers, applied: rows }
  })
}

/** The exception is recorded by name only: its text may quote a document. */
async function putOff(ctx: ApplyContext, caseNumber: string, error: Error): Promise<void> {
  ctx.log.error(
    { event: 'case.apply-failed', case: caseNumber, error: error.name, stack: error.stack?.split('\n').slice(1, 6) },
    'case.apply-failed',
  )
  const nextAt = new Date(ctx.now() + 30_000)
  await ctx.db
    .updateTable('inbox')
    .set((eb) => ({ apply_attempts: eb('apply_attempts', '+', 1), next_apply_at: nextAt }))
    .where('case_number', '=', caseNumber)
    .where('applied_at', 'is', null)
    .execute()
  await raiseAlert(ctx.db, ctx, { kind: 'apply.failed', key: caseNumber, caseNumber, detail: { error: error.name } })
}
