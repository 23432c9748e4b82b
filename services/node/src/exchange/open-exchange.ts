import type { Context } from '@hefu/exchange'
import type { FastifyInstance } from 'fastify'
import { openApp } from '../http/open-app.ts'
import { readJsonBodies } from '../http/read-bodies.ts'
import { registerRoutes } from '../http/register-routes.ts'
import { exchangeRoutes } from './exchange-routes.ts'

/** The listener for peers: shares no route with the local one. */
export async function openExchange(ctx: Context): Promise<FastifyInstance> {
  const app = openApp(ctx, 'exchange')
  readJsonBodies(app)
  await registerRoutes(app, ctx, exchangeRoutes())
  await app.ready()
  return app
}
