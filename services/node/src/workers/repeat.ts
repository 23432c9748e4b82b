import type { Context } from '@hefu/exchange'
import { errorFacts } from '../logger.ts'

export interface Repeated {
  /** Starts no further run and waits for the one that is running. */
  stop(): Promise<void>
}

/** Runs `work` every `everyMs`, never twice at once: a slow run delays the next. A run that throws is logged, not the end. */
export function repeat(ctx: Pick<Context, 'log'>, name: string, everyMs: number, work: () => Promise<void>): Repeated {
  let stopped = false
  let running = Promise.resolve()
  let timer: NodeJS.Timeout | undefined
  const run = async () => {
    try {
      await work()
    } catch (error) {
      if (!stopped) ctx.log.error({ event: `${name}.failed`, ...errorFacts(error) }, `${name}.failed`)
    }
    if (!stopped) timer = setTimeout(start, everyMs)
  }
  const start = () => {
    running = run()
  }
  start()
  return {
    async stop() {
      stopped = true
      clearTimeout(timer)
      await running
    },
  }
}
