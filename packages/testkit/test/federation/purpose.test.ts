import { insuranceTransfer, registers, violationNotice } from '@hefu/procedures'
import type { RegionId } from '@hefu/reference'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Json, listOf, TestNetwork } from '../../src/index.ts'
import { exampleData, openCase, type PlayedCase } from './play.ts'

const [chengdu, chongqing] = ['510100' as RegionId, '500000' as RegionId]
const letter = exampleData<{ person: { name: string; idNumber: string; householdPlace: string } }>(insuranceTransfer, 'contact-letter')
const purpose = String(insuranceTransfer.purposes[0]?.code)
const unsaid = { headers: { 'hefu-purpose': '' } }

let net: TestNetwork
let played: PlayedCase
let document: string
beforeAll(async () => {
  net = await TestNetwork.create([chengdu, chongqing])
  played = await openCase(net, insuranceTransfer, chengdu, chongqing, letter)
  await net.settle()
  document = String(listOf((await officer().get(`/v1/cases/${played.caseNumber}`)).body.documents)[0]?.id)
})
afterAll(async () => await net[Symbol.asyncDispose]())

const officer = (region: string = chengdu) => net.node(region).as('officer')
const read = async (headers: Record<string, string>, region: string = chengdu) =>
  await officer(region).get(`/v1/cases/${played.caseNumber}/documents/${document}`, { headers: { 'hefu-purpose': '', ...headers } })

/** The newest read in the exchange log. */
async function lastRead(what: string): Promise<Json> {
  await net.settle()
  const entries = await net.node(chengdu).as('auditor').all('/v1/exchange-log/entries?kind=access.read')
  return entries.find((one) => JSON.stringify(one).includes(what)) as Json
}

test.each([chengdu, chongqing])('%s: without a purpose a document is shown masked, and its bytes are not', async (region) => {
  const { status, body } = await read({}, region)
  expect(status).toBe(200)
  const { idNumber, name } = letter.person
  expect(body.data?.person).toMatchObject({ idNumber: `${idNumber.slice(0, 6)}********${idNumber.slice(-4)}`, name: `${name[0]}**` })
  expect(body.message).toBeNull()
  expect(body.data?.person?.householdPlace).toBe('****')
  for (const value of [idNumber, name]) expect(JSON.stringify(body)).not.toContain(value)
})

test('with an agreed purpose it is shown, and the log says why and for which case', async () => {
  const { status, body } = await read({ 'hefu-purpose': purpose })
  expect(status).toBe(200)
  expect(body.data).toEqual(letter)
  expect(String(body.message)).toMatch(/^ey/)
  expect(JSON.stringify(await lastRead('read-case-document'))).toContain(String.raw`\"affair\":\"${played.caseNumber}\"`)
})

test.each([
  [{ 'hefu-purpose': 'marketing' }, 403, 'purpose-not-agreed'],
  [{ 'hefu-purpose': String(violationNotice.purposes[0]?.code) }, 403, 'purpose-not-agreed'],
  [{ 'hefu-purpose': purpose, 'hefu-affair': '510104199001011237' }, 400, 'affair-invalid'],
  [{ 'hefu-purpose': purpose, 'hefu-affair': '张三的事' }, 400, 'affair-invalid'],
  [{ 'hefu-purpose': purpose, 'hefu-affair': '510100-IT-20261122-7K3F9QX6' }, 403, 'affair-unknown'],
])('refused by its rule: %j', async (headers, status, code) => {
  const sent = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, Buffer.from(value).toString('latin1')]))
  const answer = await read(sent)
  expect([answer.status, answer.body.code]).toEqual([status, code])
  expect(JSON.stringify(answer.body)).not.toContain('510104199001011237')
})

test('reading a case without headers goes on as before, for officers and auditors', async () => {
  for (const path of ['', '/documents', '/timeline', '/next', '/evidence']) {
    const { status, body } = await officer().get(`/v1/cases/${played.caseNumber}${path}`, unsaid)
    expect([path, status]).toEqual([path, 200])
    expect(JSON.stringify(body)).not.toContain(letter.person.idNumber)
  }
  const evidence = await officer().get(`/v1/cases/${played.caseNumber}/evidence`, unsaid)
  expect(listOf(evidence.body.documents).map(({ message }) => message)).toEqual([null])
  const whole = await officer().get(`/v1/cases/${played.caseNumber}/evidence`, { headers: { 'hefu-purpose': purpose } })
  expect(listOf(whole.body.documents).map(({ message }) => typeof message)).toEqual(['string'])
})

test('registers: lists are masked, a record needs a purpose and an affair', async () => {
  const record = registers.find(({ name }) => name === 'insured-persons')?.examples[0]?.data as {
    relationNumber: string
    person: { idNumber: string }
  }
  const path = `/v1/registers/insured-persons/${record.relationNumber}`
  expect((await officer(chongqing).put(path, record)).status).toBe(201)
  const sent = { 'hefu-purpose': purpose, 'hefu-affair': 'A-2026-7' }
  const masked = `${record.person.idNumber.slice(0, 6)}********${record.person.idNumber.slice(-4)}`
  const shown = async (headers: Record<string, string>) => {
    const { status, body } = await officer(chongqing).get(path, { headers: { 'hefu-purpose': '', 'hefu-affair': '', ...headers } })
    return [status, body.code ?? body.record?.data?.person?.idNumber]
  }
  expect(await shown({})).toEqual([200, masked])
  expect(await shown({ 'hefu-purpose': purpose })).toEqual([200, masked])
  expect(await shown(sent)).toEqual([200, record.person.idNumber])
  expect(await shown({ ...sent, 'hefu-affair': played.caseNumber })).toEqual([200, record.person.idNumber])
  expect(await shown({ ...sent, 'hefu-affair': '500000-IT-20261122-7K3F9QX6' })).toEqual([403, 'affair-unknown'])
  expect(await shown({ ...sent, 'hefu-purpose': 'marketing' })).toEqual([403, 'purpose-not-agreed'])
  const listed = await officer(chongqing).get('/v1/registers/insured-persons', { headers: sent })
  expect(listed.status).toBe(200)
  expect(JSON.stringify(listed.body)).not.toContain(record.person.idNumber)
  expect(JSON.stringify(listed.body)).toContain(masked)
})

test('a final case whose agreement ended long ago is shown masked only; one that is open goes on', async () => {
  const ended = (usual: Parameters<NonNullable<Parameters<typeof TestNetwork.create>[1]>['agreements'] & object>[0]) =>
    usual.map((one) => ({ ...one, validTo: '2026-06-30' }))
  // The record that came before this answers the letter from the register; the case moves no more once that is applied.
  await net.settle()
  await net.restart(chengdu, { agreements: ended })
  expect((await read({ 'hefu-purpose': purpose })).body.data).toEqual(letter)
  const etag = (await officer().get(`/v1/insurance-transfers/${played.caseNumber}`)).headers.get('etag') ?? ''
  const withdrawal = { purpose, basis: '川渝协议', data: exampleData(insuranceTransfer, 'withdrawal') }
  const withdrawn = await officer().post(`/v1/insurance-transfers/${played.caseNumber}/withdrawal`, withdrawal, { ifMatch: etag })
  expect(withdrawn.status).toBe(201)
  await net.settle()
  const refused = await read({ 'hefu-purpose': purpose })
  expect([refused.status, refused.body.code]).toEqual([403, 'agreement-ended'])
  expect((await read({})).status).toBe(200)
})
