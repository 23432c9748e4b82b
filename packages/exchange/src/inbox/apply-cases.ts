import { raiseAlert } from '../alerts/alert-store.ts'
import { answerFromRegisters } from '../cases/answer-from-registers.ts'
import { loadCases, lockCases, markReplayed } from '../cases/case-store.ts'
import { projectCases } from '../cases/project-cases.ts'
import type { Context } from '../context.ts'
import { transact } from '../db/transact.ts'
import { mayAct } from '../log/require-log.ts'
import { voidBehindErasure } from '../retention/retention-store.ts'
import { casesApplied } from '../telemetry.ts'
import { tellQueue } from '../tell-queue.ts'
import { markApplied, putOffApplying, readUnapplied } from './inbox-marks-store.ts'

type ApplyContext = Pick<
  Context,
  | 'region'
  | 'db'
  | 'queue'
  | 'federation'
  | 'procedures'
  | 'registers'
  | 'vault'
  | 'signer'
  | 'now'
  | 'log'
  | 'metrics'
  | 'recent'
  | 'logState'
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
  return await transact(ctx.db, async (tx) => {
    const rows = await lockCases(tx, caseNumbers)
    // Before the documents are read: an acceptance that commits in between is applied, and marked, by its own job.
    const arrived = await readUnapplied(tx, caseNumbers)
    const held = ctx.recent.take(arrived.map(({ digest }) => digest))
    const [erased, living] = [rows.filter((row) => row.erased_at !== null), rows.filter((row) => row.erased_at === null)]
    await voidBehindErasure(tx, erased, new Date(ctx.now()))
    const projected = await projectCases(tx, ctx, await loadCases(tx, ctx, living, held))
    await markReplayed(tx, rows)
    const peers = await answerFromRegisters(tx, ctx, projected, automatic)
    // Last: whoever changes a register holds its look-ups and then marks these rows, so they are not to be locked before the look-ups.
    await markApplied(tx, arrived, new Date(ctx.now()))
    return { peers, applied: rows }
  })
}

/** The exception is recorded by name only: its text may quote a document. */
async function putOff(ctx: ApplyContext, caseNumber: string, error: Error): Promise<void> {
  ctx.log.error(
    { event: 'case.apply-failed', case: caseNumber, error: error.name, stack: error.stack?.split('\n').slice(1, 6) },
    'case.apply-failed',
  )
  await putOffApplying(ctx.db, caseNumber, new Date(ctx.now() + 30_000))
  await raiseAlert(ctx.db, ctx, { kind: 'apply.failed', key: caseNumber, caseNumber, detail: { error: error.name } })
}
