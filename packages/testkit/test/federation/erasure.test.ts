import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { endRetention } from '@hefu/exchange'
import { expect, it } from 'vitest'
import { listOf, type NetworkNode, TestNetwork } from '../../src/index.ts'
import { chengdu, chongqing, completion, registerExample, transferApplication } from '../faults/bodies.ts'
import { count } from '../faults/observe.ts'
import { findInFiles, walPosition } from '../faults/raw-storage.ts'
import { hefuAudit, settleWitnessed, writeTrust } from './audit-command.ts'
import { reconcileNow } from './reconcile-now.ts'

const DAY_MS = 86_400_000
const RETAINED_DAYS = 3_650

/** As the hourly look of a worker so many days from now. */
async function endRetentionIn(days: number, nodes: readonly NetworkNode[]): Promise<void> {
  for (const { node } of nodes) await endRetention({ ...node.ctx, now: () => Date.now() + days * DAY_MS })
}

async function completeTransfer(net: TestNetwork): Promise<string> {
  const persons = registerExample('insured-persons')
  expect((await net.node(chongqing).as('officer').put(persons.path, persons.body)).status).toBe(201)
  const officer = net.node(chengdu).as('officer')
  const opened = await officer.post('/v1/insurance-transfers', transferApplication)
  expect(opened.status).toBe(201)
  await net.settle()
  const path = `/v1/insurance-transfers/${opened.body.caseNumber}`
  const etag = (await officer.get(path)).headers.get('etag') ?? ''
  expect((await officer.post(`${path}/completion`, completion, { ifMatch: etag })).status).toBe(201)
  await settleWitnessed(net)
  return String(opened.body.caseNumber)
}

it('a final case is blocked, then erased: nothing of its content is left, its evidence still verifies, and the halves are alike', {
  timeout: 240_000,
}, async () => {
  await using net = await TestNetwork.create([chengdu, chongqing])
  const since = await Promise.all(net.nodes.map(async ({ databaseUrl }) => await walPosition(databaseUrl)))
  const ids = [...new Set([...JSON.stringify(transferApplication).matchAll(/\d{17}[\dX]/g)].map(([id]) => id))]
  expect(ids).not.toEqual([])
  const caseNumber = await completeTransfer(net)
  const officer = net.node(chengdu).as('officer')
  const path = `/v1/cases/${caseNumber}`
  const { documents } = (await officer.get(path)).body
  const document = `${path}/documents/${listOf(documents)[0]?.id}`

  await endRetentionIn(RETAINED_DAYS - 1, net.nodes)
  expect((await officer.get(document)).status).toBe(200)
  await endRetentionIn(RETAINED_DAYS + 1, net.nodes)
  expect((await officer.get(document)).body).toMatchObject({ code: 'blocked', status: 403 })
  expect((await officer.get(path)).body).toMatchObject({ state: 'completed', blockedAt: expect.any(String), erasedAt: null })
  await endRetentionIn(RETAINED_DAYS + 29, net.nodes)
  expect((await officer.get(path)).body).toMatchObject({ erasedAt: null })

  // One side first: the other still has everything.
  await endRetentionIn(RETAINED_DAYS + 32, [net.node(chengdu)])
  expect((await officer.get(document)).body).toMatchObject({ code: 'erased', status: 410 })
  await expectAlike(net)
  await endRetentionIn(RETAINED_DAYS + 32, net.nodes)
  await expectAlike(net)

  const erased = (await officer.get(path)).body
  expect(erased).toMatchObject({ state: 'completed', final: true, erasedAt: expect.any(String), next: [], findings: [] })
  const kept = (one: unknown) => listOf(one as never).map(({ id, digest, standing, receivedAt }) => ({ id, digest, standing, receivedAt }))
  expect(kept(erased.documents)).toEqual(kept(documents))
  for (const part of ['/timeline', '/documents', '/next']) expect((await officer.get(`${path}${part}`)).status).toBe(200)
  expect((await officer.get('/v1/cases')).status).toBe(200)
  for (const [at, { databaseUrl }] of net.nodes.entries()) {
    for (const table of ['effects', 'claims', 'register_questions'])
      expect(await count(databaseUrl, `select count(*) from ${table} where case_number = $1`, [caseNumber]), table).toBe(0)
    expect(await count(databaseUrl, 'select count(*) from documents where message is not null and case_number = $1', [caseNumber])).toBe(0)
    expect(await findInFiles(databaseUrl, since[at] ?? '', ids)).toEqual([])
  }
  await expectProven(net, caseNumber)
})

/** Reconciliation finds nothing to bring back. */
async function expectAlike(net: TestNetwork): Promise<void> {
  expect(await reconcileNow(net, chengdu, chongqing)).toMatchObject({
    state: 'done',
    result: { match: true, fetched: 0, restoredAtPeer: 0, open: [] },
  })
}

async function expectProven(net: TestNetwork, caseNumber: string): Promise<void> {
  await settleWitnessed(net)
  const dir = await mkdtemp(join(tmpdir(), 'hefu-erasure-'))
  const trust = await writeTrust(dir, net.node(chengdu).node.ctx.federation)
  for (const { region } of net.nodes) {
    const { status, body } = await net.node(region).as('officer').get(`/v1/cases/${caseNumber}/evidence`)
    // With its code: under load a node may turn a request away.
    expect({ status, code: body.code }).toEqual({ status: 200 })
    expect(listOf(body.documents).map(({ message }) => message)).toEqual([null, null, null])
    const file = join(dir, `${region}.json`)
    await writeFile(file, JSON.stringify(body))
    const audited = await hefuAudit(['case', file, ...trust])
    expect([audited.status, audited.report.findings]).toEqual([0, []])
    for (const { provenBy } of audited.report.documents as { provenBy: string[] }[]) expect(provenBy).toHaveLength(2)
  }
}

it('an agreement that says how long decides, not the procedure', { timeout: 240_000 }, async () => {
  await using net = await TestNetwork.create([chengdu, chongqing], {
    agreements: (usual) => usual.map((one) => ({ ...one, retentionDays: 200 })),
  })
  const caseNumber = await completeTransfer(net)
  const shown = async () => (await net.node(chengdu).as('officer').get(`/v1/cases/${caseNumber}`)).body
  await endRetentionIn(199, net.nodes)
  expect(await shown()).toMatchObject({ blockedAt: null, erasedAt: null })
  await endRetentionIn(201, net.nodes)
  expect(await shown()).toMatchObject({ blockedAt: expect.any(String), erasedAt: null })
  await endRetentionIn(232, net.nodes)
  expect(await shown()).toMatchObject({ erasedAt: expect.any(String) })
})
