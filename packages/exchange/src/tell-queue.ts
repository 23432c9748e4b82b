import type { Context } from './context.ts'
import type { Job } from './queue/queue.ts'

/**
 * Tells the queue after a commit. PostgreSQL is the truth: when the queue cannot be told, the sweep finds the work there,
 * so the caller's answer does not fail for it.
 */
export async function tellQueue(ctx: Pick<Context, 'queue' | 'log'>, job: Job): Promise<void> {
  const key = keyOf(job)
  try {
    await ctx.queue.add(job, key === undefined ? {} : { key })
  } catch (error) {
    ctx.log.warn({ event: 'queue.unreachable', job: job.name, error: (error as Error).name }, 'queue.unreachable')
  }
}

/** How many cases one `apply` job takes. */
const applyBatch = 500

export async function tellToApply(ctx: Pick<Context, 'queue' | 'log'>, cases: readonly string[]): Promise<void> {
  for (let at = 0; at < cases.length; at += applyBatch) await tellQueue(ctx, { name: 'apply', cases: cases.slice(at, at + applyBatch) })
}

/** Jobs that drain need not be there twice; `apply` names its cases. */
function keyOf(job: Job): string | undefined {
  if (job.name === 'apply') return undefined
  return job.name === 'import' ? `import-${job.import}` : `${job.name}-${job.peer}`
}
