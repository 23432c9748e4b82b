import type { Context } from '@hefu/exchange'
import type { FastifyInstance } from 'fastify'
import { openApp } from '../http/open-app.ts'
import { readJsonBodies } from '../http/read-bodies.ts'
import { registerRoutes } from '../http/register-routes.ts'
import type { Tls } from '../http/tls.ts'
import { exchangeRoutes } from './exchange-routes.ts'

/** The listener for peers: shares no route with the local one. */
export async function openExchange(ctx: Context, tls?: Tls): Promise<FastifyInstance> {
  const app = await openApp(ctx, 'exchange', { tls })
  readJsonBodies(app)
  await registerRoutes(app, ctx, exchangeRoutes())
  await app.ready()
  return app
}
