import { Queue as BullQueue } from 'bullmq'
import pino from 'pino'
import { expect } from 'vitest'
import { openBackend, queueName, sharedOptions } from '../../src/queue/backend.ts'
import type { Handlers, JobName } from '../../src/queue/job.ts'
import { openQueue } from '../../src/queue/queue.ts'
import { keepSchedules, type Schedule } from '../../src/queue/schedules.ts'
import { startWorkers, type WorkerOptions } from '../../src/queue/workers.ts'

let count = 0

/** A queue of its own on the backend: what a test opened through it, `close` closes. */
export async function openTestQueue(url: string) {
  const lines: Record<string, unknown>[] = []
  const log = pino({}, { write: (line: string) => lines.push(JSON.parse(line)) })
  const config = { url, prefix: `test-${process.pid}-${++count}`, log }
  const queue = await openQueue(config)
  const closers: (() => Promise<void>)[] = [() => queue.close()]
  return {
    queue,
    config,
    lines,
    /** Logged lines of one event. */
    logged: (event: string) => lines.filter((line) => line.event === event),
    async work(handlers: Partial<Handlers>, options: Partial<WorkerOptions> = {}) {
      const concurrency = { deliver: 4, apply: 4, import: 1, reconcile: 1 }
      const workers = await startWorkers(config, { ...refuse, ...handlers }, { concurrency, ...options })
      closers.unshift(() => workers.close())
      return workers
    },
    /** As so many workers do when they start, all in the same moment. */
    async schedule(workers: number, schedules: readonly Schedule[]) {
      const failed: Error[] = []
      const use = { side: 'worker', queues: 1, onError: () => {} } as const
      const backends = await Promise.all(Array.from({ length: workers }, async () => await openBackend(config, use)))
      closers.push(...backends.map((backend) => () => backend.close()))
      const wanted = { schedules: () => schedules, checkMs: 60_000 }
      const kept = await Promise.all(
        backends.map(async (backend) => await keepSchedules(config, backend, wanted, (error) => failed.push(error))),
      )
      closers.unshift(...kept.map((one) => () => one.close()))
      expect(failed).toEqual([])
    },
    /** BullMQ's own view of one queue. */
    async raw(name: JobName) {
      const backend = await openBackend(config, { side: 'producer', queues: 1, onError: () => {} })
      const bull = new BullQueue(queueName(config.prefix, name), sharedOptions, backend.factory) as BullQueue
      bull.on('error', () => {})
      closers.unshift(async () => {
        await bull.close()
        await backend.close()
      })
      return bull
    },
    async settled() {
      const idle = { deliver: 0, apply: 0, import: 0, reconcile: 0 }
      await expect.poll(() => queue.depth(), { timeout: 20_000, interval: 20 }).toEqual(idle)
    },
    async close() {
      for (const close of closers) await close()
    },
  }
}

/** A promise that a test keeps for as long as it wants. */
export function gate() {
  let open = () => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { opened, open }
}

const unexpected = async () => {
  throw new Error('no such job was added')
}
const refuse: Handlers = { deliver: unexpected, apply: unexpected, import: unexpected, reconcile: unexpected }
