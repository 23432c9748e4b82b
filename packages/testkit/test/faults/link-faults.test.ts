import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { heldMessage } from '../../src/held-message.ts'
import { type Json, listOf, TestNetwork } from '../../src/index.ts'
import { waitUntil } from '../../src/processes/wait-until.ts'
import { chengdu, chongqing, correction, notice } from './bodies.ts'
import { query } from './observe.ts'

let net: TestNetwork
beforeAll(async () => {
  net = await TestNetwork.create([chengdu, chongqing])
})
afterAll(async () => await net?.[Symbol.asyncDispose]())
afterEach(async () => {
  out().heal()
  net.link(chongqing, chengdu).heal()
  await net.settle()
})

const out = () => net.link(chengdu, chongqing)
const officer = () => net.node(chengdu).as('officer')
const operator = () => net.node(chengdu).as('operator')

async function open(): Promise<{ caseNumber: string; id: string }> {
  const answer = await officer().post('/v1/violation-notices', notice)
  expect(answer.status).toBe(201)
  return { caseNumber: String(answer.body.caseNumber), id: String(answer.body.document?.id) }
}
const openMany = async (n: number) => await Promise.all(Array.from({ length: n }, open))

const delivery = async (id: string): Promise<Json> => (await operator().get(`/v1/deliveries/${id}`)).body
const untilDelivered = async (id: string, withinMs = 10_000) =>
  await waitUntil(async () => String((await delivery(id)).state) === 'delivered', withinMs)

/** The other side holds each document once, whatever the link did. */
async function expectHeldOnce(ids: readonly string[]): Promise<void> {
  await net.settle()
  expect(await net.differences()).toEqual([])
  const rows = await query<{ jti: string }>(net.node(chongqing).databaseUrl, 'select jti from inbox where jti = any($1::uuid[])', [ids])
  expect(rows.map(({ jti }) => jti).toSorted()).toEqual([...ids].toSorted())
}

describe('a link that', () => {
  it('drops requests', async () => {
    const drop = out().inject({ kind: 'drop-request' }, { times: 2 })
    const { id } = await open()
    await untilDelivered(id)
    expect(drop.hits()).toBe(2)
    const { attempts, history } = await delivery(id)
    expect([attempts, listOf(history).map(({ cause }) => cause)]).toEqual([3, ['reset', 'reset']])
    await expectHeldOnce([id])
  })

  it('drops answers: the second one is the first, byte for byte', async () => {
    const given: string[] = []
    out().inject({
      kind: 'replace-answer',
      replace: ({ body }) => {
        given.push(body.toString())
        return { body }
      },
    })
    out().inject({ kind: 'drop-answer' }, { times: 2 })
    const { id } = await open()
    await untilDelivered(id)
    await expectHeldOnce([id])
    // A fault that drops ends the handling of its request, so the answers that were dropped were seen before.
    expect(given).toHaveLength(3)
    expect(new Set(given).size).toBe(1)
  })

  it('duplicates every request', async () => {
    const twice = out().inject({ kind: 'duplicate' })
    const opened = await openMany(20)
    await expectHeldOnce(opened.map(({ id }) => id))
    expect(twice.hits()).toBeGreaterThan(0)
  })

  it('delays', async () => {
    const late = out().inject({ kind: 'delay', ms: 400 })
    const opened = await openMany(5)
    await expectHeldOnce(opened.map(({ id }) => id))
    expect(late.hits()).toBeGreaterThan(0)
  })

  it.each(['request', 'answer'] as const)('corrupts the %s', async (part) => {
    const flipped = out().inject({ kind: 'corrupt', part }, { times: 1 })
    const { id } = await open()
    await untilDelivered(id)
    expect(flipped.hits()).toBe(1)
    expect(await delivery(id)).toMatchObject({ attempts: 2 })
    await expectHeldOnce([id])
  })

  it('drops, duplicates and delays in turn, in both directions', async () => {
    let n = 0
    const every = (of: number, at: number) => () => n++ % of === at
    for (const link of [out(), net.link(chongqing, chengdu)]) {
      link.inject({ kind: 'drop-request' }, { times: 1, when: every(3, 0) })
      link.inject({ kind: 'drop-answer' }, { times: 1, when: every(3, 1) })
      link.inject({ kind: 'duplicate' }, { when: every(4, 2) })
      link.inject({ kind: 'delay', ms: 60 }, { when: every(5, 3) })
    }
    const opened = await openMany(10)
    const back = await net
      .node(chongqing)
      .as('officer')
      .post('/v1/violation-notices', { ...notice, from: '500000-0001', to: '510100-0001' })
    expect(back.status).toBe(201)
    await expectHeldOnce(opened.map(({ id }) => id))
  })
})

