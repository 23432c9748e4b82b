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
  for (let lastSaid = 0; ends.receipted === 0 || ends.applied === 0; ) {
    const [pending, applied] = await Promise.all([open(nodes.chengdu.database), appliedOn(nodes.chongqing.database)])
    const ms = performance.now() - startedMs
    if (ends.receipted === 0 && pending === 0) ends.receipted = ms
    if (ends.applied === 0 && applied >= count) ends.applied = ms
    if (ms - lastSaid > 1_000) {
      say(`${round(ms / 1000)} s: ${count - pending} receipted, ${applied} applied`)
      lastSaid = ms
    }
    // Counting is work too: seldom, until the end is near.
    await sleep(Math.max(pending, count - applied) < NEAR_THE_END ? 100 : 1_000)
  }
  return ends
}

const NEAR_THE_END = 1_000

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

async function open(pool: Pool): Promise<number> {
  const { rows } = await pool.query<{ n: string }>("select count(*) as n from outbox where state = 'pending'")
  return Number(rows[0]?.n)
}

async function appliedOn(pool: Pool): Promise<number> {
  const { rows } = await pool.query<{ n: string }>('select count(*) filter (where applied_at is not null) as n from inbox')
  return Number(rows[0]?.n)
}
