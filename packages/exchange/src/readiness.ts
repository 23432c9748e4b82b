import { askDatabase, countBacklog } from './backlog-store.ts'
import type { Context } from './context.ts'
import { logChecks } from './log/log-checks.ts'
import { countPendingByPeer } from './outbox/delivery-store.ts'
import { trustChecks } from './trust/trust-checks.ts'

export interface Check {
  readonly name: 'database' | 'queue' | 'log' | 'log-confirmed' | 'log-witnessed' | 'log-tiles' | 'registry' | 'peer-keys'
  readonly ok: boolean
  readonly zh: string
  readonly en: string
}

/** Said, but no reason to send callers elsewhere: the local API goes on meanwhile. */
const warnings: ReadonlySet<Check['name']> = new Set(['log-confirmed', 'log-witnessed', 'log-tiles', 'registry', 'peer-keys'])

/** Whether this node can do its work now. Peers that are away do not make it unready: that is what the outbox is for. */
export async function readiness(
  ctx: Pick<Context, 'db' | 'queue' | 'logState' | 'federation' | 'region' | 'now'>,
): Promise<{ ready: boolean; checks: Check[] }> {
  const database = await succeeds(askDatabase(ctx.db))
  const queue = await succeeds(ctx.queue.depth())
  const checks: Check[] = [
    {
      name: 'database',
      ok: database,
      zh: database ? '数据库可用' : '数据库不可用：检查 DATABASE_URL 和 PostgreSQL',
      en: database ? 'database answers' : 'no database: check DATABASE_URL and PostgreSQL',
    },
    {
      name: 'queue',
      ok: queue,
      zh: queue ? '队列可用' : '队列不可用：检查 QUEUE_URL；报文已存库，恢复后自动续传',
      en: queue ? 'queue answers' : 'no queue: check QUEUE_URL; messages are safe in the database and go on after its return',
    },
    ...logChecks(await ctx.logState.readNow().catch(() => undefined)),
    ...trustChecks(ctx),
  ]
  return { ready: checks.every(({ ok, name }) => ok || warnings.has(name)), checks }
}

async function succeeds(work: Promise<unknown>): Promise<boolean> {
  return await work.then(
    () => true,
    () => false,
  )
}

/** Reads what the gauges show, just before they are shown. */
export async function refreshGauges(
  ctx: Pick<Context, 'db' | 'queue' | 'metrics' | 'federation' | 'region' | 'now' | 'logState'>,
): Promise<void> {
  const pending = await countPendingByPeer(ctx.db)
  for (const { region } of ctx.federation.regions.filter((r) => r.region !== ctx.region)) {
    const row = pending.find((p) => p.peer === region)
    ctx.metrics.outboxPending.set({ peer: region }, row?.pending ?? 0)
    ctx.metrics.outboxAgeSeconds.set({ peer: region }, row ? Math.max(0, (ctx.now() - row.oldest.getTime()) / 1000) : 0)
  }
  const { unapplied, logPending } = await countBacklog(ctx.db)
  ctx.metrics.inboxUnapplied.set(unapplied)
  ctx.metrics.logPending.set(logPending)
  const log = await ctx.logState.read()
  ctx.metrics.logConfirmed.set(log.confirmed ? 1 : 0)
  ctx.metrics.logSealed.set(log.sealed ? 1 : 0)
  ctx.metrics.logPendingSeconds.set(log.pendingMs / 1000)
  ctx.metrics.logWitnessedSeconds.set(log.witnessedMs === null ? Number.NaN : log.witnessedMs / 1000)
  const depth = await ctx.queue.depth().catch(() => null)
  for (const [queue, jobs] of Object.entries(depth ?? {})) ctx.metrics.queueDepth.set({ queue }, jobs)
}
