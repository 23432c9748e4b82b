import { once } from 'node:events'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { createMetrics, HefuError, Rates, showCheckpoint } from '@hefu/exchange'
import { violationNotice } from '@hefu/procedures'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { logRoutes } from '../src/exchange/log-routes.ts'
import { listen } from '../src/http/listen.ts'
import { openApp } from '../src/http/open-app.ts'
import { registerRoutes } from '../src/http/register-routes.ts'
import { shedLoad } from '../src/http/shed-load.ts'
import { call, startPair, type TestPair, until } from './node-pair.ts'

const CLIENT_RATE = { requests: 40, seconds: 6 }
const PEER_RATE = { requests: 3, seconds: 2 }

let pair: TestPair
beforeAll(async () => {
  pair = await startPair({}, { clientRate: CLIENT_RATE, peerRate: PEER_RATE })
})
afterAll(async () => await pair[Symbol.asyncDispose]())

const notice = violationNotice.documents.notice?.examples[0]?.body as Record<string, unknown>

describe('one client that asks too often', () => {
  it('is told what is left, then refused for a while, and takes nothing from another', async () => {
    const first = await call(pair.chengdu, '/v1/cases')
    expect(first.headers.get('ratelimit-policy')).toBe('"client";q=40;w=6')
    expect(first.headers.get('ratelimit')).toMatch(/^"client";r=\d+;t=[1-6]$/)
    const answers = await Promise.all(Array.from({ length: 60 }, async () => await call(pair.chengdu, '/v1/cases')))
    const refused = answers.filter(({ status }) => status === 429)
    expect(refused.length).toBeGreaterThanOrEqual(20)
    expect(refused[0]?.body).toMatchObject({ code: 'too-many-requests', detail: expect.stringMatching(/[一-鿿].* \/ \w/) })
    expect(Number(refused[0]?.headers.get('retry-after'))).toBeGreaterThanOrEqual(1)
    expect(refused[0]?.headers.get('ratelimit')).toMatch(/^"client";r=0;t=[1-6]$/)
    expect((await call(pair.chengdu, '/v1/deliveries', { as: 'operator' })).status).toBe(200)
    expect((await call(pair.chengdu, '/livez', { as: null })).status).toBe(200)
    await until(
      async () => await call(pair.chengdu, '/v1/cases'),
      ({ status }) => status === 200,
    )
  })
})

it.each([
  ['a route of another role', 'auditor', '/v1/deliveries', {}],
  ['an actor that is an identity number', 'security', '/v1/clients', { 'hefu-actor': '510104199001011237' }],
  ['an address that does not exist', 'operator', '/v1/nothing', {}],
] as const)('a client that is refused each time is counted all the same: %s', async (_, as, path, headers) => {
  const answers = await Promise.all(Array.from({ length: 100 }, async () => await call(pair.chengdu, path, { as, headers })))
  // Two windows at most.
  expect(answers.filter(({ status }) => status === 429).length).toBeGreaterThanOrEqual(20)
})

describe('a peer that delivers too often', () => {
  it('is told to wait, and nothing is lost by it', async () => {
    const cases: string[] = []
    for (let n = 0; n < 12; n++) {
      const opened = await call(pair.chengdu, '/v1/violation-notices', { body: notice })
      expect(opened.status).toBe(201)
      cases.push(opened.body.caseNumber)
      await new Promise((resolve) => setTimeout(resolve, 60))
    }
    const { db } = pair.chongqing.node.ctx
    await until(
      async () => await db.selectFrom('cases').select('case_number').where('case_number', 'in', cases).execute(),
      (found) => found.length === cases.length,
    )
    const attempts = await pair.chengdu.node.ctx.db.selectFrom('delivery_attempts').select('http_status').execute()
    expect(attempts.some(({ http_status: status }) => status === 429)).toBe(true)
  })
})

const ctx = () => ({ log: pino({ level: 'silent' }), metrics: createMetrics() })