describe('order', () => {
  it('a document never overtakes its own side’s earlier one; other cases do', async () => {
    const first = await open()
    await net.settle()
    const read = await officer().get(`/v1/violation-notices/${first.caseNumber}`)
    const held = out().inject({ kind: 'hold' }, { times: 1 })
    const path = `/v1/violation-notices/${first.caseNumber}`
    const second = await officer().post(`${path}/correction`, correction, { ifMatch: read.headers.get('etag') ?? '' })
    expect(second.status).toBe(201)
    await held.hit()
    const requestsBefore = out().counts().requests
    const third = await officer().post(
      `${path}/retraction`,
      { purpose: 'labour-inspection', basis: 'x', data: { reason: 'sent-in-error', explanation: '误发' } },
      { ifMatch: second.headers.get('etag') ?? '' },
    )
    expect(third.status).toBe(201)
    const other = await open()
    await untilDelivered(other.id)
    // While the correction is still on its way, another case has passed it and its own successor has not.
    expect(String((await delivery(String(second.body.document?.id))).state)).toBe('pending')
    expect(String((await delivery(String(third.body.document?.id))).state)).toBe('pending')
    const passed = out()
      .exchanges()
      .slice(-(out().counts().requests - requestsBefore))
    const successor = await messageOf(String(third.body.document?.id))
    expect(passed.some(({ request }) => request.body.includes(successor))).toBe(false)
    held.remove()
    await expectHeldOnce([second, third].map(({ body }) => String(body.document?.id)))
    expect((await officer().get(path)).body).toMatchObject({ state: 'retracted' })
  })
})

it('several requests to one peer are under way at a time: a slow one holds up nothing behind it', async () => {
  const held = out().inject({ kind: 'hold' })
  const ids: string[] = []
  for (let n = 1; n <= 3; n++) {
    ids.push((await open()).id)
    await held.hit(n)
  }
  expect(await Promise.all(ids.map(async (id) => String((await delivery(id)).state)))).toEqual(ids.map(() => 'pending'))
  held.remove()
  await expectHeldOnce(ids)
  for (const id of ids) expect(await delivery(id)).toMatchObject({ state: 'delivered', attempts: 1 })
})

async function messageOf(id: string): Promise<string> {
  return await heldMessage(net.node(chengdu).node.ctx, id)
}

describe('something between the nodes answers', () => {
  it.each([
    [403, 'http-403'],
    [502, 'http-502'],
    [200, 'receipt-unreadable'],
  ])('HTTP %i in HTML: shown with cause and remedy, then delivered', async (status, cause) => {
    const proxy = out().inject({ kind: 'status', status })
    const { id } = await open()
    await waitUntil(async () => Number((await delivery(id)).attempts) >= 2, 10_000)
    const shown = await delivery(id)
    const failure = {
      cause,
      zh: expect.stringMatching(/\S/),
      en: expect.stringMatching(/\S/),
      remedy: { zh: expect.stringMatching(/\S/), en: expect.stringMatching(/\S/) },
    }
    expect(shown).toMatchObject({ state: 'pending', lastFailure: failure, receipt: null })
    expect(listOf(shown.history)[0]).toMatchObject({ ...failure, attempt: 1, httpStatus: status, batch: 1 })
    proxy.remove()
    await untilDelivered(id)
    await expectHeldOnce([id])
  })

  it.each([
    [429, '3'],
    [503, '3'],
    [503, () => new Date(Date.now() + 4_000).toUTCString()],
  ])('HTTP %i with Retry-After: the node waits as long as it is asked to', async (status, asked) => {
    const header = typeof asked === 'string' ? asked : asked()
    out().inject({ kind: 'status', status, headers: { 'retry-after': header } }, { times: 1 })
    const before = Date.now()
    const { id } = await open()
    await waitUntil(async () => Number((await delivery(id)).attempts) === 1, 5_000)
    const { nextAttemptAt, lastFailure } = await delivery(id)
    const until = typeof asked === 'string' ? before + Number(asked) * 1_000 : Date.parse(header)
    expect(Date.parse(String(nextAttemptAt))).toBeGreaterThanOrEqual(until)
    expect(lastFailure).toMatchObject({
      cause: `http-${status}`,
      remedy: { zh: expect.stringMatching(/重发/), en: expect.stringMatching(/by itself/) },
    })
    await untilDelivered(id)
  })
})

describe('a cut link', () => {
  it('spends no attempts while it lasts, and the rest follows within seconds of its return', async () => {
    const cut = out().inject({ kind: 'cut', how: 'refuse' })
    const probe = await open()
    await waitUntil(async () => String((await operator().get(`/v1/peers/${chongqing}`)).body.circuit) === 'open', 10_000)
    const waiting = await openMany(20)
    await new Promise((resolve) => setTimeout(resolve, 3_000))
    const ids = waiting.map(({ id }) => id)
    const spent = await query<{ attempts: number }>(
      net.node(chengdu).databaseUrl,
      'select attempts from outbox where jti = any($1::uuid[])',
      [ids],
    )
    // Each probe is one request with one message, and no attempt of its own: all wait without one.
    expect(spent.map(({ attempts }) => attempts)).toEqual(ids.map(() => 0))
    expect(cut.hits()).toBeLessThan(12)
    cut.remove()
    await net.settle({ timeoutMs: 10_000 })
    await expectHeldOnce([probe.id, ...ids])
    expect((await operator().get(`/v1/peers/${chongqing}`)).body).toMatchObject({ circuit: 'closed' })
  })
})
