import type { Logger } from 'pino'

export type QueueLog = Pick<Logger, 'info' | 'warn' | 'error'>

const REPEAT_MS = 5_000

/**
 * A listener for 'error' events that logs `queue.disturbed`. While a backend is away BullMQ reports the same error many
 * times a second: each kind is logged once per five seconds, with the number of times it was left out.
 */
export function logErrors(log: QueueLog): (error: Error) => void {
  const seen = new Map<string, { at: number; leftOut: number }>()
  return (error) => {
    const facts = errorFacts(error)
    const kind = `${facts.error} ${facts.code ?? ''}`
    const before = seen.get(kind)
    if (before && Date.now() - before.at < REPEAT_MS) {
      before.leftOut += 1
      return
    }
    seen.set(kind, { at: Date.now(), leftOut: 0 })
    log.error({ event: 'queue.disturbed', ...facts, leftOut: before?.leftOut ?? 0 }, 'queue.disturbed')
  }
}

/**
 * What may be logged of an error: its class, code and place. Not its message: PostgreSQL and parsers quote values in
 * messages, and values can be personal data.
 */
export function errorFacts(error: unknown): { error: string; code?: string; at?: string[] } {
  if (!(error instanceof Error)) return { error: typeof error }
  const code = 'code' in error && typeof error.code === 'string' ? { code: error.code } : {}
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line))
  return { error: error.name, ...code, at: frames.slice(0, 6).map((line) => line.trim()) }
}
