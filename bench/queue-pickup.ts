import { setTimeout as sleep } from 'node:timers/promises'
import { type Handlers, openQueue, startWorkers } from '@hefu/exchange'
import { findRedis, startPostgres, startRedis } from '@hefu/testkit'
import { type Figure, machine, quantile, round } from './figure.ts'
import type { BenchOptions } from './main.ts'

const WARM_UP = 50
/** Between a job's end and the next one: the worker asks for its next job and waits, as on a node with nothing to do. */
const IDLE_MS = 10

/**
 * From the moment at which `add` has answered to the start of the handler, one job at a time on an idle queue: on PostgreSQL always,
 * on Redis at --queue, or else on one of its own where `redis-server` is on PATH. Adding and handling share one process and one
 * clock. A handler that starts before the answer has come back counts as 0.
 */
export async function queuePickup(options: BenchOptions): Promise<Figure[]> {
  const figures: Figure[] = []
  const postgres = await startPostgres({ durable: true })
  try {
    await postgres.createDatabase('queue')
    figures.push(await pickup(postgres.url('queue'), options))
  } finally {
    await postgres.stop()
  }
  if (options.queue !== undefined) figures.push(await pickup(options.queue, options))
  else if (findRedis() === undefined) options.say('redis-server is not on PATH: PostgreSQL only')
  else {
    const redis = await startRedis()
    try {
      figures.push(await pickup(redis.url, options))
    } finally {
      await redis.stop()
    }
  }
  return figures
}

async function pickup(url: string, { count = 500, say }: BenchOptions): Promise<Figure> {
  const complain = (...logged: unknown[]) => say(String(logged[1]))
  const log = { info() {}, warn: complain, error: complain }
  const config = { url, prefix: `bench-${process.pid}`, log }
  let begun: (ms: number) => void = () => {}
  const handle = async () => begun(performance.now())
  const handlers: Handlers = { deliver: handle, apply: handle, import: handle, reconcile: handle }
  const queue = await openQueue(config)
  const workers = await startWorkers(config, handlers, { concurrency: { deliver: 4, apply: 4, import: 1, reconcile: 1 } })
  try {
    const times: number[] = []
    for (let n = 0; n < WARM_UP + count; n++) {
      const handled = new Promise<number>((resolve) => {
        begun = resolve
      })
      await queue.add({ name: 'deliver', peer: `peer-${n}` })
      const addedMs = performance.now()
      const ms = Math.max(0, (await handled) - addedMs)
      if (n >= WARM_UP) times.push(ms)
      await sleep(IDLE_MS)
    }
    return {
      name: 'queue.pickup',
      value: round(quantile(times, 0.5), 2),
      unit: 'ms',
      backend: url.startsWith('redis') ? 'redis' : 'postgres',
      p50: round(quantile(times, 0.5), 2),
      p99: round(quantile(times, 0.99), 2),
      max: round(quantile(times, 1), 2),
      jobs: count,
      ...machine(),
    }
  } finally {
    await workers.close()
    await queue.close()
  }
}
