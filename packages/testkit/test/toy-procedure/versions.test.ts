import { afterAll, beforeAll, expect, it } from 'vitest'
import { addressQuery } from '../../../procedures/test/address-query/procedure.ts'
import { secondAddressQuery } from '../../../procedures/test/address-query/second-version.ts'
import { TestNetwork } from '../../src/index.ts'
import { exampleData } from '../federation/play.ts'

const [chengdu, chongqing] = ['510100', '500000'] as const
let net: TestNetwork
beforeAll(async () => {
  net = await TestNetwork.create([chengdu, chongqing], {
    procedures: [addressQuery, secondAddressQuery],
    agreements: (usual) => usual.filter(({ procedure }) => procedure !== 'address-query/2'),
  })
})
afterAll(async () => await net[Symbol.asyncDispose]())

const path = '/v1/address-queries'
const asker = () => net.node(chengdu).as('officer')
const keeper = () => net.node(chongqing).as('officer')
const plain = exampleData<Record<string, unknown>>(addressQuery, 'request')
const urgent = { ...plain, urgent: true }
const envelope = { purpose: 'labour-inspection', basis: '《劳动保障监察条例》第十三条' }
const open = async (data: unknown) => await asker().post(path, { ...envelope, to: `${chongqing}-0001`, data })

async function add(officer: ReturnType<typeof asker>, caseNumber: string, document: string, data: unknown) {
  const ifMatch = (await officer.get(`${path}/${caseNumber}`)).headers.get('etag') ?? ''
  const answer = await officer.post(`${path}/${caseNumber}/${document}`, { ...envelope, data }, { ifMatch })
  await net.settle()
  return answer
}

async function confirmWith(caseNumber: string, wrong: unknown, right: unknown): Promise<void> {
  expect((await add(keeper(), caseNumber, 'reply', exampleData(addressQuery, 'reply'))).status).toBe(201)
  expect((await add(asker(), caseNumber, 'confirmation', wrong)).body).toMatchObject({ status: 422, code: 'invalid-document' })
  expect((await add(asker(), caseNumber, 'confirmation', right)).status).toBe(201)
}

let first: string
it('a node that knows a version which nobody has agreed on yet begins cases under the one before', async () => {
  const refused = await open(urgent)
  expect(refused.body).toMatchObject({
    status: 422,
    code: 'invalid-document',
    errors: [{ pointer: '/data/urgent', code: 'unrecognized-key' }],
  })
  const opened = await open(plain)
  expect([opened.status, opened.body.version]).toEqual([201, 1])
  first = String(opened.body.caseNumber)
  await net.settle()
})

it('once it is agreed on, new cases begin under it; a case keeps the version it began with, to its end', async () => {
  for (const { region } of net.nodes) await net.restart(region, { agreements: (usual) => usual })
  expect((await open(plain)).body).toMatchObject({ code: 'invalid-document', errors: [{ pointer: '/data/urgent', code: 'required' }] })
  const opened = await open(urgent)
  expect([opened.status, opened.body.version]).toEqual([201, 2])
  await net.settle()

  await confirmWith(first, { usedOn: '2026-11-22' }, { usable: true })
  await confirmWith(String(opened.body.caseNumber), { usable: true }, { usedOn: '2026-11-22' })
  for (const officer of [asker(), keeper()]) {
    const items = await officer.all(path)
    expect(items.map(({ version, state }) => [Number(version), String(state)]).toSorted()).toEqual([
      [1, 'confirmed'],
      [2, 'confirmed'],
    ])
    expect((await officer.all('/v1/cases?procedure=address-query')).length).toBe(2)
  }
  expect(await net.differences()).toEqual([])
})

it('a node does not start without a version that it holds cases of, even final ones', async () => {
  await expect(net.restart(chongqing, { procedures: [secondAddressQuery] })).rejects.toMatchObject({ code: 'version-missing' })
  await net.restart(chongqing, { procedures: [addressQuery, secondAddressQuery] })
  expect((await keeper().all(path)).length).toBe(2)
})

it('the routes take what any version takes, and say so', async () => {
  const { paths = {}, components = {} } = (await asker().get('/docs/json')).body
  const body = JSON.stringify(paths[`${path}/{caseNumber}/confirmation`]?.post?.requestBody)
  for (const name of ['AddressQueryConfirmationV1', 'AddressQueryConfirmationV2']) {
    expect(body).toContain(name)
    expect(Object.keys(components.schemas ?? {})).toContain(name)
  }
  const filter = JSON.stringify(paths['/v1/cases']?.get?.parameters)
  expect(filter.split('"address-query"')).toHaveLength(2)
})
