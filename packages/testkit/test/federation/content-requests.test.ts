import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { endRetention, sendContentRequests } from '@hefu/exchange'
import { insuranceTransfer, violationNotice } from '@hefu/procedures'
import { describe, expect, it } from 'vitest'
import { listOf, TestNetwork } from '../../src/index.ts'
import { waitUntil } from '../../src/processes/wait-until.ts'
import { chengdu, chongqing, notice } from '../faults/bodies.ts'
import { count, query } from '../faults/observe.ts'
import { hefuAudit, settleWitnessed, writeTrust } from './audit-command.ts'
import { addDocument, exampleData, openCase, type PlayedCase } from './play.ts'

const DAY_MS = 86_400_000

const caseAt = async (net: TestNetwork, region: string, { caseNumber }: PlayedCase) =>
  (await net.node(region).as('officer').get(`/v1/cases/${caseNumber}`)).body

async function answered(net: TestNetwork, region: string, played: PlayedCase, asked = 1): Promise<Record<string, unknown>[]> {
  const requests = async () => listOf((await caseAt(net, region, played)).contentRequests as never) as Record<string, unknown>[]
  await waitUntil(async () => (await requests()).filter(({ outcome }) => outcome !== null).length === asked, 30_000)
  return await requests()
}

/** Of both logs, what was asked and answered, in order; each entry is in both. */
async function logged(net: TestNetwork, { caseNumber }: PlayedCase): Promise<string[][]> {
  await net.settle()
  const kinds = async (url: string) =>
    (
      await query<{ kind: string }>(url, "select kind from log_entries where kind like 'content.%' and case_number = $1 order by index", [
        caseNumber,
      ])
    ).map(({ kind }) => kind)
  return await Promise.all(net.nodes.map(async ({ databaseUrl }) => await kinds(databaseUrl)))
}

/** As an auditor judges it, who can reach no node. */
async function auditOf(net: TestNetwork, evidence: object) {
  await settleWitnessed(net)
  const dir = await mkdtemp(join(tmpdir(), 'hefu-content-'))
  const file = join(dir, 'evidence.json')
  await writeFile(file, JSON.stringify(evidence))
  return await hefuAudit(['case', file, ...(await writeTrust(dir, net.node(chengdu).node.ctx.federation))])
}

const openNotice = async (net: TestNetwork) => {
  const played = await openCase(net, violationNotice, chengdu, chongqing, exampleData(violationNotice, 'notice'))
  await net.settle()
  return played
}

