import { randomBytes } from 'node:crypto'
import type { Server as HttpsServer } from 'node:https'
import type { Socket } from 'node:net'
import helmet from '@fastify/helmet'
import { type Caller, type Context, type ErrorCode, HefuError, Rates } from '@hefu/exchange'
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { errorFacts } from '../logger.ts'
import { answerBrokenRequest, hostIsOurs, keepAnswersInOrder, requireOneHost } from './broken-requests.ts'
import { type Language, readLanguage } from './language.ts'
import { countStranger, refuseStranger } from './limit-rates.ts'
import {
  HANDSHAKE_WITHIN_MS,
  HEADERS_WITHIN_MS,
  MAX_BODY_BYTES,
  MAX_CONNECTIONS,
  MAX_HEADER_BYTES,
  REQUEST_WITHIN_MS,
  REST_WITHIN_MS,
  SILENT_WITHIN_MS,
  STRANGER_RATE,
} from './limits.ts'
import { LOOK_FOR_CERTIFICATES_MS } from './peer-tls.ts'
import { asHefuError, PROBLEM_TYPE, problemOf } from './problem.ts'
import { refuseEncodings } from './read-bodies.ts'
import { shedLoad } from './shed-load.ts'
import { keepTlsFresh, type Tls } from './tls.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Who calls; null until the token was checked, and on public routes. */
    caller: Caller | null
  }
  interface FastifyInstance {
    /** Counts what an address sent without a signature that anybody knows. Throws HefuError `too-many-requests`. */
    countStranger(address: string): void
  }
}

export type ListenerName = 'api' | 'exchange'

export interface AppOptions {
  /** Plain HTTP where absent. */
  readonly tls?: Tls | undefined
  /** What an address may be refused for want of a token or signature before it is told to wait. */
  readonly strangers?: Rates
}

/**
 * A listener's application: every answer that is not a success is problem+json, whatever went wrong and however early, and one
 * log line tells method, route pattern, status and time. Addresses, headers and bodies are never logged: they may hold
 * identifiers of persons.
 */
export async function openApp(
  ctx: Pick<Context, 'log' | 'metrics'>,
  listener: ListenerName,
  { tls, strangers = new Rates(STRANGER_RATE) }: AppOptions = {},
): Promise<FastifyInstance> {
  const refuse = (thrown: unknown, request: FastifyRequest, reply: FastifyReply) =>
    sendProblem(ctx, listener, refuseStranger(asHefuError(thrown), request.ip, strangers), request, reply)
  const app = Fastify({
    logger: false,
    bodyLimit: MAX_BODY_BYTES,
    genReqId: (request) => traceIdOf(request.headers.traceparent),
    requestTimeout: REQUEST_WITHIN_MS,
    keepAliveTimeout: REST_WITHIN_MS,
    connectionTimeout: SILENT_WITHIN_MS,
    [tls ? 'https' : 'http']: { ...tls?.options, ...(tls && { handshakeTimeout: HANDSHAKE_WITHIN_MS }), ...httpLimits, ...hostIsOurs },
    forceCloseConnections: 'idle',
    frameworkErrors: (error, request, reply) => void refuse(error, request, reply as FastifyReply),
    clientErrorHandler: (error, socket) => answerBrokenRequest(error, socket as Socket),
  })
  app.server.maxConnections = MAX_CONNECTIONS
  keepAnswersInOrder(app.server)
  app.server.on('drop', sayFull(ctx, listener))
  if (tls) followCertificate(ctx, listener, app, tls)
  // No answer can be written before there is TLS, and waiting to write one would hold the connection for ever.
  app.server.on('tlsClientError', (_error: Error, socket: Socket) => void socket.destroy())
  await app.register(helmet, {
    contentSecurityPolicy: { directives: POLICY, useDefaults: false },
    strictTransportSecurity: tls !== undefined,
  })
  app.decorateRequest('caller', null)
  app.decorate('countStranger', (address: string) => countStranger(address, strangers))
  app.setErrorHandler((error, request, reply) => refuse(error, request, reply))
  app.setNotFoundHandler((request, reply) => refuse(new HefuError('not-found'), request, reply))
  await shedLoad(app)
  app.addHook('onRequest', requireOneHost)
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
  error: HefuError,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
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
  if (error.code === 'unauthenticated') reply.header('www-authenticate', listener === 'api' ? bearerChallenge(error) : 'Hefu')
  const retryAfter = error.retryAfterSeconds ?? retryAfterSeconds[error.code]
  if (retryAfter !== undefined) reply.header('retry-after', String(retryAfter))
  // Serialised here: the route's response schemas know only successes.
  return reply.type(PROBLEM_TYPE).serializer(JSON.stringify).send(problem)
}

/** A token that was sent and is none says so (RFC 6750, 3.1). */
function bearerChallenge({ detail }: HefuError): string {
  return detail === undefined ? 'Bearer realm="hefu"' : 'Bearer realm="hefu", error="invalid_token"'
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

function followCertificate(ctx: Pick<Context, 'log' | 'metrics'>, listener: ListenerName, app: FastifyInstance, tls: Tls): void {
  const show = (validUntilMs: number) => ctx.metrics.tlsValidUntil.set({ listener }, validUntilMs / 1_000)
  show(tls.validUntilMs)
  const end = keepTlsFresh(app.server as HttpsServer, tls, {
    everyMs: LOOK_FOR_CERTIFICATES_MS,
    onChange: (loaded) => {
      if (loaded.ok) show(loaded.tls.validUntilMs)
      const event = loaded.ok ? 'tls.renewed' : 'tls.unusable'
      ctx.log[loaded.ok ? 'info' : 'error']({ event, listener }, event)
    },
  })
  app.addHook('onClose', async () => end())
}

const httpLimits = {
  maxHeaderSize: MAX_HEADER_BYTES,
  headersTimeout: HEADERS_WITHIN_MS,
  connectionsCheckingInterval: 2_000,
}

/** Nothing here is a page, but for the documentation, which has a policy of its own. */
const POLICY = { 'default-src': ["'none'"], 'frame-ancestors': ["'none'"] }
