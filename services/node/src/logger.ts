import { type DestinationStream, type Logger, pino } from 'pino'
import { z } from 'zod'

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent'

/** JSON lines on stderr: stdout belongs to the one line that says the node is ready. */
export function createLogger(region: string, level: LogLevel, destination: DestinationStream = pino.destination(2)): Logger {
  return pino(
    {
      level,
      base: { region },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      // Messages of errors quote values, and values can be personal data.
      serializers: {
        err: errorFacts,
        error: (value) => (value instanceof Error ? errorFacts(value) : value),
        req: () => undefined,
        res: () => undefined,
      },
    },
    destination,
  )
}

/** What may be logged of an error: its class, code, place, and which members a schema refused; never its message. */
export function errorFacts(error: unknown): { error: string; code?: string; at?: string[]; members?: string[] } {
  if (!(error instanceof Error)) return { error: typeof error === 'string' ? error : typeof error }
  const code = 'code' in error && typeof error.code === 'string' ? { code: error.code } : {}
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line))
  // Of a failed query the first frames are all the driver's; ours say where it was asked.
  const own = frames.filter((line) => !/node_modules|node:/.test(line))
  return {
    error: error.name,
    ...code,
    ...refusedMembers(error.cause),
    at: [...frames.slice(0, 1), ...own].slice(0, 6).map((line) => line.trim()),
  }
}

function refusedMembers(cause: unknown): { members?: string[] } {
  if (!(cause instanceof z.core.$ZodError)) return {}
  return { members: cause.issues.slice(0, 5).map(({ path, code }) => `/${path.join('/')} ${code}`) }
}
