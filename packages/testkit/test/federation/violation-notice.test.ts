import { violationNotice } from '@hefu/procedures'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Json, listOf, TestNetwork } from '../../src/index.ts'
import { addDocument, type Expected, exampleData, expectCase, openCase, openTasks, type PlayedCase, tryDocument } from './play.ts'

let net: TestNetwork
beforeAll(async () => {
  net = await TestNetwork.create(['510100', '500000'])
})
afterAll(async () => await net[Symbol.asyncDispose]())

const data = (document: string, at = 0) => exampleData<Record<string, unknown>>(violationNotice, document, at)
const [decided, suspected] = [data('notice', 0), data('notice', 1)]
const [corrected, nowDecided] = [data('correction', 0), data('correction', 1)]
const uscc = '91500112MA5U7B2C22'
const until = String(decided.publicUntil)

const notifiedSuspected: Expected = {
  state: 'notified',
  ball: 'finder',
  deadlines: [{ rule: 'investigation', days: 60, from: 'notice', event: 'issued' }],
  owner: ['correction', 'retraction'],
  counterparty: [],
  because: { filing: 'not-decided', repair: 'not-decided' },
}
const notified = (from: 'notice' | 'correction'): Expected => ({
  state: 'notified',
  ball: 'home',
  effectiveUntil: until,
  deadlines: [{ rule: 'filing', days: 5, from }],
  owner: ['correction', 'retraction', 'repair'],
  counterparty: ['filing'],
})
const filed: Expected = {
  state: 'filed',
  ball: null,
  effectiveUntil: until,
  owner: ['correction', 'retraction', 'repair'],
  counterparty: [],
}
const repaired: Expected = { state: 'repaired', ball: null, final: true, effectiveUntil: until, owner: ['retraction'], counterparty: [] }
const retracted: Expected = { state: 'retracted', ball: null, final: true, effectiveUntil: until, owner: [], counterparty: [] }

/** What the employer's integrity file at the home side shows of this case. */
async function entriesOf(played: PlayedCase, region = played.other): Promise<readonly Json[]> {
  const answer = await net.node(region).as('officer').get(`/v1/registers/employers/${uscc}`)
  if (answer.status === 404) return []
  return listOf(answer.body.entries).filter((entry) => String(entry.caseNumber) === played.caseNumber)
}

const taskDocuments = async (played: PlayedCase, region: string) =>
  (await openTasks(net.node(region).as('officer'), played.caseNumber)).map((task) => String(task.document))

describe.each([
  ['510100', '500000'],
  ['500000', '510100'],
])('%s tells %s', (finder, home) => {
  it('a decision: filed, corrected, filed again, repaired, retracted; the entry stands only while it is filed', async () => {
    const played = await openCase(net, violationNotice, finder, home, decided)
    await net.settle()
    await expectCase(net, played, notified('notice'))
    expect(await entriesOf(played)).toEqual([])
    expect(await taskDocuments(played, home)).toEqual(['filing'])

    const filing = await addDocument(net, played, home, 'filing', data('filing'))
    await expectCase(net, played, filed)
    expect(await taskDocuments(played, home)).toEqual([])
    const [entry] = await entriesOf(played)
    expect(entry).toMatchObject({
      digest: filing,
      procedure: 'violation-notice',
      until,
      data: { creditClass: 'serious', keyInspectionTarget: true },
    })
    expect(entry?.data?.provenance).toMatchObject({ caseNumber: played.caseNumber, region: finder, agency: `${finder}-0001` })
    expect(await entriesOf(played, finder)).toEqual([])

    await addDocument(net, played, finder, 'correction', corrected)
    await expectCase(net, played, notified('correction'))
    expect(await entriesOf(played)).toEqual([])
    expect(await taskDocuments(played, home)).toEqual(['filing'])

    await addDocument(net, played, home, 'filing', { ...data('filing'), entryNumber: '渝信档〔2026〕000319' })
    await expectCase(net, played, filed)
    expect(await entriesOf(played)).toMatchObject([
      { data: { entryNumber: '渝信档〔2026〕000319', violations: [{ workersAffected: 36 }] } },
    ])

    await addDocument(net, played, finder, 'repair', data('repair'))
    await expectCase(net, played, repaired)
    expect(await entriesOf(played)).toEqual([])

    await addDocument(net, played, finder, 'retraction', data('retraction'))
    await expectCase(net, played, retracted)
    expect((await tryDocument(net, played, finder, 'retraction', data('retraction'))).body).toMatchObject({
      status: 409,
      code: 'document-not-allowed-now',
    })
  })

  it('a suspicion: never an entry, no filing before it is decided', async () => {
    const played = await openCase(net, violationNotice, finder, home, suspected)
    await net.settle()
    await expectCase(net, played, notifiedSuspected)
    expect(await taskDocuments(played, finder)).toEqual(['correction'])
    expect(await taskDocuments(played, home)).toEqual([])
    const early = await tryDocument(net, played, home, 'filing', data('filing'), { 'accept-language': 'en' })
    expect(early.body).toMatchObject({ status: 409, code: 'document-not-allowed-now', detail: expect.stringContaining('suspicion') })
    expect(await entriesOf(played)).toEqual([])

    await addDocument(net, played, finder, 'correction', nowDecided)
    await expectCase(net, played, notified('correction'))
    expect(await entriesOf(played)).toEqual([])
    const back = await tryDocument(net, played, finder, 'correction', { ...nowDecided, notice: suspected })
    expect(back.body).toMatchObject({
      status: 422,
      code: 'document-findings',
      errors: expect.arrayContaining([expect.objectContaining({ pointer: '/data/notice/stage', code: 'back-to-suspected' })]),
    })

    await addDocument(net, played, home, 'filing', data('filing'))
    expect(await entriesOf(played)).toHaveLength(1)
    await addDocument(net, played, finder, 'retraction', data('retraction'))
    await expectCase(net, played, retracted)
    expect(await entriesOf(played)).toEqual([])
  })

  it('ends from every state: retracted and repaired before anything was filed', async () => {
    const [one, two, three] = await Promise.all([
      openCase(net, violationNotice, finder, home, decided),
      openCase(net, violationNotice, finder, home, decided),
      openCase(net, violationNotice, finder, home, suspected),
    ])
    await net.settle()
    await addDocument(net, one, finder, 'retraction', data('retraction'))
    await expectCase(net, one, retracted)
    await addDocument(net, two, finder, 'repair', data('repair'))
    await expectCase(net, two, repaired)
    await addDocument(net, three, finder, 'retraction', data('retraction'))
    await expectCase(net, three, { ...retracted, effectiveUntil: null })
    for (const played of [one, two, three]) expect(await entriesOf(played)).toEqual([])
  })
})

it('has left both halves alike', async () => {
  expect(await net.differences()).toEqual([])
})
