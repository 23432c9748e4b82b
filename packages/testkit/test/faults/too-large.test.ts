import { MAX_MESSAGE_BYTES } from '@hefu/protocol'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { longQuery } from '../../../procedures/test/long-query/procedure.ts'
import { heldMessage } from '../../src/held-message.ts'
import { type Json, listOf, TestNetwork } from '../../src/index.ts'
import { waitUntil } from '../../src/processes/wait-until.ts'
import { body, openTasks, rowCounts } from '../federation/play.ts'
import { chengdu, chongqing, notice } from './bodies.ts'
import { query } from './observe.ts'

let net: TestNetwork
beforeAll(async () => {
  net = await TestNetwork.create([chengdu, chongqing], { procedures: [longQuery] })
})
afterAll(async () => await net?.[Symbol.asyncDispose]())
afterEach(async () => {
  net.link(chengdu, chongqing).heal()
  await net.settle()
  expect(await net.differences()).toEqual([])
})

const officer = () => net.node(chengdu).as('officer')
const request = (length: number, replyLength = 1) => ({
  ...body(longQuery, { text: 'x'.repeat(length), replyLength }),
  from: `${chengdu}-0001`,
  to: `${chongqing}-0001`,
})
const ask = async (length: number, replyLength?: number) => await officer().post('/v1/address-queries', request(length, replyLength))

async function messageLength(region: string, caseNumber: string, document: string): Promise<number | undefined> {
  const [row] = await query<{ length: number }>(
    net.node(region).databaseUrl,
    // What is stored is sealed, and longer.
    'select o.bytes as length from documents d join outbox o on o.jti = d.jti where d.case_number = $1 and d.document = $2',
    [caseNumber, document],
  )
  return row?.length
}

/** How much longer than fits the refusal says this is. */
const excessOf = (detail: unknown) => Number(/has (\d+) bytes too many/.exec(String(detail))?.[1])

/** The longest text that fits, by what the refusal of a longer one says. */
async function longest(): Promise<number> {
  const { body: refusal } = await ask(200_000)
  return 200_000 - excessOf(refusal.detail)
}

describe('a document just too large for a message', () => {
  it('is refused by the API, which says by how much; nothing is stored, nothing sent', async () => {
    const before = await rowCounts(net)
    const sent = net.link(chengdu, chongqing).counts().requests
    const refused = await ask((await longest()) + 4)
    expect(refused).toMatchObject({
      status: 413,
      body: { code: 'too-large', detail: expect.stringMatching(/多出 \d 字节.*\d bytes too many/s) },
    })
    expect(await rowCounts(net)).toEqual(before)
    expect(net.link(chengdu, chongqing).counts().requests).toBe(sent)
  })

  it('and just not too large, is delivered', async () => {
    const taken = await ask(await longest())
    expect(taken.status).toBe(201)
    const length = (await messageLength(chengdu, String(taken.body.caseNumber), 'request')) ?? 0
    expect([length <= MAX_MESSAGE_BYTES, length > MAX_MESSAGE_BYTES - 8]).toEqual([true, true])
    await net.settle()
    expect((await officer().get(`/v1/cases/${taken.body.caseNumber}`)).body).toMatchObject({ state: 'answered' })
  })

  it('is an error of its row in an import; the row that fits is taken', async () => {
    const fits = await longest()
    const lines = [fits + 4, fits].map((length) => JSON.stringify(request(length))).join('\n')
    const created = await officer().post('/v1/imports?target=address-query', lines, { headers: { 'content-type': 'application/x-ndjson' } })
    expect(created.status).toBe(202)
    const path = created.headers.get('location') ?? ''
    await waitUntil(async () => String((await officer().get(path)).body.state) === 'done', 20_000)
    expect((await officer().get(path)).body).toMatchObject({ rows: { total: 2, done: 1, failed: 1 } })
    const { items } = (await officer().get(`${path}/errors`)).body
    expect(listOf(items)).toMatchObject([
      { line: 1, code: 'too-large', errors: [{ code: 'too-large', detail: expect.stringMatching(/bytes too many/) }] },
    ])
  })

  it('is not sent automatically: an officer gets the draft', async () => {
    // A reply's claims are longer than a request's by what they answer, so a hundred bytes fewer fit for certain and the same length does not.
    const fits = await longest()
    const short = await ask(1, fits - 200)
    const long = await ask(1, fits + 200)
    await net.settle()
    const numbers = [short, long].map((answer) => String(answer.body.caseNumber))
    const states = await Promise.all(numbers.map(async (number) => (await officer().get(`/v1/cases/${number}`)).body.state))
    expect(states).toEqual(['answered', 'asked'])
    expect(await messageLength(chongqing, numbers[0] ?? '', 'reply')).toBeLessThanOrEqual(MAX_MESSAGE_BYTES)
    expect(await messageLength(chongqing, numbers[1] ?? '', 'reply')).toBeUndefined()
    const keeper = net.node(chongqing).as('officer')
    const [task, ...more] = await openTasks(keeper, numbers[1] ?? '')
    expect([task?.document, (task?.draft as Json | undefined)?.document, more]).toEqual(['reply', 'reply', []])
    const alerts = await net.node(chongqing).as('operator').all('/v1/alerts')
    expect(alerts.map(({ kind }) => String(kind))).not.toContain('apply.failed')
  })
})

describe('HTTP 413 for one message', () => {
  it('raises one alert the second time, with both remedies in the delivery, and holds up nobody', async () => {
    const operator = net.node(chengdu).as('operator')
    expect((await operator.post(`/v1/peers/${chongqing}/pause`)).status).toBe(200)
    const opened = await officer().post('/v1/violation-notices', notice)
    const id = String(opened.body.document?.id)
    const message = await heldMessage(net.node(chengdu).node.ctx, id)
    const limit = net.link(chengdu, chongqing).inject({ kind: 'status', status: 413 }, { when: ({ body: sent }) => sent.includes(message) })
    expect((await operator.post(`/v1/peers/${chongqing}/resume`)).status).toBe(200)
    const alerts = async () => (await operator.all('/v1/alerts')).filter(({ kind }) => String(kind) === 'delivery.too-large')
    await limit.hit(1)
    await waitUntil(async () => Number((await operator.get(`/v1/deliveries/${id}`)).body.attempts) === 1, 5_000)
    expect(await alerts()).toEqual([])
    await limit.hit(3)
    await waitUntil(async () => Number((await operator.get(`/v1/deliveries/${id}`)).body.attempts) === 3, 5_000)
    expect(await alerts()).toMatchObject([{ jti: id, peer: chongqing, detail: { cause: 'http-413', bytes: message.length } }])
    const { lastFailure } = (await operator.get(`/v1/deliveries/${id}`)).body
    expect(lastFailure).toMatchObject({
      cause: 'http-413',
      remedy: { zh: expect.stringMatching(/256 KiB.*代理/), en: expect.stringMatching(/256 KiB.*proxy/) },
    })
    const other = await officer().post('/v1/violation-notices', notice)
    await waitUntil(
      async () => String((await operator.get(`/v1/deliveries/${other.body.document?.id}`)).body.state) === 'delivered',
      10_000,
    )
    limit.remove()
    expect((await operator.post(`/v1/deliveries/${id}/retry`)).status).toBe(200)
  })
})
