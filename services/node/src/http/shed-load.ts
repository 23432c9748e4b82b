import { setImmediate as nextTurn } from 'node:timers/promises'
import underPressure from '@fastify/under-pressure'
import { HefuError } from '@hefu/exchange'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { MAX_ARRIVING, MAX_LATE_TURNS_MS, MAX_LOOP_DELAY_MS, MAX_UNDER_WAY } from './limits.ts'

/**
 * Turns requests away while there is no room for them, before anything of them is looked at: 503 with Retry-After, nothing stored.
 * Probes and metrics are always answered: who watches the node has to see it busy, not dead.
 */
export async function shedLoad(app: FastifyInstance, maxUnderWay = MAX_UNDER_WAY): Promise<void> {
  const underWay = new Set<FastifyReply>()
  app.addHook('onRequest', async (request, reply) => {
    if (isProbe(request)) return
    if (underWay.size >= maxUnderWay) throw overloaded()
    underWay.add(reply)
    // Answered, or the caller went away before.
    reply.raw.once('close', () => underWay.delete(reply))
  })
  waitForBodiesApart(app, underWay)
  await app.register(underPressure, {
    maxEventLoopDelay: MAX_LOOP_DELAY_MS,
    pressureHandler: async (request) => {
      if (!isProbe(request) && (await isLateNow())) throw overloaded()
    },
  })
}

/**
 * Who sends his body drop by drop gives the node nothing to do, so he takes no one's place; of too many such, the one who has been at it for
 * the longest is cut off: an honest body is here in moments.
 */
function waitForBodiesApart(app: FastifyInstance, underWay: Set<FastifyReply>): void {
  const arriving = new Set<FastifyReply>()
  app.addHook('preParsing', async (request, reply, body) => {
    if (!underWay.has(reply) || !hasBody(request)) return
    underWay.delete(reply)
    arriving.add(reply)
    reply.raw.once('close', () => arriving.delete(reply))
    body.once('end', () => {
      if (arriving.delete(reply)) underWay.add(reply)
    })
    const [first] = arriving
    if (arriving.size > MAX_ARRIVING && first !== undefined) first.request.raw.destroy()
  })
}

function hasBody({ headers }: FastifyRequest): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}

/** One long stretch of work colours the mean of a whole second in which the loop has long been free again: nobody is turned away for what is past. */
async function isLateNow(): Promise<boolean> {
  const from = performance.now()
  for (let turn = 0; turn < 3; turn++) await nextTurn()
  return performance.now() - from > MAX_LATE_TURNS_MS
}

export const PROBES: ReadonlySet<string> = new Set(['/livez', '/readyz', '/metrics'])

function isProbe(request: FastifyRequest): boolean {
  return PROBES.has(request.routeOptions.url ?? '')
}

function overloaded(): HefuError {
  return new HefuError('overloaded', { retryAfterSeconds: 2 })
}
