import { type Context, fieldErrorsOf, HefuError } from '@hefu/exchange'
import type { FastifyInstance, FastifyReply, FastifyRequest, FastifySchema } from 'fastify'
import { serializerCompiler } from 'fastify-type-provider-zod'
import type { z } from 'zod'
import { fingerprintOf, readIdempotencyKey, readIfMatch } from './conditional-headers.ts'
import { readLanguage } from './language.ts'
import { logShown } from './log-shown.ts'
import { rawBodyOf, readRawBodies } from './read-bodies.ts'
import type { Route, RouteRequest } from './route.ts'
import { showPersonal } from './show-personal.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    rule?: Route['rule']
    scope?: string
  }
}

/** Registers every route with its rule; handlers see parsed input only, and answers pass their schema. */
export async function registerRoutes(app: FastifyInstance, ctx: Context, routes: readonly Route[]): Promise<void> {
  app.setValidatorCompiler(({ schema, httpPart }) => validator(schema as unknown as z.ZodType, httpPart))
  app.setSerializerCompiler(serializerCompiler)
  for (const route of routes) {
    // A scope of its own, so that a media type which one route takes is not taken by its neighbours.
    const scope = async (own: FastifyInstance) => registerRoute(own, ctx, route)
    // Without a name Fastify would look for one among all modules of the process, for every route.
    await app.register(Object.assign(scope, { [Symbol.for('fastify.display-name')]: route.operationId }))
  }
}

function registerRoute(app: FastifyInstance, ctx: Context, route: Route): void {
  if (route.rawTypes) {
    app.removeAllContentTypeParsers()
    readRawBodies(app, route.rawTypes)
  }
  app.route({
    method: route.method,
    url: addressOf(route),
    config: { rule: route.rule, ...(route.scope === undefined ? {} : { scope: route.scope }) },
    ...(route.bodyLimit === undefined ? {} : { bodyLimit: route.bodyLimit }),
    schema: schemaOf(route),
    // Before the body is judged: a call without its conditions is wrong whatever it says.
    preValidation: async (request) => {
      if (route.restOfPath) request.params = { [restName(route)]: (request.params as { '*': string })['*'] }
      if (route.idempotent) readIdempotencyKey(request)
      if (route.ifMatch) readIfMatch(request)
      if ((route.body || route.rawTypes) && request.body === undefined)
        throw new HefuError(route.body ? 'malformed-json' : 'malformed-request')
    },
    handler: async (request, reply) => {
      const asked = requestOf(request, route)
      const { answer: given, stated } = await showPersonal(ctx, route, asked, await route.handle(ctx, asked))
      if (given.fromStranger) request.server.countStranger(request.ip)
      await logShown(ctx, route, asked, given, stated)
      return answer(reply, route, given)
    },
  })
}

/** As Fastify writes it. */
function addressOf({ path, restOfPath }: Route): string {
  return (restOfPath ? path.replace(/\{\w+\}$/, '*') : path).replaceAll(/\{(\w+)\}/g, ':$1')
}

function restName({ path }: Route): string {
  return /\{(\w+)\}$/.exec(path)?.[1] ?? '*'
}

function schemaOf({ params, query, body, answer }: Route): FastifySchema {
  const response = Object.fromEntries(answer.statuses.map((status) => [status, answer.schema]))
  return {
    ...(params && { params }),
    ...(query && { querystring: query }),
    ...(body && { body }),
    ...(answer.schema && { response }),
  }
}

function validator(schema: z.ZodType, httpPart: string | undefined) {
  return (data: unknown) => {
    const parsed = schema.safeParse(data)
    return parsed.success ? { value: parsed.data } : { error: refusal(parsed.error, data, httpPart) }
  }
}

function refusal(error: z.ZodError, data: unknown, httpPart: string | undefined): HefuError {
  // No such number can exist, so there is nothing at that address.
  if (httpPart === 'params') return new HefuError('not-found')
  const errors = fieldErrorsOf(error, data)
  return new HefuError(httpPart === 'body' ? 'invalid-document' : 'malformed-request', { errors })
}

function requestOf(request: FastifyRequest, route: Route): RouteRequest<unknown, unknown, unknown> {
  const rawBody = rawBodyOf(request)
  return {
    get caller() {
      if (request.caller === null) throw new Error('only a route with roles has a caller')
      return request.caller
    },
    params: request.params,
    query: request.query,
    body: request.body,
    rawBody,
    contentType: request.headers['content-type'],
    authorization: request.headers.authorization,
    sentPurpose: { purpose: headerOf(request, 'hefu-purpose'), affair: headerOf(request, 'hefu-affair') },
    address: request.ip,
    url: request.url,
    language: readLanguage(request.headers['accept-language']),
    idempotencyKey: route.idempotent ? readIdempotencyKey(request) : '',
    fingerprint: route.idempotent ? fingerprintOf(request, rawBody) : '',
    ifMatch: route.ifMatch ? readIfMatch(request) : '',
    preconditions: { ifMatch: request.headers['if-match'], ifNoneMatch: request.headers['if-none-match'] },
  }
}

function headerOf({ headers }: FastifyRequest, name: string): string | undefined {
  return headers[name] === undefined || headers[name] === '' ? undefined : String(headers[name])
}

function answer(reply: FastifyReply, route: Route, given: Awaited<ReturnType<Route['handle']>>): FastifyReply {
  reply.code(given.status ?? route.answer.statuses[0])
  if (given.headers) reply.headers(given.headers)
  if (given.body === undefined) return reply.send()
  return reply.type(given.headers?.['content-type'] ?? route.answer.type ?? 'application/json; charset=utf-8').send(given.body)
}
