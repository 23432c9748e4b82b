import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { Client, Context } from '@hefu/exchange'
import type { FastifyInstance } from 'fastify'
import { guardApi } from '../http/authenticate.ts'
import { openApp } from '../http/open-app.ts'
import { readJsonBodies } from '../http/read-bodies.ts'
import { registerRoutes } from '../http/register-routes.ts'
import { apiDocument } from './api-document.ts'
import { apiRoutes } from './routes.ts'

/** The local listener: bureaus, operators, auditors, probes and the documentation. */
export async function openApi(ctx: Context, clients: readonly Client[]): Promise<FastifyInstance> {
  const app = openApp(ctx, 'api')
  guardApi(app, ctx, clients)
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
  const document = apiDocument(ctx.procedures, ctx.registers)
  await app.register(swagger, { mode: 'static', specification: { document: document as never } })
  // Its own strict policy: scripts and styles of the page come from this node alone.
  await app.register(swaggerUi, { routePrefix: '/docs', staticCSP: true, indexPrefix: '', uiConfig: { validatorUrl: null } })
}
