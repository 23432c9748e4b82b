import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { heldMessage } from '../../src/held-message.ts'
import { listOf, TestNetwork } from '../../src/index.ts'
import { waitUntil } from '../../src/processes/wait-until.ts'
import { chengdu, chongqing, notice, retraction } from './bodies.ts'
import { count, query } from './observe.ts'

let net: TestNetwork
beforeAll(async () => {
  net = await TestNetwork.create([chengdu, chongqing])
})
afterAll(async () => await net?.[Symbol.asyncDispose]())
afterEach(async () => {
  net.link(chengdu, chongqing).heal()
  await net.settle({ timeoutMs: 40_000 })
  expect(await net.differences()).toEqual([])
})

const operator = () => net.node(chengdu).as('operator')
const sender = () => net.node(chengdu).databaseUrl

/** Writes so many notices that are due in the same instant. */
async function writeTogether(n: number): Promise<{ jti: string; message: string; case_number: string }[]> {
  expect((await operator().post(`/v1/peers/${chongqing}/pause`)).status).toBe(200)
  const { from: _, ...line } = notice
  const lines = Array.from({ length: n }, () => JSON.stringify({ ...line, from: '510100-0001' })).join('\n')
  const created = await net
    .node(chengdu)
    .as('officer')
    .post('/v1/imports?target=violation-notice', lines, { headers: { 'content-type': 'application/x-ndjson' } })
  expect(created.status).toBe(202)
  await waitUntil(async () => (await count(sender(), "select count(*) from outbox where state = 'pending'")) === n, 45_000, 200)
  const pending = await query<{ jti: string; case_number: string }>(
    sender(),
    "select jti, case_number from outbox where state = 'pending' order by sequence",
  )
  return await Promise.all(pending.map(async (row) => ({ ...row, message: await heldMessage(net.node(chengdu).node.ctx, row.jti) })))
}

it('a message that breaks every request it is in holds up none of the other 499', async () => {
  const messages = await writeTogether(500)
  const poison = messages[249]
  if (!poison) throw new Error('500 messages')
  const link = net.link(chengdu, chongqing)
  const broken = link.inject({ kind: 'status', status: 500 }, { when: ({ body }) => body.includes(poison.message) })
  const before = link.counts().requests
  expect((await operator().post(`/v1/peers/${chongqing}/resume`)).status).toBe(200)
  await waitUntil(async () => (await count(sender(), "select count(*) from outbox where state = 'pending'")) === 1, 45_000, 200)
  // Twice whole, then in halves down to one: about three requests for each of nine halvings.
  expect(link.counts().requests - before).toBeLessThan(60)
  expect(broken.hits()).toBeLessThan(30)
  expect((await operator().get(`/v1/deliveries/${poison.jti}`)).body).toMatchObject({
    state: 'pending',
    lastFailure: { cause: 'http-500' },
  })
  expect((await operator().get(`/v1/peers/${chongqing}`)).body).toMatchObject({ circuit: 'closed' })

  // The peer is well otherwise: a new document is delivered although the poisonous one still waits.
  const late = await net.node(chengdu).as('officer').post('/v1/violation-notices', notice)
  await waitUntil(async () => String((await operator().get(`/v1/deliveries/${late.body.document?.id}`)).body.state) === 'delivered', 10_000)
})

/** Writes so many notices, lets them settle, and retracts them all in the same instant. */
async function retractTogether(n: number): Promise<{ jti: string; case_number: string }[]> {
  const officer = net.node(chengdu).as('officer')
  const opened = await Promise.all(Array.from({ length: n }, async () => await officer.post('/v1/violation-notices', notice)))
  await net.settle()
  expect((await operator().post(`/v1/peers/${chongqing}/pause`)).status).toBe(200)
  return await Promise.all(
    opened.map(async (answer) => {
      const path = `/v1/violation-notices/${answer.body.caseNumber}`
      const ifMatch = (await officer.get(path)).headers.get('etag') ?? ''
      const retracted = await officer.post(`${path}/retraction`, retraction, { ifMatch })
      expect(retracted.status).toBe(201)
      return { jti: String(retracted.body.document?.id), case_number: String(retracted.body.caseNumber) }
    }),
  )
}

it('a case that cannot be applied holds up none of the others, is reported, and follows when it can', async () => {
  const receiver = net.node(chongqing)
  const messages = await retractTogether(20)
  const poison = messages[9]
  if (!poison) throw new Error('20 messages')
  await query(
    receiver.databaseUrl,
    `create function poison() returns trigger language plpgsql as $$ begin raise exception 'poison'; end $$;
     create trigger poison before update on cases for each row when (old.case_number = '${poison.case_number}') execute function poison()`,
  )
  expect((await operator().post(`/v1/peers/${chongqing}/resume`)).status).toBe(200)
  const unapplied = async () => await query<{ jti: string }>(receiver.databaseUrl, 'select jti from inbox where applied_at is null')
  const alerts = async () => (await receiver.as('operator').all('/v1/alerts')).filter(({ kind }) => String(kind) === 'apply.failed')
  await waitUntil(async () => (await alerts()).length > 0 && (await unapplied()).length === 1, 15_000)
  expect(await unapplied()).toEqual([{ jti: poison.jti }])
  expect((await alerts()).map(({ caseNumber }) => String(caseNumber))).toEqual([poison.case_number])
  // Its sender has the receipt all the same: acceptance never depends on the case.
  expect((await operator().get(`/v1/deliveries/${poison.jti}`)).body).toMatchObject({ state: 'delivered' })
  const applied = messages.filter(({ jti }) => jti !== poison.jti).map(({ case_number }) => case_number)
  const states = await query<{ state: string }>(receiver.databaseUrl, 'select distinct state from cases where case_number = any($1)', [
    applied,
  ])
  expect(states).toEqual([{ state: 'retracted' }])

  await query(receiver.databaseUrl, 'drop trigger poison on cases; drop function poison')
  await net.moveClock(31_000)
  await waitUntil(async () => (await unapplied()).length === 0, 15_000)
  const healed = await receiver.as('officer').get(`/v1/cases/${poison.case_number}`)
  expect(healed.body).toMatchObject({ state: 'retracted' })
  expect(listOf(healed.body.documents)).toHaveLength(2)
})
