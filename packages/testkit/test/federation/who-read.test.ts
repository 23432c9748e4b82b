import { insuranceTransfer } from '@hefu/procedures'
import type { RegionId } from '@hefu/reference'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { listOf, TestNetwork } from '../../src/index.ts'
import { exampleData, openCase } from './play.ts'

const [chengdu, chongqing] = ['510100' as RegionId, '500000' as RegionId]
const purpose = String(insuranceTransfer.purposes[0]?.code)

let net: TestNetwork
let caseNumber: string
beforeAll(async () => {
  net = await TestNetwork.create([chengdu, chongqing])
  ;({ caseNumber } = await openCase(net, insuranceTransfer, chengdu, chongqing, exampleData(insuranceTransfer, 'contact-letter')))
  await net.settle()
})
afterAll(async () => await net[Symbol.asyncDispose]())

const whoRead = async (role: 'officer' | 'auditor', owner: string = chengdu) =>
  await net.node(chengdu).as(role).get(`/v1/exchange-log/reads?owner=${owner}`)

test('a peer that shows no reads has claimed that there were none, and proven nothing', async () => {
  const before = new URLSearchParams({ owner: chengdu, from: '2020-01-01T00:00:00Z', to: '2020-02-01T00:00:00Z' })
  const { status, body } = await net.node(chengdu).as('auditor').get(`/v1/exchange-log/reads?${before}`)
  expect([status, body.items]).toEqual([200, []])
  expect(body.sources).toEqual([
    { region: chengdu, status: 'own', more: false },
    { region: chongqing, status: 'none-claimed', more: false },
  ])
})

test('the owner sees who read its data here and at the peer, with purpose and case, proven by the peer', async () => {
  const { body } = await net.node(chongqing).as('officer').get(`/v1/cases/${caseNumber}`)
  const id = String(listOf(body.documents)[0]?.id)
  const sent = { headers: { 'hefu-purpose': purpose, 'hefu-actor': 'YG-0042' } }
  expect((await net.node(chongqing).as('officer').get(`/v1/cases/${caseNumber}/documents/${id}`, sent)).status).toBe(200)
  expect((await net.node(chengdu).as('officer').get(`/v1/cases/${caseNumber}/documents/${id}`)).status).toBe(200)
  for (const role of ['auditor', 'officer'] as const) {
    await expect
      .poll(async () => (await whoRead(role)).body.items, { timeout: 20_000, interval: 200 })
      .toContainEqual(
        expect.objectContaining({ region: chongqing, what: 'read-case-document', purpose, affair: caseNumber, cases: [caseNumber] }),
      )
    const answer = await whoRead(role)
    expect(answer.status).toBe(200)
    expect(answer.body.sources).toEqual([
      { region: chengdu, status: 'own', more: false },
      { region: chongqing, status: 'proven', more: false },
    ])
    expect(answer.body.items).toContainEqual(expect.objectContaining({ region: chengdu, what: 'read-case-document', affair: caseNumber }))
    expect(JSON.stringify(answer.body)).not.toContain('YG-0042')
  }
})

test('pages: older reads come by Link, each once, of all regions', async () => {
  const at = (region: string) => net.node(region).as('officer')
  for (let turn = 0; turn < 11; turn++)
    await Promise.all(
      Array.from({ length: 21 }, async () => {
        await at(chongqing).get(`/v1/cases/${caseNumber}/timeline`)
        await at(chengdu).get(`/v1/cases/${caseNumber}/timeline`)
      }),
    )
  const timelines = async () => {
    const items = await net.node(chengdu).as('auditor').all(`/v1/exchange-log/reads?owner=${chengdu}`)
    return [chengdu, chongqing].map((one) => items.filter(({ region, what }) => `${region} ${what}` === `${one} read-case-timeline`).length)
  }
  await expect.poll(timelines, { timeout: 20_000, interval: 500 }).toEqual([231, 231])
  const { headers } = await whoRead('auditor')
  expect(headers.get('link')).toMatch(/^<\/v1\/exchange-log\/reads\?owner=510100&from=[^>]+&to=[^>]+>; rel="next"$/)
})

test('a list with cases of several regions is told to each owner, without the numbers of the others', async () => {
  const own = await openCase(net, insuranceTransfer, chongqing, chengdu, exampleData(insuranceTransfer, 'contact-letter'))
  await net.settle()
  expect((await net.node(chongqing).as('officer').all('/v1/cases')).map(({ caseNumber: one }) => String(one)).toSorted()).toEqual(
    [own.caseNumber, caseNumber].toSorted(),
  )
  const lists = async () =>
    listOf((await whoRead('auditor')).body.items).filter(({ region, what }) => `${region} ${what}` === `${chongqing} list-cases`)
  await expect
    .poll(lists, { timeout: 20_000, interval: 200 })
    .toEqual([expect.objectContaining({ count: 2, owners: [chongqing, chengdu].toSorted(), digest: expect.any(String) })])
  expect(JSON.stringify(await lists())).not.toContain(own.caseNumber)
})

test("another region's data is its own node's to answer for", async () => {
  expect((await whoRead('auditor', chongqing)).status).toBe(404)
  expect((await whoRead('auditor', '51')).status).toBe(400)
})

test('a peer that does not answer is named, and what is here is shown', async () => {
  net.link(chengdu, chongqing).inject({ kind: 'cut', how: 'refuse' }, { log: true })
  const { status, body } = await whoRead('auditor')
  expect(status).toBe(200)
  expect(body.sources).toContainEqual({ region: chongqing, status: 'away', more: false })
  expect(listOf(body.items).every(({ region }) => String(region) === chengdu)).toBe(true)
})
