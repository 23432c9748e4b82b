import { setTimeout as sleep } from 'node:timers/promises'
import { type Figure, machine, quantile, round } from './figure.ts'
import { logSize, messageEntry, writePending } from './log-entries.ts'
import type { BenchOptions } from './main.ts'
import { type TwoNodes, twoNodes } from './two-nodes.ts'

/** Commits between two entries: about a hundred entries a second. */
const EVERY_MS = 10

/** From the commit of an entry until a checkpoint that covers it can be read, looked for every 5 ms. */
export async function logCheckpoint(options: BenchOptions): Promise<Figure[]> {
  const count = options.count ?? 2_000
  await using nodes = await twoNodes(options)
  const { database } = nodes.chengdu
  const committed = new Map<string, number>()
  const seen: { size: number; atMs: number }[] = []
  let running = true
  const watching = watch(database, seen, () => running)
  for (let n = 0; n < count; n++, await sleep(EVERY_MS)) {
    const { digest, entry } = messageEntry(Date.now())
    await writePending(database, [entry])
    committed.set(digest, performance.now())
  }
  await sleep(2_000)
  running = false
  await watching
  const { rows } = await database.query<{ digest: string; index: string }>('select digest, index from log_entries where digest = any($1)', [
    [...committed.keys()],
  ])
  if (rows.length !== count) throw new Error(`${rows.length} of ${count} entries are in the log`)
  const latencies = rows.map(({ digest, index }) => {
    const [covered, at] = [seen.find(({ size }) => size > Number(index)), committed.get(digest)]
    if (covered === undefined || at === undefined) throw new Error('an entry without a checkpoint')
    return covered.atMs - at
  })
  const p99 = round(quantile(latencies, 0.99))
  return [
    {
      name: 'log.checkpoint',
      value: p99,
      unit: 'ms',
      p50: round(quantile(latencies, 0.5)),
      p99,
      max: round(quantile(latencies, 1)),
      entries: count,
      ...machine(),
    },
  ]
}

async function watch(
  database: TwoNodes['chengdu']['database'],
  seen: { size: number; atMs: number }[],
  running: () => boolean,
): Promise<void> {
  for (; running(); await sleep(5)) {
    const size = await logSize(database)
    if (size > (seen.at(-1)?.size ?? -1)) seen.push({ size, atMs: performance.now() })
  }
}