describe('recall', () => {
  it('a notice about the wrong person: blocked on both sides at once, case final, effects taken back, evidence and halves alike', {
    timeout: 120_000,
  }, async () => {
    await using net = await TestNetwork.create([chengdu, chongqing])
    const played = await openNotice(net)
    await addDocument(net, played, chongqing, 'filing', exampleData(violationNotice, 'filing'))
    const home = net.nodes[1]?.databaseUrl ?? ''
    const effects = async () => await count(home, 'select count(*) from effects where case_number = $1', [played.caseNumber])
    expect(await effects()).toBeGreaterThan(0)
    const [first] = listOf((await caseAt(net, chengdu, played)).documents) as unknown as { id: string; digest: string }[]
    const path = `/v1/cases/${played.caseNumber}/documents/${first?.id}`

    expect((await net.node(chongqing).as('officer').post(`${path}/recall`, { reason: 'wrong-person' })).status).toBe(409)
    const asked = await net.node(chengdu).as('officer').post(`${path}/recall`, { reason: 'wrong-person' })
    expect([asked.status, asked.body]).toMatchObject([202, { act: 'recall', document: first?.digest, outcome: null }])
    for (const region of [chengdu, chongqing]) {
      expect(await answered(net, region, played)).toMatchObject([{ act: 'recall', by: chengdu, to: chongqing, outcome: 'recalled' }])
      expect((await net.node(region).as('officer').get(path)).body).toMatchObject({ code: 'recalled', status: 410 })
      expect(await caseAt(net, region, played)).toMatchObject({
        state: 'recalled',
        final: true,
        documents: [
          { standing: 'void', reasonCode: 'recalled' },
          { standing: 'void', reasonCode: 'case-recalled' },
        ],
      })
    }
    expect(await effects()).toBe(0)
    expect(await net.differences()).toEqual([])
    expect(await logged(net, played)).toEqual([
      ['content.request', 'content.answer'],
      ['content.request', 'content.answer'],
    ])
    await settleWitnessed(net)
    const evidence = (await net.node(chongqing).as('officer').get(`/v1/cases/${played.caseNumber}/evidence`)).body
    expect(listOf(evidence.documents as never)[0]).toMatchObject({ message: null, answer: { status: 'accepted' } })

    const judged = await auditOf(net, evidence)
    expect([judged.status, judged.report.findings]).toEqual([0, []])
    expect(judged.report.contentRequests).toMatchObject([
      { act: 'recall', by: chengdu, to: chongqing, outcome: 'recalled', provenBy: [expect.any(String), expect.any(String)] },
    ])
    const [content] = evidence.contentRequests as unknown as [{ request: string; logProofs: object[] }]
    const forged = await auditOf(net, { ...evidence, contentRequests: [{ ...content, answer: content.request }] })
    expect(forged.report.findings).toMatchObject([{ code: 'content-answer' }])
    const unproven = await auditOf(net, { ...evidence, contentRequests: [{ ...content, logProofs: [] }] })
    expect(unproven.report.findings).toMatchObject([{ code: 'content-unproven' }, { code: 'content-unproven' }])

    const held = 'select count(*) from documents where recalled_at is not null and message is not null'
    for (const { node, databaseUrl } of net.nodes) {
      await endRetention({ ...node.ctx, now: () => Date.now() + 29 * DAY_MS })
      expect(await count(databaseUrl, held)).toBe(1)
      await endRetention({ ...node.ctx, now: () => Date.now() + 31 * DAY_MS })
      expect(await count(databaseUrl, held)).toBe(0)
    }
    expect(await net.differences()).toEqual([])
  })

  it('of a document whose digest begins with a sign: like any other', { timeout: 120_000 }, async () => {
    await using net = await TestNetwork.create([chengdu, chongqing])
    const officer = net.node(chengdu).as('officer')
    // One digest in 32 does; base64url has two signs beside its 62 letters and digits.
    let signed: { caseNumber: string; id: string } | undefined
    while (signed === undefined) {
      const { caseNumber } = await openCase(net, violationNotice, chengdu, chongqing, exampleData(violationNotice, 'notice'))
      const [first] = listOf((await officer.get(`/v1/cases/${caseNumber}`)).body.documents) as unknown as { id: string; digest: string }[]
      if (first && /^[-_]/.test(first.digest)) signed = { caseNumber, id: first.id }
    }
    await net.settle()
    const asked = await officer.post(`/v1/cases/${signed.caseNumber}/documents/${signed.id}/recall`, { reason: 'wrong-person' })
    expect([asked.status, asked.body]).toMatchObject([202, { act: 'recall' }])
  })

  it('of a case that has run its course: refused with its reason, nothing changes, and an operator hears of it', {
    timeout: 120_000,
  }, async () => {
    await using net = await TestNetwork.create([chengdu, chongqing])
    const played = await openNotice(net)
    const [first] = listOf((await caseAt(net, chengdu, played)).documents) as unknown as { id: string }[]
    // Asked while it is open here; at the receiver it is final by the time it is asked.
    net.link(chengdu, chongqing).inject({ kind: 'cut', how: 'refuse' })
    const asked = await net
      .node(chengdu)
      .as('officer')
      .post(`/v1/cases/${played.caseNumber}/documents/${first?.id}/recall`, { reason: 'wrong-addressee' })
    expect(asked.status).toBe(202)
    await query(net.node(chongqing).databaseUrl, 'update cases set erased_at = now(), data_key = null where case_number = $1', [
      played.caseNumber,
    ])
    net.link(chengdu, chongqing).heal()
    expect(await answered(net, chengdu, played)).toMatchObject([{ outcome: 'refused', outcomeReason: 'erased' }])
    const alerts = listOf((await net.node(chengdu).as('operator').get('/v1/alerts')).body.items as never)
    expect(alerts).toMatchObject([{ kind: 'content.refused', detail: { reason: 'erased' } }])
  })
})

