import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Figure, machine, round } from './figure.ts'
import type { BenchOptions } from './main.ts'
import { noticeBody } from './notice.ts'
import { twoNodes } from './two-nodes.ts'

/** Resident memory of each node at rest: after a little traffic and twenty seconds without any. */
export async function restingMemory(options: BenchOptions): Promise<Figure[]> {
  await using nodes = await twoNodes(options)
  for (let n = 0; n < (options.count ?? 50); n++) await nodes.chengdu.officer.post('/v1/violation-notices', noticeBody())
  await sleep(20_000)
  return await Promise.all(
    nodes.federation.nodes.map(async (node) => {
      const status = await readFile(`/proc/${node.pid()}/status`, 'utf8')
      const kib = Number(/VmRSS:\s+(\d+)/.exec(status)?.[1])
      return { name: 'node.memory', value: round(kib / 1024), unit: 'MiB', region: node.region, ...machine() }
    }),
  )
}
