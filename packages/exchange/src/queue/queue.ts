import { Queue as BullQueue } from 'bullmq'
import { listen, openBackend, type QueueConfig, queueName, sharedOptions } from './backend.ts'
import { coalesce } from './coalesce.ts'
import { type Job, type JobName, jobNames, parseJob } from './job.ts'
import { logErrors } from './queue-log.ts'
import { within } from './within.ts'

export type { Handlers, Job, JobName } from './job.ts'

const ANSWER_MS = 900
const READY_MS = 5_000

export type AddOptions = {
  /**
   * Jobs of one name with the same key run one at a time. While one waits, a further one is left out; while one runs,
   * any number of further ones become one more run after it, so a wake-up is never lost.
   */
  key?: string
}

export type Queue = {
  /**
   * Resolves when the job, or one with its key that was added after the call, is durable in the queue; rejects within a second when the backend does not answer. The job may
   * then still arrive: whoever adds must tolerate both, and relies on the sweeps for what was not added.
   */
  add(job: Job, options?: AddOptions): Promise<void>
  /** Like `add` for several jobs, in one round trip for each job name. */
  addAll(jobs: readonly { job: Job; key?: string }[]): Promise<void>
  /** Jobs that wait or run now, by name. The coming run of a schedule is not counted. */
  depth(): Promise<Record<JobName, number>>
  close(): Promise<void>
}

/** Opens the producing side of the queue; rejects when the backend cannot be reached. */
export async function openQueue(config: QueueConfig): Promise<Queue> {
  const onError = logErrors(config.log)
  const backend = await openBackend(config, { side: 'producer', queues: jobNames.length, onError })
  const open = (name: JobName) =>
    listen(new BullQueue(queueName(config.prefix, name), sharedOptions, backend.factory) as BullQueue, onError)
  const queues = new Map(jobNames.map((name) => [name, open(name)]))
  const of = (name: JobName) => queues.get(name) as BullQueue
  const additions = coalesce()
  await Promise.all([...queues.values()].map((queue) => within(READY_MS, queue.waitUntilReady()))).catch(async (cause) => {
    await backend.close()
    throw cause
  })

  return {
    async add(job, { key } = {}) {
      const data = exactly(job)
      const add = async () => void (await within(ANSWER_MS, of(job.name).add(job.name, data, jobOptions(key))))
      // A thousand documents for one peer are a thousand reasons to wake up its deliveries, and one wake-up.
      if (key === undefined) await add()
      else await within(ANSWER_MS, additions.run(`${job.name} ${key}`, add))
    },
    async addAll(jobs) {
      const names = [...new Set(jobs.map(({ job }) => job.name))]
      const rows = (name: JobName) =>
        jobs.filter(({ job }) => job.name === name).map(({ job, key }) => ({ name, data: exactly(job), opts: jobOptions(key) }))
      await within(ANSWER_MS, Promise.all(names.map((name) => of(name).addBulk(rows(name)))))
    },
    async depth() {
      const counts = await within(ANSWER_MS, Promise.all(jobNames.map((name) => of(name).getJobCountByTypes('waiting', 'active'))))
      return Object.fromEntries(jobNames.map((name, i) => [name, counts[i] ?? 0])) as Record<JobName, number>
    },
    async close() {
      await additions.idle()
      const closed = Promise.all([...queues.values()].map((queue) => queue.close())).then(() => backend.close())
      await within(ANSWER_MS, closed).catch(onError)
    },
  }
}

/** Attempts: one. The outbox and the sweeps own every repetition. A finished job leaves nothing behind. */
export function jobOptions(key?: string) {
  const deduplication = key === undefined ? {} : { deduplication: { id: key, keepLastIfActive: true } }
  return { attempts: 1, removeOnComplete: true, removeOnFail: true, ...deduplication }
}

/** Refuses a job with anything more than its identifiers before it leaves the process. */
function exactly(job: Job): Job {
  const parsed = parseJob(job)
  if (!parsed) throw new Error(`not a job of the kind ${job.name}`)
  return parsed
}
