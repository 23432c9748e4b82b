import { certificateRecognition, certificates } from '@hefu/procedures'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { listOf, TestNetwork } from '../../src/index.ts'
import { addDocument, type Expected, exampleData, expectCase, openCase, openTasks, type PlayedCase, readCase, tryDocument } from './play.ts'

let net: TestNetwork
let serial = 100_000
beforeAll(async () => {
  net = await TestNetwork.create(['510100', '500000'])
})
afterAll(async () => await net[Symbol.asyncDispose]())

type Use = 'recognition' | 'subsidy' | 'hiring'
const data = (document: string, at = 0) => exampleData<Record<string, unknown>>(certificateRecognition, document, at)

/** A certificate that no other case asks about; its number names the issuer's province. */
function newCertificate(issuer: string) {
  serial += 1
  const { certificate } = exampleData<{ certificate: Record<string, unknown> }>(certificateRecognition, 'request')
  return { ...certificate, number: `S0001${issuer.slice(0, 2)}000001243${serial}` }
}
const recordOf = (certificate: object) => ({ ...certificate, issuingBody: '职业技能鉴定指导中心' })
const authentic = (certificate: object, more: object = {}) => ({ outcome: 'authentic', record: recordOf(certificate), ...more })
const recognised = data('decision', 0)
const refused = data('decision', 1)

const requested: Expected = {
  state: 'requested',
  ball: 'issuer',
  deadlines: [{ rule: 'verification', days: 3, from: 'request' }],
  owner: ['withdrawal'],
  counterparty: ['verification'],
}
const verified = (ball: 'host' | null = 'host'): Expected => ({
  state: 'verified',
  ball,
  owner: ['decision', 'withdrawal'],
  counterparty: ['verification', 'revocation'],
})
const underReview = (from: 'verification' | 'revocation'): Expected => ({
  state: 'under-review',
  ball: 'host',
  deadlines: [{ rule: 'review', days: 10, from }],
  owner: ['decision'],
  counterparty: ['verification', 'revocation'],
})
const isRecognised: Expected = { state: 'recognised', ball: null, owner: [], counterparty: ['verification', 'revocation'] }
const isRefused: Expected = { state: 'refused', ball: null, owner: [], counterparty: ['verification', 'revocation'] }
const withdrawn: Expected = { state: 'withdrawn', ball: null, final: true, owner: [], counterparty: [] }

async function ask(
  host: string,
  issuer: string,
  use: Use = 'recognition',
): Promise<{ played: PlayedCase; certificate: Record<string, unknown> }> {
  const certificate = newCertificate(issuer)
  const played = await openCase(net, certificateRecognition, host, issuer, { certificate, use })
  await net.settle()
  return { played, certificate }
}

const hostTasks = async (played: PlayedCase) =>
  (await openTasks(net.node(played.owner).as('officer'), played.caseNumber)).map((task) => String(task.document))

