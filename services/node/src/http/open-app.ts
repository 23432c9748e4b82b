import { randomBytes } from 'node:crypto'
import type { Socket } from 'node:net'
import { type Caller, type Context, type ErrorCode, HefuError } from '@hefu/exchange'
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { errorFacts } from '../logger.ts'
import { type Language, readLanguage } from './language.ts'
import { asHefuError, PROBLEM_TYPE, problemOf } from './problem.ts'
import { refuseEncodings } from './read-bodies.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Who calls; null until the token was checked, and on public routes. */
    caller: Caller | null
  }
}

export type ListenerName = 'api' | 'exchange'

export const MAX_BODY_BYTES = 1024 * 1024

/**
 * A listener's application: every answer that is not a success is problem+json, whatever went wrong and however early, and one
 * log line tells method, route pattern, status and time. Addresses, headers and bodies are never logged: they may hold
 * identifiers of persons.
 */
export function openApp(ctx: Pick<Context, 'log' | 'metrics'>, listener: ListenerName): FastifyInstance {
  const refuse = (error: unknown, request: FastifyRequest, reply: FastifyReply) => sendProblem(ctx, listener, error, request, reply)
  const app = Fastify({
    logger: false,
    bodyLimit: MAX_BODY_BYTES,
    genReqId: (request) => traceIdOf(request.headers.traceparent),
    requestTimeout: 60_000,
    forceCloseConnections: 'idle',
    frameworkErrors: (error, request, reply) => void refuse(error, request, reply as FastifyReply),
    clientErrorHandler: (error, socket) => answerBrokenRequest(error, socket as Socket),
  })
  app.server.on('drop', sayFull(ctx, listener))
  app.decorateRequest('caller', null)
  app.setErrorHandler((error, request, reply) => refuse(error, request, reply))
  app.setNotFoundHandler((request, reply) => refuse(new HefuError('not-found'), request, reply))
  app.addHook('onRequest', refuseEncodings)
  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'unknown'
    const status = reply.statusCode
    const ms = Math.round(reply.elapsedTime * 10) / 10
    if (listener === 'api')
      ctx.metrics.requestSeconds.observe({ route: `${request.method} ${route}`, status: String(status) }, reply.elapsedTime / 1000)
    ctx.log.info(
      { event: 'request.answered', listener, method: request.method, route, status, ms, traceId: request.id },
      'request.answered',
    )
  })
  return app
}

/** One line a minute, however many are turned away. */
function sayFull({ log }: Pick<Context, 'log'>, listener: ListenerName): () => void {
  let dropped = 0
  let saidAt = Number.NEGATIVE_INFINITY
  return () => {
    dropped++
    if (performance.now() - saidAt < 60_000) return
    log.warn({ event: 'listener.full', listener, dropped }, 'listener.full')
    dropped = 0
    saidAt = performance.now()
  }
}

function sendProblem(
  ctx: Pick<Context, 'log' | 'metrics'>,
  listener: ListenerName,
  thrown: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const error = asHefuError(thrown)
  const language = readLanguage(request.headers['accept-language'])
  const problem = problemOf(error, language, request.id)
  ctx.metrics.refusedRequests.inc({ code: error.code })
  if (problem.status >= 500)
    ctx.log.error(
      { event: 'request.failed', problem: error.code, traceId: request.id, ...errorFacts(error.cause ?? error) },
      'request.failed',
    )
  reply
    .code(problem.status)
    .header('vary', 'accept-language')
    .header('cache-control', 'no-store')
    .header('content-language', languageTag(language))
  if (error.code === 'unauthenticated') reply.header('www-authenticate', listener === 'api' ? 'Bearer realm="hefu"' : 'Hefu')
  const retryAfter = retryAfterSeconds[error.code]
  if (retryAfter !== undefined) reply.header('retry-after', String(retryAfter))
  // Serialised here: the route's response schemas know only successes.
  return reply.type(PROBLEM_TYPE).serializer(JSON.stringify).send(problem)
}

/** A sealed log waits for a person, so there is no time to name. */
const retryAfterSeconds: Partial<Record<ErrorCode, number>> = {
  'idempotency-key-busy': 1,
  unavailable: 1,
  'log-unavailable': 5,
}

function languageTag(language: Language): string {
  return language === 'both' ? 'zh, en' : language
}

/** The trace the caller already has (W3C Trace Context), or a new one. */
function traceIdOf(traceparent: string | string[] | undefined): string {
  const [, traceId] = /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}/.exec(String(traceparent)) ?? []
  return traceId !== undefined && !/^0+$/.test(traceId) ? traceId : randomBytes(16).toString('hex')
}

/** What Node could not even read as HTTP gets its answer on the bare socket. */
function answerBrokenRequest(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const body = JSON.stringify(problemOf(new HefuError('malformed-request', { cause: error }), 'both', randomBytes(16).toString('hex')))
  socket.end(
    `HTTP/1.1 400 Bad Request\r\nContent-Type: ${PROBLEM_TYPE}\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  )
}
