import { Server as HttpsServer } from 'node:https'
import type { FastifyInstance } from 'fastify'
import type { Address } from '../settings/settings.ts'

export interface Listener {
  readonly url: string
  /** Takes no new request and answers those that run; who has not finished within `withinMs` is cut off. */
  close(withinMs?: number): Promise<void>
}

const IDLE_CHECK_MS = 50

/** Listens on the address (port 0: any free one). Rejects, with the application closed, when it cannot. */
export async function listen(app: FastifyInstance, { host, port }: Address): Promise<Listener> {
  try {
    await app.listen({ host, port })
  } catch (error) {
    await app.close()
    throw error
  }
  const address = app.server.address()
  if (address === null || typeof address === 'string') throw new Error('the listener has no address')
  const name = address.family === 'IPv6' ? `[${address.address}]` : address.address
  const scheme = app.server instanceof HttpsServer ? 'https' : 'http'
  return { url: `${scheme}://${name}:${address.port}`, close: async (withinMs = 5_000) => await close(app, withinMs) }
}

/** A connection that was busy when the close began would otherwise stay open, idle, until its keep-alive ends. */
async function close(app: FastifyInstance, withinMs: number): Promise<void> {
  const idle = setInterval(() => app.server.closeIdleConnections(), IDLE_CHECK_MS)
  const late = setTimeout(() => app.server.closeAllConnections(), withinMs)
  try {
    await app.close()
  } finally {
    clearInterval(idle)
    clearTimeout(late)
  }
}
