import { forgetOldRows } from '@hefu/exchange'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { listOf, TestNetwork } from '../../src/index.ts'
import { chengdu, chongqing, notice } from './bodies.ts'
import { newJti, postInbox, signedNotice } from './craft.ts'
import { count } from './observe.ts'

const hourMs = 3_600_000
const dayMs = 24 * hourMs

let net: TestNetwork
beforeAll(async () => {
  net = await TestNetwork.create([chengdu, chongqing])
})
afterAll(async () => await net?.[Symbol.asyncDispose]())

const rows = async (region: string, table: string) => await count(net.node(region).databaseUrl, `select count(*) from ${table}`)

/** Every hour the node tidies by itself; here it does so at once. */
async function forgetAfter(ms: number): Promise<void> {
  await net.moveClock(ms)
  for (const { node } of net.nodes) await forgetOldRows(node.ctx)
}

it('an Idempotency-Key is known for seven days', async () => {
  const officer = net.node(chengdu).as('officer')
  const post = async () => String((await officer.post('/v1/violation-notices', notice, { key: 'weekly' })).body.caseNumber)
  const first = await post()
  await net.settle()
  await forgetAfter(7 * dayMs - hourMs)
  expect(await post()).toBe(first)
  await forgetAfter(2 * hourMs)
  expect(await rows(chengdu, 'idempotency')).toBe(0)
  expect(await post()).not.toBe(first)
  // The case itself has no term.
  expect((await officer.get(`/v1/cases/${first}`)).status).toBe(200)
  await net.settle()
})

it('the texts of a reused id are in quarantine for thirty days; what was answered is answered for ever', async () => {
  const exchange = net.node(chongqing).node.exchange ?? ''
  const { signer, node } = net.node(chengdu)
  const iat = Math.floor(node.ctx.now() / 1000)
  const claims = { iat, exp: iat + 30 * 86_400, jti: newJti(iat * 1000) }
  const first = await signedNotice(signer, claims)
  const second = await signedNotice(signer, { ...first.claims, basis: 'other' })
  const answers = [await postInbox(exchange, first.token), await postInbox(exchange, second.token)]
  expect(answers.map(({ json }) => listOf(json.messages)[0]?.status)).toEqual(['accepted', 'refused'])
  await forgetAfter(30 * dayMs - hourMs)
  expect(await rows(chongqing, 'quarantine')).toBe(2)
  await forgetAfter(2 * hourMs)
  expect(await rows(chongqing, 'quarantine')).toBe(0)
  const again = [await postInbox(exchange, first.token), await postInbox(exchange, second.token)]
  expect(again.map(({ text }) => text)).toEqual(answers.map(({ text }) => text))
})
