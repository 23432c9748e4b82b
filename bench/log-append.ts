import { setTimeout as sleep } from 'node:timers/promises'
import { cpuMsOf, cpuMsWithChildren } from './cpu-time.ts'
import { type Figure, machine, round } from './figure.ts'
import { logSize, messageEntry, writePending } from './log-entries.ts'
import type { BenchOptions } from './main.ts'
import { type TwoNodes, twoNodes } from './two-nodes.ts'

/**
 * Entries that wait, committed at once, until the node's sequencer has given all of them their place under a signed checkpoint. A real
 * node on a durable PostgreSQL; fsync on. `cpuMsPerEntry`: of that node and of PostgreSQL.
 */
export async function logAppend(options: BenchOptions): Promise<Figure[]> {
  const count = options.count ?? 200_000
  await using nodes = await twoNodes(options)
  const { database } = nodes.chengdu
  const entries = Array.from({ length: count }, () => messageEntry(Date.now()).entry)
  const before = await logSize(database)
  await writePending(database, entries)
  const cpuBefore = await cpuMs(nodes)
  const startedMs = performance.now()
  for (let lastSaid = 0; ; await sleep(20)) {
    const placed = (await logSize(database)) - before
    const ms = performance.now() - startedMs
    if (placed >= count) return [figureOf(count, ms / 1000, cpuBefore, await cpuMs(nodes))]
    if (ms - lastSaid > 1_000) {
      options.say(`${round(ms / 1000)} s: ${placed} of ${count}`)
      lastSaid = ms
    }
  }
}

type CpuMs = Readonly<Record<'node' | 'postgres', number>>

async function cpuMs({ federation }: TwoNodes): Promise<CpuMs> {
  const [node, postgres] = await Promise.all([cpuMsOf(federation.node('510100').pid()), cpuMsWithChildren(federation.postgres.pid)])
  return { node: node ?? Number.NaN, postgres: postgres ?? Number.NaN }
}

function figureOf(count: number, seconds: number, before: CpuMs, after: CpuMs): Figure {
  const perEntry = (who: keyof CpuMs) => round((after[who] - before[who]) / count, 4)
  const cpuMsPerEntry = { node: perEntry('node'), postgres: perEntry('postgres') }
  const taken = { entries: count, seconds: round(seconds, 2), cpuMsPerEntry }
  return { name: 'log.append', value: round(count / seconds), unit: 'entries/s', ...taken, ...machine() }
}
