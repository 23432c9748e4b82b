import { procedures, violationNotice } from '@hefu/procedures'
import type { MessageClaims } from '@hefu/protocol'
import type { CaseNumber, RegionId } from '@hefu/reference'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { listOf, TestNetwork } from '../../src/index.ts'
import { newCase, postInbox, signedNotice } from '../faults/craft.ts'
import { personNumber } from './people.ts'
import { addDocument, exampleData, expectCase, openCase, type PlayedCase, readCase, rowCounts } from './play.ts'

/** Chengdu, Chongqing and Mianyang: nothing assumes two regions, and two of the three lie in one province. */
const regions = ['510100', '500000', '510700'] as const
let net: TestNetwork
beforeAll(async () => {
  net = await TestNetwork.create(regions)
})
afterAll(async () => await net[Symbol.asyncDispose]())

const data = (document: string) => exampleData<Record<string, unknown>>(violationNotice, document)
const pairs = regions.flatMap((owner) => regions.filter((other) => other !== owner).map((other) => [owner, other] as const))

describe('cases between each pair', () => {
  it('go to the two regions of the case and to nobody else', async () => {
    const cases = await Promise.all(pairs.map(async ([owner, other]) => await openCase(net, violationNotice, owner, other, data('notice'))))
    await net.settle()
    for (const played of cases) {
      await addDocument(net, played, played.other, 'filing', data('filing'))
      await expectCase(net, played, {
        state: 'filed',
        ball: null,
        effectiveUntil: String(data('notice').publicUntil),
        owner: ['correction', 'retraction', 'repair'],
        counterparty: [],
      })
      const third = regions.find((region) => region !== played.owner && region !== played.other) as string
      for (const role of ['officer', 'auditor'] as const) {
        expect((await net.node(third).as(role).get(`/v1/cases/${played.caseNumber}`)).status).toBe(404)
      }
    }
    for (const region of regions) expect(await net.node(region).as('officer').all('/v1/cases')).toHaveLength(4)
    expect(await net.differences()).toEqual([])
  })

  it('inside one province: fifteen working days instead of five, and no amounts', async () => {
    const transfer = procedures.find(({ name }) => name === 'insurance-transfer') as (typeof procedures)[number]
    const idNumber = personNumber(20)
    const letter = exampleData<Record<string, unknown> & { person: object }>(transfer, 'contact-letter')
    const form = exampleData<Record<string, unknown> & { person: object }>(transfer, 'information-form')
    const played = await openCase(net, transfer, '510100', '510700', { ...letter, person: { ...letter.person, idNumber } })
    await net.settle()
    await expectCase(net, played, {
      state: 'requested',
      ball: 'outgoing',
      deadlines: [{ rule: 'information-form', days: 15, from: 'contact-letter' }],
      owner: ['withdrawal'],
      counterparty: ['supplement-request', 'return', 'information-form'],
    })
    const { amounts, ...withoutAmounts } = { ...form, person: { ...form.person, idNumber } } as Record<string, unknown>
    expect(amounts).toBeDefined()
    await addDocument(net, played, '510700', 'information-form', withoutAmounts)
    await expectCase(net, played, {
      state: 'informed',
      ball: 'incoming',
      deadlines: [{ rule: 'completion', days: 15, from: 'information-form' }],
      owner: ['objection', 'completion', 'withdrawal'],
      counterparty: [],
    })
    await addDocument(net, played, '510100', 'completion', exampleData(transfer, 'completion'))
    expect(await net.node('510100').as('officer').all('/v1/settlement-entries')).toEqual([])
    expect(await net.differences()).toEqual([])
  })
})

describe('the third region', () => {
  /** A message as region 510700 would sign it, to Chongqing, about a case that may be anybody's. */
  async function intrude(overrides: Partial<MessageClaims>, signer = net.node('510700').signer) {
    const own = { iss: '510700' as RegionId, from: '510700-0001' as MessageClaims['from'] }
    const { token } = await signedNotice(signer, { ...own, ...overrides })
    const before = await rowCounts(net)
    const answer = await postInbox(net.node('500000').node.exchange ?? '', token)
    await net.settle()
    return { answer, before, after: await rowCounts(net) }
  }

  async function foreignCase(): Promise<{ played: PlayedCase; digest: string; before: unknown }> {
    const played = await openCase(net, violationNotice, '510100', '500000', data('notice'))
    await net.settle()
    const before = await readCase(net, played, '500000')
    return { played, digest: String(listOf(before.documents)[0]?.digest), before }
  }

  it('may not write into a case of the other two: refused, and the case is as it was', async () => {
    const { played, digest, before } = await foreignCase()
    const attempt = {
      case: played.caseNumber as CaseNumber,
      document: 'retraction',
      seen: [digest],
      data: data('retraction') as MessageClaims['data'],
    }
    const { answer, before: rows, after } = await intrude(attempt)
    expect(answer).toMatchObject({
      status: 200,
      json: { messages: [{ status: 'refused', reason: 'case-participants' }], receipts: [expect.any(String)] },
    })
    expect(await readCase(net, played, '500000')).toEqual(before)
    const at = (counts: typeof rows, table: string) => counts.map((one) => one[table])
    for (const table of ['cases', 'documents', 'tasks', 'events', 'effects']) expect(at(after, table)).toEqual(at(rows, table))
  })

  it('may not write into, nor open, a case of another region that is not known: deferred, nothing kept', async () => {
    const unknown = newCase('510100')
    const writing = await intrude({
      case: unknown,
      document: 'retraction',
      seen: ['A'.repeat(43)],
      data: data('retraction') as MessageClaims['data'],
    })
    const opening = await intrude({ case: unknown })
    for (const { answer, before, after } of [writing, opening]) {
      expect(answer).toMatchObject({ status: 200, json: { messages: [{ status: 'deferred', reason: 'case-unknown' }], receipts: [] } })
      expect(after).toEqual(before)
    }
  })

  it("may not speak in another region's name, nor may a side write the other side's documents", async () => {
    const { played, digest, before } = await foreignCase()
    const attempt = {
      case: played.caseNumber as CaseNumber,
      document: 'retraction',
      seen: [digest],
      data: data('retraction') as MessageClaims['data'],
    }
    const chengdu = { iss: '510100' as RegionId, from: '510100-0001' as MessageClaims['from'] }
    const impersonated = await intrude({ ...chengdu, ...attempt })
    expect(impersonated.answer).toMatchObject({ status: 400, json: { code: 'unverifiable' } })
    expect(impersonated.after).toEqual(impersonated.before)
    const wrongSide = await intrude(
      { ...chengdu, ...attempt, document: 'filing', answers: digest, data: data('filing') as MessageClaims['data'] },
      net.node('510100').signer,
    )
    expect(wrongSide.answer).toMatchObject({ status: 200, json: { messages: [{ status: 'refused', reason: 'case-participants' }] } })
    expect(await readCase(net, played, '500000')).toEqual(before)
  })
})
