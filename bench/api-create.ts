import { cpuMsOfAll, cpuMsPer } from './cpu-time.ts'
import { type Figure, machine, quantile, round } from './figure.ts'
import type { BenchOptions } from './main.ts'
import { noticeBody } from './notice.ts'
import { twoNodes } from './two-nodes.ts'

/** 201 for a single notice, one request after another on a kept connection, while deliveries go on behind it. */
export async function apiCreate(options: BenchOptions): Promise<Figure[]> {
  const count = options.count ?? 500
  await using nodes = await twoNodes(options)
  const body = noticeBody()
  const times: number[] = []
  const warmUp = Math.min(100, count)
  let before = await cpuMsOfAll(nodes.federation)
  for (let n = 0; n < warmUp + count; n++) {
    if (n === warmUp) before = await cpuMsOfAll(nodes.federation)
    const startedMs = performance.now()
    const answer = await nodes.chengdu.officer.post('/v1/violation-notices', body)
    if (answer.status !== 201) throw new Error(`answered ${answer.status}`)
    if (n >= warmUp) times.push(performance.now() - startedMs)
  }
  const after = await cpuMsOfAll(nodes.federation)
  return [
    {
      name: 'api.create',
      value: round(quantile(times, 0.5)),
      unit: 'ms',
      p50: round(quantile(times, 0.5)),
      p99: round(quantile(times, 0.99)),
      max: round(quantile(times, 1)),
      requests: count,
      // With all that follows from a notice meanwhile: delivery, acceptance, both logs.
      cpuMsPerRequest: cpuMsPer(before, after, count),
      queue: options.queue ?? 'postgres',
      ...machine(),
    },
  ]
}
