import { sql } from 'kysely'
import { waitUntil } from '../processes/wait-until.ts'
import type { NetworkNode } from './test-network.ts'

/** Polls: there is no event for "nothing happens any more". Quiet twice in a row, because a job may just be handing over. */
export async function settle(nodes: readonly NetworkNode[], timeoutMs: number): Promise<void> {
  const until = performance.now() + timeoutMs
  for (let quiet = 0; quiet < 2; ) {
    const open = (await Promise.all(nodes.map(openWork))).flat()
    quiet = open.length === 0 ? quiet + 1 : 0
    if (performance.now() > until) throw new Error(`not settled after ${timeoutMs} ms: ${open.join(', ')}`)
    await new Promise((resolve) => setTimeout(resolve, 15))
  }
}

const LOGGED_WITHIN_MS = 20_000

/** Until everything that has happened on these nodes has its place in their exchange logs. */
export async function logged(nodes: readonly NetworkNode[]): Promise<void> {
  const isLogged = async ({ node }: NetworkNode) => {
    const { rows } = await sql`select 1 from log_pending limit 1`.execute(node.ctx.db)
    return rows.length === 0
  }
  await waitUntil(async () => (await Promise.all(nodes.map(isLogged))).every(Boolean), LOGGED_WITHIN_MS, 15)
}

async function openWork({ region, node }: NetworkNode): Promise<string[]> {
  const { rows } = await sql<{
    pending: string
    unapplied: string
    imports: string
    reconciliations: string
    log: string
  }>`select (select count(*) from outbox where state = 'pending') as pending,
    (select count(*) from inbox where applied_at is null) as unapplied, (select count(*) from imports where state <> 'done') as imports,
    (select count(*) from reconciliations where state in ('queued', 'running')) as reconciliations,
    (select count(*) from log_pending) as log`.execute(node.ctx.db)
  // A queue that does not answer now may hold anything.
  const jobs = await node.ctx.queue.depth().catch(() => ({ unknown: 1 }))
  return [...Object.entries(rows[0] ?? {}), ...Object.entries(jobs)]
    .filter(([, count]) => Number(count) > 0)
    .map(([what, count]) => `${region} ${what} ${count}`)
}
