import { randomUUID } from 'node:crypto'
import { MESSAGE_CONTENT_TYPE, MESSAGES_CONTENT_TYPE } from '@hefu/protocol'
import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { usualPurpose } from '../../../packages/testkit/src/usual-purpose.ts'
import { openApi } from '../src/api/open-api.ts'
import { apiRoutes } from '../src/api/routes.ts'
import { exchangeRoutes } from '../src/exchange/exchange-routes.ts'
import { openExchange } from '../src/exchange/open-exchange.ts'
import type { Route } from '../src/http/route.ts'
import { type MadeBody, makeBodies, makeBytes } from './make-bodies.ts'
import { call, startPair, type TestPair } from './node-pair.ts'

/** Every route with a body, of both listeners, gets bodies that nobody would write by hand: at least 10,000 of them. */
const ALL = 10_000
const SEED = 20_261_123
const rates = { clientRate: { requests: 1_000_000, seconds: 1 }, peerRate: { requests: 1_000_000, seconds: 1 } }

let pair: TestPair
let api: FastifyInstance
let exchange: FastifyInstance
const cases = new Map<string, { caseNumber: string; etag: string }>()
let sent = 0
const answered = new Map<number, number>()

beforeAll(async () => {
  pair = await startPair({}, rates)
  const { ctx } = pair.chengdu.node
  api = await openApi(ctx, { clientRate: rates.clientRate })
  exchange = await openExchange(ctx)
  for (const procedure of ctx.procedures) {
    const start = Object.values(procedure.documents).find((one) => one.starts)
    const path = `/v1/${procedure.path}`
    const opened = await call(pair.chengdu, path, { body: start?.examples[0]?.body })
    const read = await call(pair.chengdu, `${path}/${opened.body.caseNumber}`)
    cases.set(path, { caseNumber: opened.body.caseNumber, etag: read.headers.get('etag') ?? '' })
  }
})
afterAll(async () => {
  await api?.close()
  await exchange?.close()
  await pair?.[Symbol.asyncDispose]()
})

const isJson = (route: Route) => route.body !== undefined
const isRaw = (route: Route) => route.rawTypes !== undefined
const localRoutes = () => apiRoutes(pair.chengdu.node.ctx.procedures, pair.chengdu.node.ctx.registers)

function addressOf({ path }: Route): { url: string; etag: string } {
  const known = [...cases].find(([start]) => path.startsWith(`${start}/`))?.[1]
  const url = path
    .replace('{caseNumber}', known?.caseNumber ?? '510100-VN-20261122-7K3F9QX6')
    .replace('{id}', '019aa000-0000-7000-8000-000000000000')
    .replace('{client}', 'nobody')
    .replace('{kid}', 'A'.repeat(43))
    .replace('{digest}', 'A'.repeat(43))
    .replace(/\{\w+\}/g, 'F-1')
  return { url, etag: known?.etag ?? '"1"' }
}

/** Rows of each table that such a request writes. */
async function stored(): Promise<number> {
  const { db } = pair.chengdu.node.ctx
  const counts = await Promise.all(
    (['cases', 'documents', 'idempotency', 'imports', 'reconciliations'] as const).map(async (table) =>
      db
        .selectFrom(table)
        .select(({ fn }) => fn.countAll<string>().as('n'))
        .executeTakeFirstOrThrow(),
    ),
  )
  return counts.reduce((sum, { n }) => sum + Number(n), 0)
}

async function send(app: FastifyInstance, route: Route, { how, text }: MadeBody, contentType: string): Promise<number> {
  sent++
  const { url, etag } = addressOf(route)
  const role = Array.isArray(route.rule) ? (route.rule[0] as keyof TestPair['chengdu']['tokens']) : undefined
  const answer = await app.inject({
    method: route.method,
    url,
    headers: {
      'content-type': contentType,
      ...(role && { authorization: `Bearer ${pair.chengdu.tokens[role]}` }),
      ...(route.idempotent && { 'idempotency-key': randomUUID() }),
      ...(route.ifMatch && { 'if-match': etag }),
      ...usualPurpose(url),
    },
    payload: text,
  })
  answered.set(answer.statusCode, (answered.get(answer.statusCode) ?? 0) + 1)
  const what = `${route.operationId} ${how} ${text.toString().slice(0, 300)}`
  expect(answer.statusCode, `${what}: ${answer.body.slice(0, 300)}`).toBeLessThan(500)
  if (answer.statusCode < 400) return answer.statusCode
  // Its own standard says what a token endpoint and a witness answer; everywhere else it is a problem in both languages.
  if (!['/oauth/token', '/exchange/v1/witness/add-checkpoint'].includes(route.path)) {
    expect(answer.headers['content-type'], what).toMatch(/^application\/problem\+json/)
    expect(JSON.parse(answer.body), what).toMatchObject({ status: answer.statusCode, code: expect.any(String), detail: expect.any(String) })
    expect(answer.body, what).toMatch(/[一-鿿]/)
  }
  expect(answer.body, what).not.toMatch(/\.[jt]s:\d+|node_modules|\bat Object\.|Error: |select .* from /)
  return answer.statusCode
}

it('JSON of every route of the local API', async () => {
  const routes = localRoutes().filter(isJson)
  expect(routes.length).toBeGreaterThan(25)
  const count = Math.ceil((ALL * 0.88) / routes.length)
  for (const [at, route] of routes.entries()) {
    const before = await stored()
    const statuses: number[] = []
    for (const body of makeBodies(route, { count, seed: SEED + at })) statuses.push(await send(api, route, body, 'application/json'))
    // What was refused left nothing behind.
    if (statuses.every((status) => status >= 400)) expect([route.operationId, await stored()]).toEqual([route.operationId, before])
  }
}, 240_000)

it('bytes of every route that parses them itself', async () => {
  const local = localRoutes().filter(isRaw)
  const peers = exchangeRoutes().filter(isRaw)
  expect([local.length, peers.length]).toEqual([2, 4])
  const examples = [
    'grant_type=client_credentials&client_assertion_type=x&client_assertion=a.b.c',
    '{"employer":{"name":"甲"}}\n{"employer":1}\n',
    '{"range":{"from":"2026-11-01","to":"2026-11-30"}}',
    '{"request":"eyJhbGciOiJFZDI1NTE5In0.eyJpc3MiOiI1MDAwMDAifQ.AAAA"}',
    'old 5\nAAAA\n\nhefu.sandbox/510100\n5\nAAAA\n\n— hefu.sandbox/510100 AAAA\n',
    'eyJhbGciOiJFZDI1NTE5In0.eyJpc3MiOiI1MDAwMDAifQ.AAAA',
  ]
  for (const [app, routes] of [
    [api, local],
    [exchange, peers],
  ] as const)
    for (const [at, route] of routes.entries()) {
      const [type = ''] = route.rawTypes ?? []
      const before = await stored()
      for (const body of makeBytes(examples, { count: ALL * 0.02, seed: SEED - at })) {
        await send(app, route, body, type === '*/*' ? 'text/plain' : type)
        if (type === MESSAGE_CONTENT_TYPE) await send(app, route, body, MESSAGES_CONTENT_TYPE)
      }
      if (!Array.isArray(route.rule)) expect([route.operationId, await stored()]).toEqual([route.operationId, before])
    }
  expect(sent).toBeGreaterThanOrEqual(ALL)
  // Not all were turned away at the door: some were taken, and some got as far as the schema.
  expect(answered.get(422)).toBeGreaterThan(ALL / 4)
  expect([200, 201, 202].reduce((sum, status) => sum + (answered.get(status) ?? 0), 0)).toBeGreaterThan(50)
}, 120_000)
