import { HefuError, type Rates, type Remaining } from '@hefu/exchange'
import type { FastifyInstance } from 'fastify'

declare module 'fastify' {
  interface FastifyRequest {
    /** What the client has left; null where nobody is counted. */
    remaining: Remaining | null
  }
}

/**
 * Each client's requests by its name, which its token proves: another client behind the same address loses nothing. Every answer says
 * what is left (RateLimit and RateLimit-Policy, draft-ietf-httpapi-ratelimit-headers). Registered after the hook that finds the caller.
 */
export function limitClients(app: FastifyInstance, rates: Rates): void {
  const { requests, seconds } = rates.rate
  app.decorateRequest('remaining', null)
  app.addHook('onRequest', async (request) => {
    if (request.caller === null) return
    request.remaining = rates.take(request.caller.client)
    if (!request.remaining.allowed) throw tooMany(request.remaining)
  })
  app.addHook('onSend', async (request, reply) => {
    if (request.remaining === null) return
    reply.header('ratelimit-policy', `"client";q=${requests};w=${seconds}`)
    reply.header('ratelimit', `"client";r=${request.remaining.requests};t=${request.remaining.seconds}`)
  })
}

/**
 * What a request is refused with that had no valid token or signature: 429 where its address had too many of them. Only refusals are
 * counted and only refusals are answered otherwise: behind a proxy or in one office all callers have one address, and nobody who
 * can prove who it is must suffer for a stranger, or for a colleague's program that repeats a token of yesterday.
 */
export function refuseStranger(error: HefuError, address: string, strangers: Rates): HefuError {
  if (error.code !== 'unauthenticated' && error.code !== 'unverifiable') return error
  const remaining = strangers.take(address)
  return remaining.allowed ? error : tooMany(remaining)
}

/** The same for an answer in a form of its own. Throws HefuError `too-many-requests`. */
export function countStranger(address: string, strangers: Rates): void {
  const remaining = strangers.take(address)
  if (!remaining.allowed) throw tooMany(remaining)
}

function tooMany({ seconds }: Remaining): HefuError {
  return new HefuError('too-many-requests', { retryAfterSeconds: seconds })
}
