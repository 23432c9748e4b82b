import { Queue as BullQueue } from 'bullmq'
import { openBackend, type QueueConfig, queueName, sharedOptions } from '../../src/queue/backend.ts'
import { jobNames } from '../../src/queue/job.ts'

/** What the queue itself holds of the schedules of a running node, by job name. */
export async function storedSchedules(config: Pick<QueueConfig, 'url' | 'prefix'>) {
  const backend = await openBackend(
    { ...config, log: { info() {}, warn() {}, error() {} } },
    { side: 'producer', queues: jobNames.length, onError: () => {} },
  )
  const queues = jobNames.map((name) => new BullQueue(queueName(config.prefix, name), sharedOptions, backend.factory) as BullQueue)
  try {
    const stored = await Promise.all(queues.map(async (queue) => await queue.getJobSchedulers()))
    return new Map(jobNames.map((name, at) => [name, stored[at] ?? []]))
  } finally {
    await Promise.all(queues.map(async (queue) => await queue.close()))
    await backend.close()
  }
}