describe('strangers', () => {
  it('who ask for cosignatures of what no log has signed are refused otherwise; what a log has signed is answered', async () => {
    const app = await openApp(ctx(), 'exchange', { strangers: new Rates({ requests: 5, seconds: 60 }) })
    await registerRoutes(app, pair.chengdu.node.ctx, logRoutes())
    const listener = await listen(app, { host: '127.0.0.1', port: 0 })
    const ask = async (body: string) => {
      const headers = { 'content-type': 'text/plain' }
      return (await fetch(`${listener.url}/exchange/v1/witness/add-checkpoint`, { method: 'POST', body, headers })).status
    }
    const signed = await until(
      async () => await showCheckpoint(pair.chongqing.node.ctx).catch(() => ''),
      (note) => note !== '',
    )
    const [origin = '', ...lines] = signed.split('\n')
    const unknown = ['elsewhere.example/log', ...lines].join('\n')
    const forged = signed.replace(/^\d+$/m, '1')
    const asked = ['x', `old 0\n\n${unknown}`, `old 0\n\n${forged}`, 'y', 'z', 'x', `old 0\n\n${forged}`]
    const statuses: number[] = []
    for (const body of asked) statuses.push(await ask(body))
    expect(statuses).toEqual([400, 404, 403, 400, 400, 429, 429])
    // The recorded size is another by now: an answer to the log, which is counted against nobody.
    expect([origin, await ask(`old 0\n\n${signed}`)]).toEqual([expect.stringContaining('500000'), 409])
    await listener.close()
  })

  it('are refused otherwise after many refusals, and who can prove who it is is not', async () => {
    const app = await openApp(ctx(), 'api', { strangers: new Rates({ requests: 5, seconds: 60 }) })
    app.get('/', async ({ headers }) => {
      if (headers.authorization !== 'Bearer right') throw new HefuError('unauthenticated')
      return 'hello'
    })
    const listener = await listen(app, { host: '127.0.0.1', port: 0 })
    const statuses: number[] = []
    for (let n = 0; n < 7; n++) statuses.push((await fetch(listener.url)).status)
    expect(statuses).toEqual([401, 401, 401, 401, 401, 429, 429])
    const refused = await fetch(listener.url, { headers: { authorization: 'Bearer wrong' } })
    expect([refused.status, Number(refused.headers.get('retry-after'))]).toEqual([429, expect.closeTo(60, -1)])
    expect((await fetch(listener.url, { headers: { authorization: 'Bearer right' } })).status).toBe(200)
    await listener.close()
  })
})

describe('every answer', () => {
  it.each(['/v1/cases', '/livez', '/nothing'])('of %s says that it is nothing for a browser', async (path) => {
    const { headers } = await call(pair.chengdu, path)
    expect(headers.get('content-security-policy')).toBe("default-src 'none';frame-ancestors 'none'")
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('x-powered-by')).toBeNull()
  })

  it('of the documentation lets its own scripts run, and no others', async () => {
    const response = await fetch(`${pair.chengdu.node.api}/docs`)
    expect(response.status).toBe(200)
    expect(response.headers.get('content-security-policy')).toContain("script-src 'self'")
  })
})

async function raw(bytes: string): Promise<string> {
  const { hostname, port } = new URL(pair.chengdu.node.api ?? '')
  const socket = connect(Number(port), hostname)
  await once(socket, 'connect')
  socket.write(bytes)
  return await text(socket)
}

describe('connections', () => {
  it('with headers over 16 KiB are answered 431', async () => {
    const answer = await raw(`GET /livez HTTP/1.1\r\nHost: x\r\nX-Long: ${'a'.repeat(17_000)}\r\n\r\n`)
    expect(answer).toMatch(/^HTTP\/1\.1 431 /)
    expect(answer).toContain('"code":"headers-too-large"')
  })

  it('whose headers never end are answered 408', async () => {
    const answer = await raw('GET /livez HTTP/1.1\r\nHost: x\r\nX-Slow: ')
    expect(answer).toMatch(/^HTTP\/1\.1 408 /)
    expect(answer).toContain('"code":"too-slow"')
  })
})

describe('load', () => {
  it('beyond what is under way is turned away at once, and a probe is not', async () => {
    const app = await openApp(ctx(), 'api')
    const room = Promise.withResolvers<void>()
    await app.register(async (scope) => {
      await shedLoad(scope, 2)
      scope.get('/slow', async () => await room.promise.then(() => 'done'))
      scope.get('/livez', () => 'alive')
    })
    const listener = await listen(app, { host: '127.0.0.1', port: 0 })
    const slow = [1, 2].map(async () => await fetch(`${listener.url}/slow`))
    const answers = until(
      async () => await fetch(`${listener.url}/slow`),
      ({ status }) => status === 503,
    )
    const turnedAway = await answers
    expect(await turnedAway.json()).toMatchObject({ code: 'overloaded' })
    expect(turnedAway.headers.get('retry-after')).toBe('2')
    expect((await fetch(`${listener.url}/livez`)).status).toBe(200)
    room.resolve()
    for (const one of slow) expect((await one).status).toBe(200)
    await until(
      async () => await fetch(`${listener.url}/slow`),
      ({ status }) => status === 200,
    )
    await listener.close()
  })
})
