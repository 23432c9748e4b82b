import { type Job as BullJob, Worker } from 'bullmq'
import { listen, openBackend, type QueueBackend, type QueueConfig, queueName, sharedOptions } from './backend.ts'
import { type Handlers, type Job, type JobName, jobNames, parseJob } from './job.ts'
import { errorFacts, logErrors } from './queue-log.ts'
import { keepSchedules, type Schedule } from './schedules.ts'
import { within } from './within.ts'

/** A job whose process died is taken up by another after at most LOCK_MS and two checks. */
const LOCK_MS = 5_000
const STALLED_CHECK_MS = 2_000
const CLOSE_MS = 10_000
const READY_MS = 15_000
const STEP_MS = 1_000
const SCHEDULE_CHECK_MS = 60_000

export type WorkerOptions = {
  /** Jobs of each name that run at the same time in this process. */
  concurrency: Record<JobName, number>
  /** The complete list for this prefix, asked for at each comparison: a schedule that is not in it is removed. Absent: schedules stay as they are. */
  schedules?: () => readonly Schedule[]
  /** How often the schedules are compared with the queue, which may have been lost, in milliseconds; 60,000 by default. */
  scheduleCheckMs?: number
  /** How long `close` waits for running jobs, in milliseconds; 10,000 by default. */
  closeMs?: number
}

export type Workers = {
  /**
   * Takes no new job, waits for running ones, closes the connections. A job that outlasts `closeMs` is left to its lock:
   * another worker repeats it.
   */
  close(): Promise<void>
}

/**
 * Runs one worker per job name. A handler that throws is logged as `job.failed` and its job is gone; what is no job is
 * logged as `job.malformed` and dropped. Workers outlive every loss of the backend.
 */
export async function startWorkers(config: QueueConfig, handlers: Handlers, options: WorkerOptions): Promise<Workers> {
  const onError = logErrors(config.log)
  const backend = await openBackend(config, { side: 'worker', queues: jobNames.length, onError })
  const workers = jobNames.map((name) => startWorker(config, backend, name, handlers, options.concurrency[name], onError))
  let schedules: Awaited<ReturnType<typeof startSchedules>>

  const stop = async () => {
    await within(STEP_MS, schedules?.close() ?? Promise.resolve()).catch(onError)
    // First pause, which waits for running jobs, then close by force: BullMQ's own graceful close has no bound, and once
    // begun it cannot be forced, so that an abandoned job's lock would be renewed for ever.
    await within(options.closeMs ?? CLOSE_MS, Promise.all(workers.map((worker) => worker.pause()))).catch(() =>
      config.log.warn({ event: 'workers.abandoned' }, 'workers.abandoned'),
    )
    await within(STEP_MS, Promise.all(workers.map((worker) => worker.close(true)))).catch(onError)
    await within(STEP_MS, backend.close()).catch(onError)
  }
  try {
    await Promise.all(workers.map((worker) => within(READY_MS, worker.waitUntilReady())))
    schedules = await startSchedules(config, backend, options, onError)
  } catch (cause) {
    await stop()
    throw cause
  }
  let stopped: Promise<void> | undefined
  return {
    close() {
      stopped ??= stop()
      return stopped
    },
  }
}

async function startSchedules(
  config: QueueConfig,
  backend: QueueBackend,
  { schedules, scheduleCheckMs = SCHEDULE_CHECK_MS }: WorkerOptions,
  onError: (error: Error) => void,
) {
  return schedules && (await keepSchedules(config, backend, { schedules, checkMs: scheduleCheckMs }, onError))
}

function startWorker(
  { prefix, log }: QueueConfig,
  { factory }: QueueBackend,
  name: JobName,
  handlers: Handlers,
  concurrency: number,
  onError: (error: Error) => void,
): Worker {
  const run = async (stored: BullJob) => {
    const job = parseJob(stored.data)
    if (job?.name !== name) {
      log.error({ event: 'job.malformed', queue: name, job: stored.id }, 'job.malformed')
      return
    }
    try {
      await handle(handlers, job)
    } catch (error) {
      // Not passed on to BullMQ: it would keep the message of the error, which may quote personal data, in its stream.
      log.error({ event: 'job.failed', queue: name, job: stored.id, ...errorFacts(error) }, 'job.failed')
    }
  }
  const worker = new Worker(
    queueName(prefix, name),
    run,
    {
      ...sharedOptions,
      concurrency,
      lockDuration: LOCK_MS,
      stalledInterval: STALLED_CHECK_MS,
      // A job that takes its process down each time is dropped after this many repetitions; the sweep brings it back later.
      maxStalledCount: 3,
      runRetryDelay: 500,
      removeOnComplete: { count: 0 },
      removeOnFail: { count: 0 },
    },
    factory,
  ) as Worker
  worker.on('failed', (stored) => log.error({ event: 'job.failed', queue: name, job: stored?.id }, 'job.failed'))
  return listen(worker, onError)
}

async function handle(handlers: Handlers, job: Job): Promise<void> {
  switch (job.name) {
    case 'deliver':
      return await handlers.deliver(job)
    case 'apply':
      return await handlers.apply(job)
    case 'import':
      return await handlers.import(job)
    case 'reconcile':
      return await handlers.reconcile(job)
  }
}
