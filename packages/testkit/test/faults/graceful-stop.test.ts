import { randomUUID } from 'node:crypto'
import type { RegionId } from '@hefu/reference'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type ApiAnswer, type Federation, startFederation } from '../../src/index.ts'
import { nodeBundle } from '../../src/processes/node-bundle.ts'
import { waitUntil } from '../../src/processes/wait-until.ts'
import { chengdu, chongqing, notice } from './bodies.ts'
import { count, query } from './observe.ts'
import { as, differences, settle } from './real-federation.ts'

let federation: Federation
beforeAll(async () => {
  federation = await startFederation({
    regions: [chengdu, chongqing] as RegionId[],
    faultProxies: true,
    durable: false,
    program: await nodeBundle(),
  })
})
afterAll(async () => await federation?.stop())

const url = (region: string) => federation.node(region).databaseUrl

it.each([
  ['the sender', chengdu],
  ['the receiver', chongqing],
])('SIGTERM to %s under load ends it in good order, and nothing acknowledged is lost', async (_, stopped) => {
  const keys: string[] = []
  const answered = new Map<string, ApiAnswer>()
  let running = true
  const client = async () => {
    while (running) {
      const key = randomUUID()
      keys.push(key)
      const answer = await as(federation, chengdu, 'officer')
        .post('/v1/violation-notices', notice, { key })
        .catch(() => null)
      if (answer !== null) answered.set(key, answer)
      else await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
  const clients = [client(), client(), client()]
  await waitUntil(() => answered.size >= 20, 20_000)
  const exit = await federation.node(stopped).stop(20_000)
  expect(exit).toMatchObject({ code: 0, signal: null })
  await federation.node(stopped).start()
  const restarted = answered.size
  await waitUntil(() => answered.size >= restarted + 5, 20_000)
  running = false
  await Promise.all(clients)

  for (const [, { status }] of answered) expect([201, 503]).toContain(status)
  // A request that was cut off is repeated with its key: it happened once or not at all before.
  for (const key of keys.filter((key) => answered.get(key)?.status !== 201)) {
    const answer = await as(federation, chengdu, 'officer').post('/v1/violation-notices', notice, { key })
    expect(answer.status).toBe(201)
    answered.set(key, answer)
  }
  await settle(federation)
  expect(await differences(federation)).toEqual([])
  const numbers = [...answered.values()].map(({ body }) => String(body.caseNumber))
  expect(new Set(numbers).size).toBe(keys.length)
  for (const region of [chengdu, chongqing]) {
    const rows = await query<{ case_number: string }>(url(region), 'select case_number from documents where case_number = any($1)', [
      numbers,
    ])
    expect(rows.map(({ case_number }) => case_number).toSorted()).toEqual(numbers.toSorted())
  }
})

it('SIGTERM does not wait for a peer that never answers', async () => {
  const hanging = federation.link(chengdu, chongqing).inject({ kind: 'cut', how: 'hang' })
  const answer = await as(federation, chengdu, 'officer').post('/v1/violation-notices', notice)
  expect(answer.status).toBe(201)
  await hanging.hit()
  // Sooner than the request's own time limit, or it is killed.
  expect(await federation.node(chengdu).stop(8_000)).toMatchObject({ code: 0, signal: null })
  hanging.remove()
  expect(await count(url(chengdu), "select count(*) from outbox where state = 'pending' and attempts = 0 and lease is null")).toBe(1)
  await federation.node(chengdu).start()
  await settle(federation)
  expect(await differences(federation)).toEqual([])
})
