import type { Context } from '../context.ts'
import { tellQueue } from '../tell-queue.ts'
import { openCasesAsking } from './question-store.ts'

/** How many cases one `apply` job takes. */
const applyBatch = 500

/**
 * After records were written and committed: the open cases that asked for them are applied again, so that the answer (or a
 * better draft) does not wait for the next document.
 */
export async function applyCasesAsking(
  ctx: Pick<Context, 'db' | 'queue' | 'log'>,
  register: string,
  lookupKeys: readonly string[],
): Promise<void> {
  const cases = await openCasesAsking(ctx.db, register, lookupKeys)
  for (let at = 0; at < cases.length; at += applyBatch) await tellQueue(ctx, { name: 'apply', cases: cases.slice(at, at + applyBatch) })
}
