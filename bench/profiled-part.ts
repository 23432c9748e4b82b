import { cpuMsOfAll, cpuMsPer } from './cpu-time.ts'
import { monotonicUs, profileShare } from './profile-share.ts'
import type { TwoNodes } from './two-nodes.ts'

/** A span of time in which the nodes, under the profiler, did some work. */
export interface Part {
  /** Of the monotonic clock, in microseconds. */
  readonly span: readonly [number, number]
  /** Processor time: of what the profiles cover, and of PostgreSQL. */
  readonly nodesMs: number
  readonly postgresMs: number
}

export async function during({ federation }: TwoNodes, work: () => Promise<void>): Promise<Part> {
  const before = await cpuMsOfAll(federation)
  const fromUs = monotonicUs()
  await work()
  const toUs = monotonicUs()
  const { sender, receiver, postgres } = cpuMsPer(before, await cpuMsOfAll(federation), 1)
  return { span: [fromUs, toUs], nodesMs: (sender ?? 0) + (receiver ?? 0), postgresMs: postgres ?? 0 }
}

/**
 * What the nodes spent in functions of these files and whatever they called. A profile counts time as it passes, also while somebody else has
 * the processor: only its proportions are used.
 */
export async function nodesMsInside(dir: string, { span, nodesMs }: Part, isInside: (url: string) => boolean): Promise<number> {
  const { busyMs, insideMs } = await profileShare(dir, span, isInside)
  return busyMs === 0 ? 0 : (nodesMs * insideMs) / busyMs
}
