import { afterAll, beforeAll, expect, it } from 'vitest'
import { addressQuery } from '../../../procedures/test/address-query/procedure.ts'
import { type Json, listOf, TestNetwork } from '../../src/index.ts'
import { addDocument, type Expected, exampleData, expectCase, openCase, openTasks, rowCounts, tryDocument } from '../federation/play.ts'

/** The worked example of docs/adding-a-procedure.md, given to two real nodes: everything else follows from its definition. */
let net: TestNetwork
beforeAll(async () => {
  net = await TestNetwork.create(['510100', '500000'], { procedures: [addressQuery] })
})
afterAll(async () => await net[Symbol.asyncDispose]())

const request = exampleData<Record<string, unknown>>(addressQuery, 'request')
const found = exampleData<Record<string, unknown>>(addressQuery, 'reply')
const usable = exampleData<Record<string, unknown>>(addressQuery, 'confirmation')

const asked: Expected = {
  state: 'asked',
  ball: 'keeper',
  deadlines: [{ rule: 'reply', days: 5, from: 'request' }],
  owner: [],
  counterparty: ['reply'],
}
const answered: Expected = { state: 'answered', ball: null, owner: ['confirmation'], counterparty: ['reply'] }
const confirmed: Expected = { state: 'confirmed', ball: null, final: true, owner: [], counterparty: [] }

it.each([
  ['510100', '500000'],
  ['500000', '510100'],
])('is asked by %s, delivered to %s, replied and confirmed, with one deadline on both nodes', async (asker, keeper) => {
  const played = await openCase(net, addressQuery, asker, keeper, request)
  expect(played.caseNumber).toMatch(new RegExp(`^${asker}-AQ-\\d{8}-[0-9A-Z]{8}$`))
  await net.settle()
  await expectCase(net, played, asked)
  const officer = net.node(keeper).as('officer')
  const [task, ...more] = await openTasks(officer, played.caseNumber)
  expect([task?.document, task?.title, more]).toEqual(['reply', { zh: '答复地址查询', en: 'Answer the address query' }, []])
  expect((await officer.get(`/v1/address-queries/${played.caseNumber}`)).body).toMatchObject({ role: 'keeper', state: 'asked' })
  expect((await officer.all('/v1/address-queries?state=asked')).map((one) => one.caseNumber)).toEqual([played.caseNumber])

  await addDocument(net, played, keeper, 'reply', { outcome: 'not-found' })
  await expectCase(net, played, { ...answered, owner: [], because: { confirmation: 'nothing-found' } })
  const early = await tryDocument(net, played, asker, 'confirmation', usable, { 'accept-language': 'zh' })
  expect(early.body).toMatchObject({ status: 409, code: 'document-not-allowed-now', detail: '未查到地址，无需确认' })
  expect(await openTasks(officer, played.caseNumber)).toEqual([])
  await addDocument(net, played, keeper, 'reply', found)
  await expectCase(net, played, answered)
  await addDocument(net, played, asker, 'confirmation', usable)
  await expectCase(net, played, confirmed)
  const seen = await net.node(keeper).as('officer').get(`/v1/cases/${played.caseNumber}/documents`)
  expect(listOf(seen.body.items).map(({ document, standing }) => [document, standing])).toEqual(
    ['request', 'reply', 'reply', 'confirmation'].map((document) => [document, 'effective']),
  )
  expect(await net.differences()).toEqual([])
})

it('is typed in OpenAPI, with its examples', async () => {
  const { paths } = (await net.node('510100').as(null).get('/docs/json')).body
  const documents = Object.entries(addressQuery.documents)
  const pathOf = (document: string) => (document === 'request' ? '/v1/address-queries' : `/v1/address-queries/{caseNumber}/${document}`)
  for (const [document, { examples }] of documents) {
    const content = paths?.[pathOf(document)]?.post?.requestBody?.content?.['application/json'] as Json
    expect(Object.values(content.examples ?? {}).map((example) => example.value)).toEqual(examples.map((example) => example.body))
    expect(JSON.stringify(content.schema)).toMatch(/\$ref|properties/)
  }
  expect(Object.keys(paths?.['/v1/address-queries/{caseNumber}'] ?? {})).toContain('get')
  expect(Object.keys(paths?.['/v1/address-queries'] ?? {})).toEqual(expect.arrayContaining(['get', 'post']))
})

it('refuses what its schema does not know, and stores nothing', async () => {
  const before = await rowCounts(net)
  const body = addressQuery.documents.request?.examples[0]?.body
  const answer = await net
    .node('510100')
    .as('officer')
    .post('/v1/address-queries', { ...body, data: { uscc: '91500112MA5U7B2C23', reason: '', more: 1 } })
  expect(answer.body).toMatchObject({ status: 422, code: 'invalid-document' })
  expect(
    listOf(answer.body.errors)
      .map(({ pointer }) => pointer)
      .sort(),
  ).toEqual(['/data/more', '/data/reason', '/data/uscc'])
  await net.settle()
  expect(await rowCounts(net)).toEqual(before)
})
