import { endRetention } from '@hefu/exchange'
import { expect, it } from 'vitest'
import { listOf, TestNetwork } from '../../src/index.ts'
import { chengdu, chongqing, completion, notice, registerExample, transferApplication } from '../faults/bodies.ts'
import { query } from '../faults/observe.ts'

const DAY_MS = 86_400_000

it('a person is told everything that an agency holds on him, and nothing of others', { timeout: 120_000 }, async () => {
  await using net = await TestNetwork.create([chengdu, chongqing])
  const persons = registerExample('insured-persons')
  const [idNumber = ''] = JSON.stringify(persons.body).match(/\d{17}[\dX]/) ?? []
  expect(JSON.stringify(transferApplication)).toContain(idNumber)
  const keeper = net.node(chongqing).as('officer')
  expect((await keeper.put(persons.path, persons.body)).status).toBe(201)
  const officer = net.node(chengdu).as('officer')
  const { caseNumber } = (await officer.post('/v1/insurance-transfers', transferApplication)).body
  await officer.post('/v1/violation-notices', notice)
  await net.settle()

  const ask = async (region: string, agency?: string) =>
    await net.node(region).as('officer', agency).post('/v1/subject-access', { idNumber })
  const here = await ask(chengdu)
  expect(here.status).toBe(200)
  expect(listOf(here.body.cases)).toMatchObject([
    { caseNumber, documents: [{ document: 'contact-letter' }, { document: 'information-form' }] },
  ])
  expect(here.body.records).toEqual([])
  expect(listOf(here.body.dealings)).toMatchObject([{ caseNumber, client: 'sandbox-officer', action: 'document.contact-letter' }])
  const there = await ask(chongqing)
  expect(listOf(there.body.records)).toMatchObject([{ register: 'insured-persons', data: persons.body }])
  expect(listOf(there.body.cases)).toMatchObject([{ caseNumber }])
  expect((await ask(chengdu, '510104-0001')).body).toEqual({ cases: [], records: [], dealings: [] })
  expect((await net.node(chengdu).as('auditor').post('/v1/subject-access', { idNumber })).status).toBe(403)
  expect((await officer.post('/v1/subject-access', { idNumber: '500103198812310021' })).status).toBe(422)

  const path = `/v1/insurance-transfers/${caseNumber}`
  const etag = (await officer.get(path)).headers.get('etag') ?? ''
  expect((await officer.post(`${path}/completion`, completion, { ifMatch: etag })).status).toBe(201)
  await net.settle()
  for (const days of [3_651, 3_682]) {
    const { ctx } = net.node(chengdu).node
    await endRetention({ ...ctx, now: () => Date.now() + days * DAY_MS })
  }
  expect((await ask(chengdu)).body).toEqual({ cases: [], records: [], dealings: [] })

  const entries = await query<{ entry: string }>(
    net.node(chengdu).databaseUrl,
    "select entry from log_entries where entry like '%read-subject%' union all select entry from log_pending where entry like '%read-subject%'",
  )
  expect(entries.map(({ entry }) => JSON.parse(entry))).toContainEqual(
    expect.objectContaining({ purpose: 'subject-access', cases: [caseNumber] }),
  )
  expect(JSON.stringify(entries)).not.toContain(idNumber)
})
