import { z } from 'zod'

/**
 * What a worker can be asked to do. A job holds identifiers only, never a body, a key or an identifier of a person: the
 * queue is not the truth and is not protected like it. Strict objects, so that nothing else can ride along.
 */
const jobSchema = z.discriminatedUnion('name', [
  /** Drain the outbox towards one peer. */
  z.strictObject({ name: z.literal('deliver'), peer: id() }),
  /** Replay these cases. */
  z.strictObject({ name: z.literal('apply'), cases: z.array(id()).min(1).max(1000) }),
  /** Carry one import on. */
  z.strictObject({ name: z.literal('import'), import: id() }),
  /** Run the comparisons with one peer that were requested; `nightly`: make one where none was. */
  z.strictObject({ name: z.literal('reconcile'), peer: id(), nightly: z.literal(true).optional() }),
])

export type Job = z.infer<typeof jobSchema>
export type JobName = Job['name']

export const jobNames = ['deliver', 'apply', 'import', 'reconcile'] as const satisfies readonly JobName[]

/** One handler per job name; it may be called twice for one job and must then do no harm. */
export type Handlers = { [N in JobName]: (job: Extract<Job, { name: N }>) => Promise<void> }

/** The job, or undefined when the value is not exactly a job. Never throws. */
export function parseJob(value: unknown): Job | undefined {
  return jobSchema.safeParse(value).data
}

function id() {
  return z.string().min(1).max(64)
}
