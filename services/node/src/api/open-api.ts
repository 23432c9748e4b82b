import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import { type Context, type Rate, Rates } from '@hefu/exchange'
import type { FastifyInstance } from 'fastify'
import { guardApi, identifyCallers } from '../http/authenticate.ts'
import { limitClients } from '../http/limit-rates.ts'
import { openApp } from '../http/open-app.ts'
import { readJsonBodies } from '../http/read-bodies.ts'
import { registerRoutes } from '../http/register-routes.ts'
import type { Tls } from '../http/tls.ts'
import { apiDocument } from './api-document.ts'
import { apiRoutes } from './routes.ts'

export interface ApiOptions {
  readonly clientRate: Rate
  readonly tls?: Tls | undefined
}

/** The local listener: bureaus, operators, auditors, probes and the documentation. */
export async function openApi(ctx: Context, { clientRate, tls }: ApiOptions): Promise<FastifyInstance> {
  const app = await openApp(ctx, 'api', { tls })
  identifyCallers(app, ctx)
  limitClients(app, new Rates(clientRate))
  guardApi(app, ctx)
  readJsonBodies(app)
  app.addHook('onSend', async (request, reply) => {
    if (request.caller === null) return
    // What a case says is nobody's to keep on the way.
    reply.header('cache-control', 'no-store').header('vary', 'accept-language')
  })
  await app.register(async (docs) => serveDocs(docs, ctx))
  await registerRoutes(app, ctx, apiRoutes(ctx.procedures, ctx.registers))
  await app.ready()
  return app
}

async function serveDocs(app: FastifyInstance, ctx: Context): Promise<void> {
  // Made when somebody asks for it: it takes longer than all else that a node does to start.
  let document: ReturnType<typeof apiDocument> | undefined
  const documentNow = () => {
    document ??= apiDocument(ctx.procedures, ctx.registers)
    return document
  }
  await app.register(swagger, { mode: 'static', specification: { document: {} as never } })
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: docsPolicy,
    indexPrefix: '',
    uiConfig: { validatorUrl: null },
    transformSpecification: documentNow,
    transformSpecificationClone: false,
  })
}

/**
 * Everything the page loads comes from this node; its style sheet brings its pictures as data. No `upgrade-insecure-requests`: the
 * local API may be plain HTTP inside the bureau's network, where a browser would then ask for the scripts by HTTPS and get none.
 */
const docsPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')