describe.each([
  ['510100', '500000'],
  ['500000', '510100'],
])('%s asks %s', (host, issuer) => {
  it('verified, recognised, revoked, reviewed, refused, verified again, reviewed', async () => {
    const { played, certificate } = await ask(host, issuer)
    await expectCase(net, played, requested)
    await addDocument(net, played, issuer, 'verification', { outcome: 'mismatch', fields: ['level'] })
    await expectCase(net, played, verified())
    expect(await hostTasks(played)).toEqual(['decision'])
    const wrong = await tryDocument(net, played, host, 'decision', recognised)
    expect(wrong.body).toMatchObject({
      status: 422,
      code: 'document-findings',
      errors: [{ pointer: '/data/outcome', code: 'not-authentic' }],
    })
    await addDocument(net, played, issuer, 'verification', authentic(certificate))
    await expectCase(net, played, verified())
    await addDocument(net, played, host, 'decision', recognised)
    await expectCase(net, played, isRecognised)
    expect(await hostTasks(played)).toEqual([])

    await addDocument(net, played, issuer, 'revocation', data('revocation'))
    await expectCase(net, played, underReview('revocation'))
    expect(await hostTasks(played)).toEqual(['decision'])
    const reasonless = await tryDocument(net, played, host, 'decision', recognised)
    expect(reasonless.body).toMatchObject({ status: 422, errors: [{ pointer: '/data/reason', code: 'reason-needed' }] })
    await addDocument(net, played, issuer, 'verification', { outcome: 'revoked', revokedOn: '2026-10-12', reason: '考核过程违规' })
    // What arrives during a review does not start its clock again.
    await expectCase(net, played, underReview('revocation'))
    await addDocument(net, played, host, 'decision', refused)
    await expectCase(net, played, isRefused)
    await addDocument(net, played, issuer, 'revocation', data('revocation'))
    await expectCase(net, played, isRefused)
    await addDocument(net, played, issuer, 'verification', authentic(certificate))
    await expectCase(net, played, underReview('verification'))
    await addDocument(net, played, issuer, 'revocation', data('revocation'))
    await expectCase(net, played, underReview('verification'))
    await addDocument(net, played, host, 'decision', { ...recognised, reason: '复核后确认' })
    await expectCase(net, played, isRecognised)
    await addDocument(net, played, issuer, 'verification', { outcome: 'not-found' })
    await expectCase(net, played, underReview('verification'))
    await addDocument(net, played, host, 'decision', refused)
    await expectCase(net, played, isRefused)
  })

  it('revoked while verified, and withdrawn from both states that allow it', async () => {
    const [one, two, three] = [await ask(host, issuer), await ask(host, issuer), await ask(host, issuer)]
    await addDocument(net, one.played, issuer, 'verification', authentic(one.certificate))
    await addDocument(net, one.played, issuer, 'revocation', data('revocation'))
    await expectCase(net, one.played, underReview('revocation'))
    await addDocument(net, two.played, host, 'withdrawal', data('withdrawal'))
    await expectCase(net, two.played, withdrawn)
    await addDocument(net, three.played, issuer, 'verification', { outcome: 'not-found' })
    await addDocument(net, three.played, host, 'withdrawal', data('withdrawal'))
    await expectCase(net, three.played, withdrawn)
    expect(await hostTasks(three.played)).toEqual([])
  })

  it('before hiring nobody waits for a decision; for a subsidy the answer says whether one was paid', async () => {
    const hiring = await ask(host, issuer, 'hiring')
    await addDocument(net, hiring.played, issuer, 'verification', authentic(hiring.certificate))
    await expectCase(net, hiring.played, verified(null))
    expect(await hostTasks(hiring.played)).toEqual([])
    const subsidy = await ask(host, issuer, 'subsidy')
    const silent = await tryDocument(net, subsidy.played, issuer, 'verification', authentic(subsidy.certificate))
    expect(silent.body).toMatchObject({ status: 422, errors: [{ pointer: '/data/subsidyPaid', code: 'subsidy-missing' }] })
    await addDocument(net, subsidy.played, issuer, 'verification', authentic(subsidy.certificate, { subsidyPaid: { paid: false } }))
    await expectCase(net, subsidy.played, verified())
  })

  it("the issuer's register: silence is drafted, a record that comes later answers by itself, a revoked one is drafted", async () => {
    const officer = net.node(issuer).as('officer')
    const put = async (certificate: Record<string, unknown>, record: object) => {
      expect([200, 201]).toContain((await officer.put(`/v1/registers/certificates/${certificate.number}`, record)).status)
      await net.settle()
    }
    const valid = (certificate: object) => ({ ...recordOf(certificate), status: 'valid' })
    const drafts = async (played: PlayedCase) =>
      (await openTasks(officer, played.caseNumber)).map((task) => task.draft?.data?.outcome ?? task.draft?.document)

    const late = await ask(host, issuer)
    expect(await drafts(late.played)).toEqual(['not-found'])
    await put(late.certificate, { ...valid(late.certificate), occupation: '焊工' })
    expect(await drafts(late.played)).toEqual(['mismatch'])
    await expectCase(net, late.played, requested)
    await put(late.certificate, valid(late.certificate))
    await expectCase(net, late.played, verified())
    expect(await drafts(late.played)).toEqual([])

    const imported = await ask(host, issuer)
    const rows = `${JSON.stringify(valid(imported.certificate))}\n`
    const started = await officer.post('/v1/imports?target=certificates', rows, { headers: { 'content-type': 'application/x-ndjson' } })
    expect(started.status).toBe(202)
    await net.settle()
    await expectCase(net, imported.played, verified())

    await put(imported.certificate, {
      ...valid(imported.certificate),
      status: 'revoked',
      revokedOn: '2026-10-12',
      revocationReason: '考核过程违规',
    })
    expect(await drafts(imported.played)).toEqual(['revocation'])
    const [task] = await openTasks(officer, imported.played.caseNumber)
    await addDocument(net, imported.played, issuer, 'revocation', task?.draft?.data)
    await expectCase(net, imported.played, underReview('revocation'))
    expect(await drafts(imported.played)).toEqual([])
  })
})

