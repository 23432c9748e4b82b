import { setTimeout as sleep } from 'node:timers/promises'
import { cpuMsOfAll, cpuMsPer } from './cpu-time.ts'
import { type Figure, machine, round } from './figure.ts'
import type { BenchOptions } from './main.ts'
import { noticeBody } from './notice.ts'
import { type TwoNodes, twoNodes } from './two-nodes.ts'

/**
 * Notices already submitted on A, until each is applied on B and its receipt recorded on A. They are submitted while the peer
 * is paused; the clock runs from the call that resumes it. `cpuMsPerMessage` is what each process took meanwhile, PostgreSQL (which
 * serves both regions) with all its backends.
 */
export async function exchangeThroughput(options: BenchOptions): Promise<Figure[]> {
  const count = options.count ?? 20_000
  await using nodes = await twoNodes(options)
  await nodes.chengdu.operator.post('/v1/peers/500000/pause')
  await submitAll(nodes, count, options.say)
  options.say(`${count} submitted`)
  await sleep(2_000)
  const before = await cpuMsOfAll(nodes.federation)
  const startedMs = performance.now()
  await nodes.chengdu.operator.post('/v1/peers/500000/resume')
  const ends = await delivered(nodes, count, startedMs, options.say)
  const after = await cpuMsOfAll(nodes.federation)
  const seconds = Math.max(ends.receipted, ends.applied) / 1000
  return [
    {
      name: 'exchange.throughput',
      value: round(count / seconds),
      unit: 'messages/s',
      messages: count,
      seconds: round(seconds, 2),
      receiptedSeconds: round(ends.receipted / 1000, 2),
      appliedSeconds: round(ends.applied / 1000, 2),
      cpuMsPerMessage: cpuMsPer(before, after, count),
      queue: options.queue ?? 'postgres',
      ...machine(),
    },
  ]
}

/** When all were receipted and applied, in milliseconds since `startedMs`. */
export async function delivered(nodes: TwoNodes, count: number, startedMs: number, say: (line: string) => void) {
  const ends = { receipted: 0, applied: 0 }
  const [sender, receiver] = [nodes.chengdu.database, nodes.chongqing.database]
  for (let lastSaid = 0; ends.receipted === 0 || ends.applied === 0; await sleep(POLL_MS)) {
    const [receipted, issued] = await Promise.all([receiptedMessages(sender), receiptedMessages(receiver)])
    if (ends.receipted === 0 && receipted >= count && (await pendingOn(sender)) === 0) ends.receipted = performance.now() - startedMs
    if (ends.applied === 0 && issued >= count && (await appliedOn(receiver)) >= count) ends.applied = performance.now() - startedMs
    const ms = performance.now() - startedMs
    if (ms - lastSaid > 1_000) {
      say(`${round(ms / 1000)} s: ${receipted} receipted, ${issued} accepted`)
      lastSaid = ms
    }
  }
  return ends
}

const POLL_MS = 100

/** As the import that bureaus use for their quarterly batches. */
export async function submitAll(nodes: TwoNodes, count: number, say: (line: string) => void): Promise<void> {
  const line = `${noticeBody()}\n`
  const answer = await nodes.chengdu.officer.post('/v1/imports?target=violation-notice', line.repeat(count), {
    headers: { 'content-type': 'application/x-ndjson' },
  })
  if (answer.status !== 202) throw new Error(`the import was answered ${answer.status}: ${JSON.stringify(answer.body)}`)
  const path = answer.headers.get('location') ?? ''
  for (;;) {
    const { body } = await nodes.chengdu.officer.get(path)
    if (String(body.state) === 'done') {
      if (Number(body.rows?.failed) > 0) throw new Error(`${body.rows?.failed} rows failed`)
      return
    }
    say(`submitting: ${body.rows?.done ?? 0} of ${count}`)
    await sleep(2_000)
  }
}

type Pool = TwoNodes['chengdu']['database']

/**
 * By the trees of the receipts, of which there is one per request: counting the messages themselves again and again would be a twentieth of
 * PostgreSQL's work, so that is done once this number is reached.
 */
async function receiptedMessages(pool: Pool): Promise<number> {
  return await numberOf(pool, 'select coalesce(sum(size), 0) as n from receipts')
}

async function pendingOn(pool: Pool): Promise<number> {
  return await numberOf(pool, "select count(*) as n from outbox where state = 'pending'")
}

async function appliedOn(pool: Pool): Promise<number> {
  return await numberOf(pool, 'select count(*) as n from inbox where applied_at is not null')
}

async function numberOf(pool: Pool, query: string): Promise<number> {
  const { rows } = await pool.query<{ n: string }>(query)
  return Number(rows[0]?.n)
}
