import {
  alertExpired,
  type Context,
  checkPromises,
  endRetention,
  forgetOldRows,
  keepPartitions,
  type QueueConfig,
  type Schedule,
  sendContentRequests,
  startWorkers,
  sweep,
  turnEpochs,
} from '@hefu/exchange'
import { handlers } from './handlers.ts'
import { repeat } from './repeat.ts'

const SWEEP_MS = 1_000
const PROMISES_MS = 2_000
const CONTENT_MS = 2_000
const VAULT_MS = 5_000
const HOUR_MS = 3_600_000

export interface Work {
  stop(): Promise<void>
}

/** Everything that happens without a request: jobs, the sweep that refills the queue, and the hourly tidying. */
export async function startWork(ctx: Context, queue: QueueConfig, migrationDatabaseUrl: string): Promise<Work> {
  const stopping = new AbortController()
  const concurrency = { deliver: 4, apply: 4, import: 1, reconcile: 1 }
  const workers = await startWorkers(queue, handlers(ctx, stopping.signal), { concurrency, schedules: () => schedulesOf(ctx) })
  const sweeping = repeat(ctx, 'sweep', SWEEP_MS, async () => await sweep(ctx))
  const promises = repeat(ctx, 'promises', PROMISES_MS, async () => await checkPromises(ctx, stopping.signal))
  const asking = repeat(ctx, 'content', CONTENT_MS, async () => await sendContentRequests(ctx, () => stopping.signal.aborted))
  const tidying = repeat(ctx, 'tidying', HOUR_MS, async () => {
    await keepPartitions(migrationDatabaseUrl, ctx.now())
    await forgetOldRows(ctx)
    await alertExpired(ctx)
    await endRetention(ctx, () => stopping.signal.aborted)
  })
  const turning = repeat(ctx, 'vault', VAULT_MS, async () => await turnEpochs(ctx, () => stopping.signal.aborted))
  return {
    async stop() {
      await Promise.all([sweeping.stop(), tidying.stop()])
      const closed = Promise.all([workers.close(), promises.stop(), asking.stop(), turning.stop()])
      // A request that waits for its peer would hold up the stop; messages stay due, and promises too.
      stopping.abort()
      await closed
    },
  }
}

/** Every night both halves are compared with each peer of the registry of that day. */
function schedulesOf({ federation, region }: Context): Schedule[] {
  return federation.regions
    .filter((one) => one.region !== region)
    .map((one) => ({
      name: `reconcile-${one.region}`,
      pattern: '30 2 * * *',
      tz: 'Asia/Shanghai',
      job: { name: 'reconcile', peer: one.region, nightly: true },
    }))
}