it('a register without a subsidy proves nothing: the answer is drafted, and goes out by itself once a record says that one was paid', async () => {
  const officer = net.node('500000').as('officer')
  const subsidy = { paidOn: '2025-03-10', amountYuan: '2000.00', paidBy: '重庆市就业服务管理局' }
  const put = async (certificate: Record<string, unknown>, more: object = {}) => {
    const record = { ...recordOf(certificate), status: 'valid', ...more }
    expect([200, 201]).toContain((await officer.put(`/v1/registers/certificates/${certificate.number}`, record)).status)
    await net.settle()
  }
  const [confirmed, corrected] = [await ask('510100', '500000', 'subsidy'), await ask('510100', '500000', 'subsidy')]
  for (const { played, certificate } of [confirmed, corrected]) {
    await put({ ...certificate, holder: { name: '陈立', idNumber: '50011220000229001X' } })
    await put(certificate)
    await expectCase(net, played, requested)
    expect(await openTasks(officer, played.caseNumber)).toMatchObject([
      {
        draft: { data: authentic(certificate, { subsidyPaid: { paid: false } }) },
        note: { zh: expect.stringContaining('没有补贴记录'), en: expect.stringContaining('no subsidy') },
      },
    ])
  }
  // The officer has looked elsewhere too, and sends what was drafted.
  const [task] = await openTasks(officer, confirmed.played.caseNumber)
  await addDocument(net, confirmed.played, '500000', 'verification', task?.draft?.data)
  await expectCase(net, confirmed.played, verified())
  expect(await openTasks(officer, confirmed.played.caseNumber)).toEqual([])

  await put(corrected.certificate, { subsidy })
  await expectCase(net, corrected.played, verified())
  expect(await openTasks(officer, corrected.played.caseNumber)).toEqual([])
  const document = listOf((await readCase(net, corrected.played, '510100')).documents).at(-1)
  const read = await net.node('510100').as('officer').get(`/v1/cases/${corrected.played.caseNumber}/documents/${document?.id}`)
  expect(read.body).toMatchObject({ document: 'verification', data: { outcome: 'authentic', subsidyPaid: { paid: true, ...subsidy } } })
})

it('the example of the register answers the example of the request', async () => {
  const officer = net.node('500000').as('officer')
  const record = certificates.examples[0]?.data as Record<string, unknown>
  expect((await officer.put(`/v1/registers/certificates/${record.number}`, record)).status).toBe(201)
  const played = await openCase(net, certificateRecognition, '510100', '500000', data('request'))
  await net.settle()
  await expectCase(net, played, verified())
})

it('has left both halves alike', async () => {
  expect(await net.differences()).toEqual([])
})
