import { insuranceTransfer, violationNotice } from '@hefu/procedures'
import type { Agreement } from '@hefu/protocol'
import type { AgencyCode, RegionId } from '@hefu/reference'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Agreements, TestNetwork } from '../../src/index.ts'
import { addDocument, body, exampleData, openCase, rowCounts, tryDocument } from './play.ts'

const [chengdu, chongqing] = ['510100' as RegionId, '500000' as RegionId]
const notice = exampleData<Record<string, unknown>>(violationNotice, 'notice')
const basis = body(violationNotice, notice).basis

let net: TestNetwork
beforeAll(async () => {
  net = await TestNetwork.create([chengdu, chongqing])
})
afterAll(async () => await net[Symbol.asyncDispose]())

const of = (procedure: { readonly name: string }, changes: Partial<Agreement>) => (usual: Agreements) =>
  usual.map((one) => (one.procedure.startsWith(`${procedure.name}/`) ? { ...one, ...changes } : one))

/** The registry only grows, so each change is one more. */
async function agree(changes: Partial<Agreement>, ...regions: readonly string[]) {
  for (const region of regions) await net.restart(region, { agreements: of(violationNotice, changes) })
}

const open = async (changes: object = {}) =>
  await net
    .node(chengdu)
    .as('officer')
    .post('/v1/violation-notices', { ...body(violationNotice, notice), to: `${chongqing}-0001`, ...changes })

test.each<[string, Partial<Agreement>, object, number, string]>([
  ['has ended', { validTo: '2026-01-31' }, {}, 403, 'agreement-not-in-force'],
  ['has not begun', { validFrom: '2099-01-01' }, {}, 403, 'agreement-not-in-force'],
  ['another direction', { direction: [{ from: chongqing, to: chengdu }] }, {}, 403, 'direction-not-agreed'],
  ['another legal basis', { basis: ['《社会保险法》第十九条'] }, {}, 403, 'basis-not-agreed'],
  ['other agencies', { agencies: ['510104-0001' as AgencyCode, '500000-0001' as AgencyCode] }, {}, 403, 'agency-not-agreed'],
])('nothing is opened under an agreement: %s', async (_, changes, asked, status, code) => {
  await agree(changes, chengdu)
  const before = await rowCounts(net)
  const answer = await open(asked)
  expect([answer.status, answer.body.code]).toEqual([status, code])
  expect(await rowCounts(net)).toEqual(before)
})

test('a field that may not travel is refused with its place, and nothing is stored', async () => {
  const agreed = Object.keys(notice).filter((name) => name !== 'facts')
  const fields = { notice: agreed.map((name) => `/${name}`), filing: [''] }
  await agree({ fields }, chengdu)
  const before = await rowCounts(net)
  const answer = await open()
  expect(answer.status).toBe(422)
  expect(answer.body).toMatchObject({ code: 'field-not-agreed', errors: [{ pointer: '/data/facts', code: 'field-not-agreed' }] })
  expect(JSON.stringify(answer.body)).not.toContain(String(notice.facts).slice(0, 10))
  expect(await rowCounts(net)).toEqual(before)
})

test('what the receiver did not agree to comes back refused, with its reason', async () => {
  await agree({}, chengdu)
  await agree({ fields: { notice: ['/employer'] } }, chongqing)
  const first = await openCase(net, violationNotice, chengdu, chongqing, notice)
  await net.settle()
  const documentsOf = async (number: string) => (await net.node(chengdu).as('officer').get(`/v1/cases/${number}`)).body.documents
  expect(await documentsOf(first.caseNumber)).toMatchObject([{ standing: 'refused' }])
  expect(JSON.stringify(await documentsOf(first.caseNumber))).toContain('field-not-agreed')
  await agree({ basis: ['other'] }, chongqing)
  const second = await openCase(net, violationNotice, chengdu, chongqing, notice)
  await net.settle()
  expect(JSON.stringify(await documentsOf(second.caseNumber))).toContain('"agreement"')
  expect((await net.node(chongqing).as('officer').get(`/v1/cases/${second.caseNumber}`)).status).toBe(404)
})

test('an agreement that has ended governs its cases to their end, on both sides', async () => {
  await agree({}, chengdu, chongqing)
  const played = await openCase(net, violationNotice, chengdu, chongqing, notice)
  await net.settle()
  await agree({ validTo: '2026-01-31' }, chengdu, chongqing)
  expect((await open()).body.code).toBe('agreement-not-in-force')
  await addDocument(net, played, chongqing, 'filing', exampleData(violationNotice, 'filing'))
  await agree({ validTo: '2026-01-31', basis: [`${basis}（修订）`] }, chongqing)
  const refused = await tryDocument(net, played, chongqing, 'filing', exampleData(violationNotice, 'filing'))
  expect([refused.status, refused.body.code]).toEqual([403, 'basis-not-agreed'])
})

test('officers see the agreements of their region, in both languages', async () => {
  const { status, body: answer } = await net.node(chongqing).as('officer').get('/v1/agreements')
  expect(status).toBe(200)
  expect(answer.items).toContainEqual(
    expect.objectContaining({
      id: 'violation-notice-2026',
      basis: [`${basis}（修订）`],
      validTo: '2026-01-31',
      inForce: false,
      fields: null,
    }),
  )
  expect(answer.items).toContainEqual(
    expect.objectContaining({ procedureTitle: insuranceTransfer.title, purposes: insuranceTransfer.purposes, inForce: true }),
  )
})

test('other procedures are not concerned', async () => {
  const letter = exampleData(insuranceTransfer, 'contact-letter')
  await openCase(net, insuranceTransfer, chengdu, chongqing, letter)
  await net.settle()
})
