import { cpuMsOf } from './cpu-time.ts'
import { type Figure, machine, quantile, round } from './figure.ts'
import type { BenchOptions } from './main.ts'
import { twoNodes } from './two-nodes.ts'

/**
 * What knowing the caller costs one request: an answer that does nothing else (an officer's token where only operators may go: token, client's
 * row, role), beside one that does not even that (`/livez`), one after the other in turns on a kept connection. And a whole read, to compare.
 */
export async function accessCheck(options: BenchOptions): Promise<Figure[]> {
  const count = options.count ?? 2_000
  await using nodes = await twoNodes(options)
  const { officer } = nodes.chengdu
  const times = { open: [] as number[], checked: [] as number[], read: [] as number[] }
  const timed = async (path: string, status: number, into: number[]) => {
    const startedMs = performance.now()
    const answer = await officer.get(path)
    into.push(performance.now() - startedMs)
    if (answer.status !== status) throw new Error(`${path} answered ${answer.status}`)
  }
  const cpuPerRequest = async (path: string, status: number) => {
    const before = await cpuMsOf(nodes.federation.node('510100').pid())
    for (let n = 0; n < count; n++) await timed(path, status, [])
    const after = await cpuMsOf(nodes.federation.node('510100').pid())
    return before === null || after === null ? null : round((after - before) / count, 2)
  }
  for (let n = 0; n < 200 + count; n++) {
    if (n === 200) for (const list of Object.values(times)) list.length = 0
    await timed('/livez', 200, times.open)
    await timed('/v1/peers', 403, times.checked)
    await timed('/v1/cases', 200, times.read)
  }
  const cost = (share: number) => round(quantile(times.checked, share) - quantile(times.open, share), 2)
  return [
    {
      name: 'access.check',
      value: cost(0.5),
      unit: 'ms',
      p50: cost(0.5),
      p99: cost(0.99),
      readP50: round(quantile(times.read, 0.5), 2),
      readP99: round(quantile(times.read, 0.99), 2),
      // Processor time of the node, a whole request each; on a busy machine the figures that mean something.
      cpuMsOpen: await cpuPerRequest('/livez', 200),
      cpuMsChecked: await cpuPerRequest('/v1/peers', 403),
      cpuMsRead: await cpuPerRequest('/v1/cases', 200),
      requests: count,
      ...machine(),
    },
  ]
}
