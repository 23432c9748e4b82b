import { alertExpired } from '@hefu/exchange'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { addressQuery } from '../../../procedures/test/address-query/procedure.ts'
import { type Json, TestNetwork } from '../../src/index.ts'
import { waitUntil } from '../../src/processes/wait-until.ts'
import { openCase } from '../federation/play.ts'
import { chengdu, chongqing, notice } from './bodies.ts'

const dayMs = 86_400_000

// Chongqing's node was not upgraded: it lacks a procedure that the agreement names.
let net: TestNetwork
beforeAll(async () => {
  net = await TestNetwork.create([chengdu, chongqing], {
    procedures: [addressQuery],
    knows: (region, { name }) => region === chengdu || name !== addressQuery.name,
  })
})
afterAll(async () => await net?.[Symbol.asyncDispose]())
afterEach(() => net.link(chengdu, chongqing).heal())

const operator = () => net.node(chengdu).as('operator')
const delivery = async (id: string): Promise<Json> => (await operator().get(`/v1/deliveries/${id}`)).body
const alerts = async (kind: string) => (await operator().all('/v1/alerts')).filter((alert) => String(alert.kind) === kind)
const alertsOf = async (kind: string, id: string) => (await alerts(kind)).filter(({ jti }) => String(jti) === id)
const stateIs = async (id: string, state: string) => await waitUntil(async () => String((await delivery(id)).state) === state, 15_000)

async function open(): Promise<string> {
  const answer = await net.node(chengdu).as('officer').post('/v1/violation-notices', notice)
  expect(answer.status).toBe(201)
  return String(answer.body.document?.id)
}

describe('receipt.clock', () => {
  it('clocks that agree raise none, however late the answer', async () => {
    const lost = net.link(chengdu, chongqing).inject({ kind: 'drop-answer' }, { times: 1 })
    const id = await open()
    await lost.hit()
    await net.moveClock(600_000)
    await stateIs(id, 'delivered')
    expect(await alerts('receipt.clock')).toEqual([])
  })

  it('a receipt from the future: the other clock is ahead', async () => {
    await net.moveClock(130_000, chongqing)
    await stateIs(await open(), 'delivered')
    await net.moveClock(-130_000, chongqing)
    const [alert, ...more] = await alerts('receipt.clock')
    expect([alert?.peer, more]).toEqual([chongqing, []])
    expect(Math.abs(Number((alert?.detail as Json | undefined)?.secondsOff) - 130)).toBeLessThan(5)
  })

  it('a receipt from before the message was sent: the other clock is behind', async () => {
    const before = (await alerts('receipt.clock')).length
    expect((await operator().post(`/v1/peers/${chongqing}/pause`)).status).toBe(200)
    // Written a minute before it is sent: otherwise the other node would find it ahead of its time, and say so.
    const id = await open()
    await net.moveClock(60_000)
    await net.moveClock(-130_000, chongqing)
    expect((await operator().post(`/v1/peers/${chongqing}/resume`)).status).toBe(200)
    await stateIs(id, 'delivered')
    await net.moveClock(130_000, chongqing)
    const [alert, ...older] = await alerts('receipt.clock')
    expect(older).toHaveLength(before)
    expect(Math.abs(Number((alert?.detail as Json | undefined)?.secondsOff) + 130)).toBeLessThan(5)
  })
})

describe('message.deferred', () => {
  it('the third time the peer cannot judge a message: its node does not know the procedure yet', async () => {
    const { caseNumber } = await openCase(net, addressQuery, chengdu, chongqing, addressQuery.documents.request?.examples[0]?.body.data)
    const find = async () => (await operator().all(`/v1/deliveries?peer=${chongqing}`)).find((one) => String(one.caseNumber) === caseNumber)
    await waitUntil(async () => Number((await find())?.attempts) >= 4, 20_000)
    const found = await find()
    expect(found).toMatchObject({ state: 'deferred', lastFailure: { cause: 'deferred-version' } })
    expect((await alertsOf('message.deferred', String(found?.id))).map(({ detail }) => detail)).toEqual([
      { reason: 'version', deferrals: 3 },
    ])
    // It waits by itself: the peer is well, and other messages pass.
    await stateIs(await open(), 'delivered')
    expect((await operator().get(`/v1/peers/${chongqing}`)).body).toMatchObject({ circuit: 'closed' })
  })
})

describe('delivery.expired', () => {
  it('after its delivery horizon a message still waits for a signed answer, and gets the first one or a refusal', async () => {
    const link = net.link(chengdu, chongqing)
    const lost = link.inject({ kind: 'drop-answer' }, { times: 1 })
    const arrived = await open()
    await lost.hit()
    link.inject({ kind: 'cut', how: 'refuse' })
    const never = await open()
    const ctx = net.node(chengdu).node.ctx
    await net.moveClock(29 * dayMs)
    await alertExpired(ctx)
    expect(await alerts('delivery.expired')).toEqual([])
    await net.moveClock(2 * dayMs)
    await alertExpired(ctx)
    await alertExpired(ctx)
    for (const id of [arrived, never]) {
      expect(await alertsOf('delivery.expired', id)).toMatchObject([{ peer: chongqing, jti: id }])
      expect(await delivery(id)).toMatchObject({ state: 'pending' })
    }
    link.heal()
    await stateIs(arrived, 'delivered')
    await stateIs(never, 'refused')
    expect(await delivery(never)).toMatchObject({ refusal: 'expired' })
  })
})
