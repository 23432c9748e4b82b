import { type Client, type Context, findCaller, HefuError, requireLog, requireRole } from '@hefu/exchange'
import type { FastifyInstance, FastifyRequest } from 'fastify'

/**
 * Nothing under /v1 answers without a token, not even that an address does not exist; and a route under /v1 without a rule
 * stops the start. Without a log there is nothing for officers: whatever they read or write is about persons.
 */
export function guardApi(app: FastifyInstance, ctx: Pick<Context, 'logState'>, clients: readonly Client[]): void {
  app.addHook('onRoute', ({ url, method, config }) => {
    if (underV1(url) && !Array.isArray(config?.rule)) throw new Error(`no rule says who may call ${String(method)} ${url}`)
  })
  app.addHook('onRequest', async (request) => {
    const rule = request.routeOptions.config.rule
    if (!Array.isArray(rule) && !underV1(request.url)) return
    request.caller = authenticate(request, clients)
    if (Array.isArray(rule)) requireRole(request.caller, rule)
    if (request.caller.role === 'officer') await requireLog(ctx)
  })
}

function underV1(url: string): boolean {
  return /^\/v1(?:[/?]|$)/.test(url)
}

function authenticate(request: FastifyRequest, clients: readonly Client[]) {
  const [, token] = /^Bearer +([A-Za-z0-9._~+/=-]{1,4096})$/i.exec(request.headers.authorization ?? '') ?? []
  const caller = token === undefined ? null : findCaller(clients, token)
  if (caller === null) throw new HefuError('unauthenticated')
  return caller
}
