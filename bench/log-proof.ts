import { setTimeout as sleep } from 'node:timers/promises'
import { createMetrics, openDatabase, readLogEntry } from '@hefu/exchange'
import { apiClient } from '@hefu/testkit'
import { type Figure, machine, quantile, round } from './figure.ts'
import { logSize, messageEntry, writePending } from './log-entries.ts'
import type { BenchOptions } from './main.ts'
import { type TwoNodes, twoNodes } from './two-nodes.ts'

const PROOFS = 2_000
const AT_ONCE = 50_000

/**
 * One entry with its inclusion proof, at random places of a log of a million entries: from the database, one after the other; and the same
 * over HTTP, where the read itself is logged before it is answered.
 */
export async function logProof(options: BenchOptions): Promise<Figure[]> {
  const count = options.count ?? 1_000_000
  await using nodes = await twoNodes(options)
  const { database } = nodes.chengdu
  for (let written = 0; written < count; written += AT_ONCE) await append(database, Math.min(AT_ONCE, count - written), options)
  const size = await logSize(database)
  const index = () => Math.floor(Math.random() * size)
  const node = nodes.federation.node('510100')
  const db = openDatabase({ url: node.databaseUrl, poolSize: 1, onError: () => {} })
  const ctx = { db, now: Date.now, metrics: createMetrics(), log: noLines }
  const auditor = apiClient(node.api, node.tokens.auditor)
  try {
    const direct = await measure(async () => await readLogEntry(ctx, index()))
    const answered = await measure(async () => {
      const { status } = await auditor.get(`/v1/exchange-log/entries/${index()}`)
      if (status !== 200) throw new Error(`answered ${status}`)
    })
    return [figureOf('log.proof', direct, size), figureOf('log.proof.http', answered, size)]
  } finally {
    await db.destroy()
  }
}

/** Nothing is damaged here, so nothing is said. */
const noLines = { error: () => {} } as unknown as Parameters<typeof readLogEntry>[0]['log']

/** Through the node's own sequencer. */
async function append(database: TwoNodes['chengdu']['database'], count: number, { say }: BenchOptions): Promise<void> {
  const wanted = (await logSize(database)) + count
  await writePending(
    database,
    Array.from({ length: count }, () => messageEntry(Date.now()).entry),
  )
  while ((await logSize(database)) < wanted) await sleep(50)
  say(`${wanted} entries`)
}

/** Milliseconds of each; the first hundred warm up and are left out. */
async function measure(prove: () => Promise<unknown>): Promise<number[]> {
  const latencies: number[] = []
  for (let n = -100; n < PROOFS; n++) {
    const startedMs = performance.now()
    await prove()
    if (n >= 0) latencies.push(performance.now() - startedMs)
  }
  return latencies
}

function figureOf(name: string, latencies: readonly number[], size: number): Figure {
  const [p50, p99, max] = [0.5, 0.99, 1].map((share) => round(quantile(latencies, share), 2))
  return { name, value: p99 ?? Number.NaN, unit: 'ms', p50, p99, max, proofs: latencies.length, entries: size, ...machine() }
}
