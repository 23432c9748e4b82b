import { setTimeout as sleep } from 'node:timers/promises'
import { type Figure, machine, round } from './figure.ts'
import { logSize, messageEntry, writePending } from './log-entries.ts'
import type { BenchOptions } from './main.ts'
import { twoNodes } from './two-nodes.ts'

/**
 * Entries that wait, committed at once, until the node's sequencer has given all of them their place under a signed checkpoint. A real
 * node on a durable PostgreSQL; fsync on.
 */
export async function logAppend(options: BenchOptions): Promise<Figure[]> {
  const count = options.count ?? 200_000
  await using nodes = await twoNodes(options)
  const { database } = nodes.chengdu
  const entries = Array.from({ length: count }, () => messageEntry(Date.now()).entry)
  const before = await logSize(database)
  await writePending(database, entries)
  const startedMs = performance.now()
  for (let lastSaid = 0; ; await sleep(20)) {
    const placed = (await logSize(database)) - before
    const ms = performance.now() - startedMs
    if (placed >= count) return [figureOf(count, ms / 1000)]
    if (ms - lastSaid > 1_000) {
      options.say(`${round(ms / 1000)} s: ${placed} of ${count}`)
      lastSaid = ms
    }
  }
}

function figureOf(count: number, seconds: number): Figure {
  return { name: 'log.append', value: round(count / seconds), unit: 'entries/s', entries: count, seconds: round(seconds, 2), ...machine() }
}
