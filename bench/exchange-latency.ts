import { setTimeout as sleep } from 'node:timers/promises'
import { type Figure, machine, quantile, round } from './figure.ts'
import type { BenchOptions } from './main.ts'
import { noticeBody } from './notice.ts'
import { twoNodes } from './two-nodes.ts'

const perSecond = 20

/**
 * From the 201 of one notice on A to its being applied on B, at twenty a second. Both ends are read from one machine's clock:
 * the arrival of the 201 here, and `applied_at` as B wrote it inside the applying transaction plus the time until that row could be read.
 */
export async function exchangeLatency(options: BenchOptions): Promise<Figure[]> {
  const count = options.count ?? 600
  await using nodes = await twoNodes(options)
  const body = noticeBody()
  const warmUp = Math.min(100, count)
  const accepted = new Map<string, { at: number; ms: number }>()
  const running: Promise<void>[] = []
  const start = performance.now()
  for (let n = 0; n < warmUp + count; n++) {
    await sleep(Math.max(0, start + (n * 1000) / perSecond - performance.now()))
    running.push(
      (async () => {
        const sentMs = performance.now()
        const answer = await nodes.chengdu.officer.post('/v1/violation-notices', body)
        if (answer.status !== 201) throw new Error(`answered ${answer.status}`)
        if (n >= warmUp)
          accepted.set(String(answer.body.caseNumber), { at: performance.timeOrigin + performance.now(), ms: performance.now() - sentMs })
      })(),
    )
  }
  await Promise.all(running)
  await sleep(1_000)
  const { rows } = await nodes.chongqing.database.query<{ case_number: string; applied_ms: string }>(
    'select case_number, extract(epoch from applied_at) * 1000 as applied_ms from inbox where applied_at is not null',
  )
  const latencies = rows.flatMap((row) => {
    const one = accepted.get(row.case_number)
    return one ? [Math.max(0, Number(row.applied_ms) - one.at)] : []
  })
  if (latencies.length !== count) throw new Error(`${count - latencies.length} notices were not applied within a second of the last`)
  const facts = { messages: count, perSecond, queue: options.queue ?? 'postgres', ...machine() }
  return [
    {
      name: 'exchange.latency',
      value: round(quantile(latencies, 0.5)),
      unit: 'ms',
      p50: round(quantile(latencies, 0.5)),
      p99: round(quantile(latencies, 0.99)),
      max: round(quantile(latencies, 1)),
      ...facts,
    },
  ]
}
