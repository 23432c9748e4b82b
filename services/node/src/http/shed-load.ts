import underPressure from '@fastify/under-pressure'
import { HefuError } from '@hefu/exchange'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { MAX_LOOP_DELAY_MS, MAX_UNDER_WAY } from './limits.ts'

/**
 * Turns requests away while there is no room for them, before anything of them is looked at: 503 with Retry-After, nothing stored.
 * Probes and metrics are always answered: who watches the node has to see it busy, not dead.
 */
export async function shedLoad(app: FastifyInstance, maxUnderWay = MAX_UNDER_WAY): Promise<void> {
  let underWay = 0
  app.addHook('onRequest', async (request, reply) => {
    if (isProbe(request)) return
    if (underWay >= maxUnderWay) throw overloaded()
    underWay++
    // Answered, or the caller went away before.
    reply.raw.once('close', () => underWay--)
  })
  await app.register(underPressure, {
    maxEventLoopDelay: MAX_LOOP_DELAY_MS,
    pressureHandler: async (request) => {
      if (!isProbe(request)) throw overloaded()
    },
  })
}

export const PROBES: ReadonlySet<string> = new Set(['/livez', '/readyz', '/metrics'])

function isProbe(request: FastifyRequest): boolean {
  return PROBES.has(request.routeOptions.url ?? '')
}

function overloaded(): HefuError {
  return new HefuError('overloaded', { retryAfterSeconds: 2 })
}