describe('erasure', () => {
  async function withdrawn(net: TestNetwork): Promise<PlayedCase> {
    const [opening] = insuranceTransfer.documents['contact-letter']?.examples ?? []
    const played = await openCase(net, insuranceTransfer, chengdu, chongqing, opening?.body.data)
    await net.settle()
    await addDocument(net, played, chengdu, 'withdrawal', exampleData(insuranceTransfer, 'withdrawal'))
    return played
  }

  it('by order: the peer holds until its own term, is asked again after it, and then answers erased', { timeout: 120_000 }, async () => {
    await using net = await TestNetwork.create([chengdu, chongqing])
    const played = await withdrawn(net)
    const path = `/v1/cases/${played.caseNumber}/erasure`
    const ordered = await net.node(chengdu).as('officer').post(path, { reason: 'person-request' })
    expect([ordered.status, ordered.body]).toMatchObject([202, { contentRequests: [{ act: 'erase', outcome: null }] }])
    expect((await net.node(chengdu).as('officer').post(path, { reason: 'person-request' })).body.erasedAt).toBe(ordered.body.erasedAt)
    const [held] = await answered(net, chengdu, played)
    expect(held).toMatchObject({ outcome: 'held', basis: expect.stringMatching(/^(agreement|procedure):/), heldUntil: expect.any(String) })
    expect(await caseAt(net, chongqing, played)).toMatchObject({ erasedAt: null, contentRequests: [{ outcome: 'held' }] })
    expect(await net.differences()).toEqual([])

    const after = Date.parse(String(held?.heldUntil)) - Date.now() + DAY_MS
    const later = (node: TestNetwork['nodes'][number]) => ({ ...node.node.ctx, now: () => Date.now() + after })
    await endRetention({ ...later(net.node(chongqing)), now: () => Date.now() + after - 30.5 * DAY_MS })
    await endRetention(later(net.node(chongqing)))
    await query(net.node(chengdu).databaseUrl, 'update content_requests set next_at = now() where next_at is not null')
    const both = await answered(net, chengdu, played, 2)
    expect(both.at(-1)).toMatchObject({ act: 'erase', outcome: 'erased', at: expect.any(String) })
    // The other side is not asked back: it was told.
    await sendContentRequests(net.node(chongqing).node.ctx)
    expect(both.every(({ by }) => by === chengdu)).toBe(true)
    expect(await net.differences()).toEqual([])
  })

  it('a peer that does not answer becomes an alert', { timeout: 120_000 }, async () => {
    await using net = await TestNetwork.create([chengdu, chongqing])
    const played = await withdrawn(net)
    net.link(chengdu, chongqing).inject({ kind: 'cut', how: 'refuse' })
    expect((await net.node(chengdu).as('officer').post(`/v1/cases/${played.caseNumber}/erasure`, { reason: 'ordered' })).status).toBe(202)
    const { ctx } = net.node(chengdu).node
    await sendContentRequests({ ...ctx, now: () => Date.now() + 2 * DAY_MS })
    const alerts = listOf((await net.node(chengdu).as('operator').get('/v1/alerts')).body.items as never)
    expect(alerts).toMatchObject([{ kind: 'content.unanswered', peer: chongqing, caseNumber: played.caseNumber }])
    net.link(chengdu, chongqing).heal()
    await query(net.node(chengdu).databaseUrl, 'update content_requests set next_at = now() where next_at is not null')
    expect(await answered(net, chengdu, played)).toMatchObject([{ outcome: 'held' }])
  })
})

it('only who holds the scope orders', { timeout: 60_000 }, async () => {
  await using net = await TestNetwork.create([chengdu, chongqing])
  const opened = await net.node(chengdu).as('officer').post('/v1/violation-notices', notice)
  const path = `/v1/cases/${opened.body.caseNumber}/erasure`
  expect((await net.node(chengdu).as('auditor').post(path, { reason: 'ordered' })).status).toBe(403)
  expect((await net.node(chengdu).as('officer').post(path, { reason: 'ordered' })).body).toMatchObject({ code: 'conflict' })
  expect((await net.node(chengdu).as('officer').post(path, { reason: 'retention-ended' })).status).toBe(422)
})
