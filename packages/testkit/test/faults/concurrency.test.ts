import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { listOf, TestNetwork } from '../../src/index.ts'
import { chengdu, chongqing, correction, filing, notice, retraction, suspectedNotice } from './bodies.ts'
import { count } from './observe.ts'

let net: TestNetwork
beforeAll(async () => {
  net = await TestNetwork.create([chengdu, chongqing])
})
afterAll(async () => await net?.[Symbol.asyncDispose]())

const one = () => net.node(chengdu).as('officer')
const other = () => net.node(chongqing).as('officer')
const sender = () => net.node(chengdu).databaseUrl
const written = async () => await count(sender(), 'select count(*) from documents')

async function open(body: unknown = notice): Promise<string> {
  const answer = await one().post('/v1/violation-notices', body)
  expect(answer.status).toBe(201)
  return `/v1/violation-notices/${answer.body.caseNumber}`
}

describe('at the same instant', () => {
  it('ten requests with one key create one document', async () => {
    const before = await written()
    const key = 'ten-at-once'
    const answers = await Promise.all(Array.from({ length: 10 }, async () => await one().post('/v1/violation-notices', notice, { key })))
    for (const { status, body } of answers) {
      expect([201, 409]).toContain(status)
      if (status === 409) expect(body).toMatchObject({ code: 'idempotency-key-busy' })
    }
    const created = answers.filter(({ status }) => status === 201)
    expect(new Set(created.map(({ headers }) => headers.get('location'))).size).toBe(1)
    expect(await written()).toBe(before + 1)
    const again = await one().post('/v1/violation-notices', notice, { key })
    expect([again.status, again.headers.get('location')]).toEqual([201, created[0]?.headers.get('location')])
    expect(await written()).toBe(before + 1)
    expect((await one().post('/v1/violation-notices', suspectedNotice, { key })).body).toMatchObject({ code: 'idempotency-key-reused' })
  })

  it('of two officers on one ETag one writes and one is told to look again', async () => {
    const path = await open()
    const ifMatch = (await one().get(path)).headers.get('etag') ?? ''
    const before = await written()
    const answers = await Promise.all([
      one().post(`${path}/correction`, correction, { ifMatch }),
      one().post(`${path}/retraction`, retraction, { ifMatch }),
    ])
    expect(answers.map(({ status }) => status).toSorted()).toEqual([201, 412])
    expect(await written()).toBe(before + 1)
  })

  it('both sides write: owner first, the same on both halves', async () => {
    const path = await open()
    await net.settle()
    const tags = await Promise.all([one(), other()].map(async (officer) => (await officer.get(path)).headers.get('etag') ?? ''))
    const links = [net.link(chengdu, chongqing), net.link(chongqing, chengdu)].map((link) => link.inject({ kind: 'hold' }))
    const answers = await Promise.all([
      one().post(`${path}/retraction`, retraction, { ifMatch: tags[0] ?? '' }),
      other().post(`${path}/filing`, filing, { ifMatch: tags[1] ?? '' }),
    ])
    expect(answers.map(({ status }) => status)).toEqual([201, 201])
    await Promise.all(links.map((held) => held.hit()))
    for (const held of links) held.remove()
    await net.settle()
    for (const officer of [one(), other()]) {
      const { body } = await officer.get(path)
      expect(body).toMatchObject({ state: 'retracted' })
      expect(Object.fromEntries(listOf(body.documents).map(({ document, standing }) => [document, standing]))).toEqual({
        notice: 'effective',
        retraction: 'effective',
        filing: 'void',
      })
    }
    expect(await net.differences()).toEqual([])
    // What the filing did on its author's side is withdrawn: the employer's file shows nothing of a notice that was taken back.
    expect(
      await count(net.node(chongqing).databaseUrl, 'select count(*) from effects where case_number = $1', [path.split('/').at(-1)]),
    ).toBe(0)
  })
})

it('clocks that differ by a minute: every deadline is the same on both halves', async () => {
  await net.moveClock(60_000, chongqing)
  try {
    const paths = [await open(), await open(suspectedNotice)]
    await net.settle()
    for (const path of paths) {
      const [here, there] = await Promise.all([one(), other()].map(async (officer) => (await officer.get(path)).body))
      expect(listOf(here?.deadlines).length).toBeGreaterThan(0)
      expect(there?.deadlines).toEqual(here?.deadlines)
      const received = listOf(here?.documents).map(({ receivedAt }) => Date.parse(String(receivedAt)))
      expect(listOf(there?.documents).map(({ receivedAt }) => Date.parse(String(receivedAt)))).toEqual(received)
      // The receiver's clock counts, as its receipt says.
      expect(received[0]).toBeGreaterThan(Date.now() + 30_000)
    }
    expect(await net.differences()).toEqual([])
  } finally {
    await net.moveClock(-60_000, chongqing)
  }
})
