import { setTimeout as sleep } from 'node:timers/promises'
import { Queue as BullQueue } from 'bullmq'
import { listen, type QueueBackend, type QueueConfig, queueName, sharedOptions } from './backend.ts'
import { type Job, type JobName, jobNames } from './job.ts'
import { jobOptions } from './queue.ts'

export type Schedule = {
  /** Unique among the schedules of one prefix, for example `reconcile-500000`. */
  name: string
  /** Cron, five fields or six with seconds first. */
  pattern: string
  /** IANA name of the time zone the pattern is read in. */
  tz: string
  job: Job
}

/**
 * Makes the stored schedules equal to those wanted, and again every `checkMs`: the list may change, and the queue may have been lost. A
 * schedule that is already stored alike is not touched, so that a run that is due just now is not moved to the next day.
 */
export async function keepSchedules(
  config: Pick<QueueConfig, 'prefix'>,
  { factory }: QueueBackend,
  { schedules, checkMs }: { schedules: () => readonly Schedule[]; checkMs: number },
  onError: (error: Error) => void,
): Promise<{ close(): Promise<void> }> {
  const open = (name: JobName) => listen(new BullQueue(queueName(config.prefix, name), sharedOptions, factory) as BullQueue, onError)
  const queues = jobNames.map((name) => ({ name, queue: open(name) }))
  const store = async () => {
    const wanted = schedules()
    await Promise.all(
      queues.map(async ({ name, queue }) =>
        storeSchedules(
          queue,
          wanted.filter(({ job }) => job.name === name),
        ),
      ),
    )
  }
  await store()
  const timer = setInterval(() => void store().catch(onError), checkMs)
  return {
    async close() {
      clearInterval(timer)
      await Promise.all(queues.map(({ queue }) => queue.close()))
    },
  }
}

/** Of workers that start at the same moment the queue lets one store a schedule and refuses the others, which then find it stored. */
async function storeSchedules(queue: BullQueue, wanted: readonly Schedule[]): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      return await storeMissing(queue, wanted)
    } catch (error) {
      if (tries === MAX_TRIES) throw error
      await sleep(RETRY_MS)
    }
  }
}

const MAX_TRIES = 5
const RETRY_MS = 100

async function storeMissing(queue: BullQueue, wanted: readonly Schedule[]): Promise<void> {
  const stored = await queue.getJobSchedulers()
  for (const { key } of stored) {
    if (!wanted.some(({ name }) => name === key)) await queue.removeJobScheduler(key)
  }
  for (const { name, pattern, tz, job } of wanted) {
    if (stored.some((one) => one.key === name && one.pattern === pattern && one.tz === tz)) continue
    await queue.upsertJobScheduler(name, { pattern, tz }, { name: job.name, data: job, opts: jobOptions() })
  }
}
