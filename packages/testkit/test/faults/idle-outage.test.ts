import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { heldMessage } from '../../src/held-message.ts'
import { type Json, TestNetwork } from '../../src/index.ts'
import { waitUntil } from '../../src/processes/wait-until.ts'
import { chengdu, chongqing, notice } from './bodies.ts'
import { query } from './observe.ts'

let net: TestNetwork
beforeAll(async () => {
  net = await TestNetwork.create([chengdu, chongqing])
})
afterAll(async () => await net?.[Symbol.asyncDispose]())
afterEach(async () => {
  net.link(chengdu, chongqing).heal()
  // Within seconds of the peer's return, whatever the messages went through.
  await net.settle({ timeoutMs: 10_000 })
  expect(await net.differences()).toEqual([])
})

const out = () => net.link(chengdu, chongqing)
const sender = () => net.node(chengdu).databaseUrl
const operator = () => net.node(chengdu).as('operator')
const peer = async (): Promise<Json> => (await operator().get(`/v1/peers/${chongqing}`)).body
const circuit = async () => String((await peer()).circuit)

async function open(): Promise<{ id: string; message: string }> {
  const answer = await net.node(chengdu).as('officer').post('/v1/violation-notices', notice)
  expect(answer.status).toBe(201)
  const id = String(answer.body.document?.id)
  return { id, message: await heldMessage(net.node(chengdu).node.ctx, id) }
}

interface Row {
  state: string
  attempts: number
  last_failure: string | null
  tries: number
}
async function rowOf(id: string): Promise<Row | undefined> {
  const [row] = await query<Row>(
    sender(),
    `select state, attempts, last_failure, (select count(*)::int from delivery_attempts a where a.jti = o.jti) as tries from outbox o where jti = $1`,
    [id],
  )
  return row
}

/** In each minute the peer is tried again. */
async function passMinutes(minutes: number, hits: () => number): Promise<void> {
  for (let minute = 0; minute < minutes; minute++) {
    const before = hits()
    await net.moveClock(60_000)
    await waitUntil(() => hits() > before, 10_000)
  }
}

describe('while the peer is away', () => {
  it('one message that waits is the probe, spends no attempts, and follows at once', async () => {
    const cut = out().inject({ kind: 'cut', how: 'refuse' })
    const { id } = await open()
    await waitUntil(async () => (await circuit()) === 'open', 10_000)
    await passMinutes(15, cut.hits)
    // What opened the circuit are its attempts; the probes are not.
    expect(await rowOf(id)).toEqual({ state: 'pending', attempts: 3, last_failure: 'reset', tries: 3 })
    cut.remove()
    await net.settle({ timeoutMs: 10_000 })
    expect(await rowOf(id)).toMatchObject({ state: 'delivered', attempts: 4 })
    expect(await peer()).toMatchObject({ circuit: 'closed', openUntil: null })
  })

  it('each probe is another message, and no attempt of it', async () => {
    const cut = out().inject({ kind: 'cut', how: 'refuse' })
    await open()
    await waitUntil(async () => (await circuit()) === 'open', 10_000)
    const later = [await open(), await open(), await open()]
    await passMinutes(5, cut.hits)
    const rows = await Promise.all(later.map(async ({ id }) => await rowOf(id)))
    expect(rows).toEqual(later.map(() => ({ state: 'pending', attempts: 0, last_failure: 'reset', tries: 0 })))
    const { exchanges } = out()
    const sizes = exchanges()
      .filter(({ request }) => request.path === '/exchange/v1/inbox')
      .slice(-15)
      .map(({ request }) => String(request.headers['content-type']))
    expect(new Set(sizes)).toEqual(new Set(['application/hefu-message+jwt']))
  })

  it('its Retry-After holds for the circuit as well', async () => {
    const busy = out().inject({ kind: 'status', status: 503, headers: { 'retry-after': '600' } })
    for (let n = 1; n <= 3; n++) {
      await open()
      await waitUntil(() => busy.hits() === n, 10_000)
    }
    await waitUntil(async () => (await circuit()) === 'open', 10_000)
    const { openUntil, lastFailureAt } = await peer()
    expect(Date.parse(String(openUntil)) - Date.parse(String(lastFailureAt))).toBeGreaterThanOrEqual(600_000)
    busy.remove()
    await net.moveClock(601_000)
  })
})

describe('a message that breaks every request it is in', () => {
  it('opens the circuit when it is alone, and holds up nothing that comes after it', async () => {
    const { id } = await breaking(500)
    await waitUntil(async () => (await circuit()) === 'open', 10_000)
    const later = await open()
    await waitUntil(async () => (await rowOf(later.id))?.state === 'delivered', 10_000)
    expect(await rowOf(id)).toMatchObject({ state: 'pending', last_failure: 'http-500' })
  })

  it('holds up nothing after an outage either', async () => {
    const { id } = await breaking(500)
    await waitUntil(async () => ((await rowOf(id))?.attempts ?? 0) >= 3, 10_000)
    const cut = out().inject({ kind: 'cut', how: 'refuse' })
    const later = [await open(), await open()]
    await passMinutes(3, cut.hits)
    cut.remove()
    const states = async () => await Promise.all(later.map(async (one) => (await rowOf(one.id))?.state))
    await waitUntil(async () => (await states()).every((state) => state === 'delivered'), 20_000)
    expect(await rowOf(id)).toMatchObject({ state: 'pending', last_failure: 'http-500' })
  })
})

/** A notice that something on the way answers with this status, however it travels. */
async function breaking(status: number): Promise<{ id: string; message: string }> {
  expect((await operator().post(`/v1/peers/${chongqing}/pause`)).status).toBe(200)
  const poison = await open()
  out().inject({ kind: 'status', status }, { when: ({ body }) => body.includes(poison.message) })
  expect((await operator().post(`/v1/peers/${chongqing}/resume`)).status).toBe(200)
  return poison
}
