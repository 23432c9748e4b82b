import { insuranceTransfer, insuredPersons } from '@hefu/procedures'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { listOf, TestNetwork } from '../../src/index.ts'
import { personNumber } from './people.ts'
import { addDocument, type Expected, exampleData, expectCase, openCase, openTasks, type PlayedCase, tryDocument } from './play.ts'

let net: TestNetwork
let serial = 100
beforeAll(async () => {
  net = await TestNetwork.create(['510100', '500000'])
})
afterAll(async () => await net[Symbol.asyncDispose]())

interface OfPerson {
  readonly person: object
}
const data = (document: string, at = 0) => exampleData<Record<string, unknown> & OfPerson>(insuranceTransfer, document, at)
const withId = (one: Record<string, unknown> & OfPerson, idNumber: string) => ({ ...one, person: { ...one.person, idNumber } })
const letter = (idNumber: string) => withId(data('contact-letter'), idNumber)
const form = (idNumber: string, version = 1) => ({ ...withId(data('information-form'), idNumber), version })
function nextPerson(): string {
  serial += 2
  return personNumber(serial)
}

const request = async (incoming: string, outgoing: string, idNumber = nextPerson()) => {
  const played = await openCase(net, insuranceTransfer, incoming, outgoing, letter(idNumber))
  await net.settle()
  return { played, idNumber }
}

/** Between Sichuan and Chongqing one clock runs over the whole case, five working days from the letter. */
const clock: Expected['deadlines'] = [{ rule: 'transfer', days: 5, from: 'contact-letter' }]
const requested: Expected = {
  state: 'requested',
  ball: 'outgoing',
  deadlines: clock,
  owner: ['withdrawal'],
  counterparty: ['supplement-request', 'return', 'information-form'],
}
const supplementing: Expected = {
  state: 'supplementing',
  ball: 'incoming',
  deadlines: clock,
  owner: ['supplement', 'withdrawal'],
  counterparty: ['return'],
}
const verifying: Expected = { ...requested, state: 'verifying' }
const informed: Expected = {
  state: 'informed',
  ball: 'incoming',
  deadlines: clock,
  owner: ['objection', 'completion', 'withdrawal'],
  counterparty: [],
}
const disputed: Expected = {
  state: 'disputed',
  ball: 'outgoing',
  deadlines: clock,
  owner: ['withdrawal'],
  counterparty: ['information-form'],
}
const over = (state: string): Expected => ({ state, ball: null, final: true, owner: [], counterparty: [] })

const settlementOf = async (played: PlayedCase, region: string) =>
  (await net.node(region).as('officer').all('/v1/settlement-entries')).filter((entry) => String(entry.caseNumber) === played.caseNumber)

const taskDocuments = async (played: PlayedCase, region: string) =>
  (await openTasks(net.node(region).as('officer'), played.caseNumber)).map((task) => String(task.document))

describe.each([
  ['510100', '500000'],
  ['500000', '510100'],
])('%s asks %s', (incoming, outgoing) => {
  it('the whole way: supplement, form, objection, corrected form, completion', async () => {
    const { played, idNumber } = await request(incoming, outgoing)
    await expectCase(net, played, requested)
    await addDocument(net, played, outgoing, 'supplement-request', data('supplement-request'))
    await expectCase(net, played, supplementing)
    expect(await taskDocuments(played, incoming)).toEqual(['supplement'])
    await addDocument(net, played, incoming, 'supplement', { ...data('supplement'), letter: letter(idNumber) })
    await expectCase(net, played, verifying)
    expect(await taskDocuments(played, incoming)).toEqual([])
    await addDocument(net, played, outgoing, 'supplement-request', data('supplement-request'))
    await expectCase(net, played, supplementing)
    await addDocument(net, played, incoming, 'supplement', { items: (data('supplement') as unknown as { items: unknown }).items })
    await expectCase(net, played, verifying)
    await addDocument(net, played, outgoing, 'information-form', form(idNumber))
    await expectCase(net, played, informed)
    expect(await taskDocuments(played, incoming)).toEqual(['completion'])
    await addDocument(net, played, incoming, 'objection', data('objection'))
    await expectCase(net, played, disputed)

    const again = await tryDocument(net, played, outgoing, 'information-form', form(idNumber))
    expect(again.body).toMatchObject({
      status: 422,
      code: 'document-findings',
      errors: [{ pointer: '/data/version', code: 'form-version' }],
    })
    await addDocument(net, played, outgoing, 'information-form', form(idNumber, 2))
    await expectCase(net, played, informed)
    expect(await settlementOf(played, incoming)).toEqual([])
    await addDocument(net, played, incoming, 'completion', data('completion'))
    await expectCase(net, played, over('completed'))

    const amounts = (data('information-form') as unknown as { amounts: Record<string, string> }).amounts
    const [here, there] = [await settlementOf(played, incoming), await settlementOf(played, outgoing)]
    expect(here).toMatchObject([
      {
        insuranceType: '110',
        payer: outgoing,
        payee: incoming,
        poolYuan: amounts.poolTransfer,
        personalYuan: amounts.individualTransfer,
        totalYuan: amounts.totalTransfer,
      },
    ])
    expect(there).toEqual(here)
  })

  it('ends in a return or a withdrawal from every state that is not final', async () => {
    const inState: Record<string, (played: PlayedCase, idNumber: string) => Promise<void>> = {
      requested: async () => {},
      supplementing: async (played) => void (await addDocument(net, played, outgoing, 'supplement-request', data('supplement-request'))),
      verifying: async (played, idNumber) => {
        await addDocument(net, played, outgoing, 'supplement-request', data('supplement-request'))
        await addDocument(net, played, incoming, 'supplement', { ...data('supplement'), letter: letter(idNumber) })
      },
      informed: async (played, idNumber) => void (await addDocument(net, played, outgoing, 'information-form', form(idNumber))),
      disputed: async (played, idNumber) => {
        await addDocument(net, played, outgoing, 'information-form', form(idNumber))
        await addDocument(net, played, incoming, 'objection', data('objection'))
      },
    }
    const returnable = ['requested', 'supplementing', 'verifying']
    const ways = Object.keys(inState).flatMap((state) =>
      returnable.includes(state) ? [[state, 'return'] as const, [state, 'withdrawal'] as const] : [[state, 'withdrawal'] as const],
    )
    const ended = await Promise.all(
      ways.map(async ([state, end]) => {
        const idNumber = nextPerson()
        const { played } = await request(incoming, outgoing, idNumber)
        await inState[state]?.(played, idNumber)
        expect((await net.node(outgoing).as('officer').get(`/v1/cases/${played.caseNumber}`)).body).toMatchObject({ state })
        await addDocument(net, played, end === 'return' ? outgoing : incoming, end, data(end))
        await expectCase(net, played, over(end === 'return' ? 'returned' : 'withdrawn'))
        expect(await settlementOf(played, incoming)).toEqual([])
        return idNumber
      }),
    )
    // A return or a withdrawal gives the relation back: nobody is told that it is being transferred already.
    const again = await Promise.all(ended.map(async (idNumber) => await request(incoming, outgoing, idNumber)))
    for (const { played } of again) {
      const codes = (await openTasks(net.node(outgoing).as('officer'), played.caseNumber)).map((task) => String(task.draft?.data?.code))
      expect(codes).toEqual(['R02'])
    }
  })

  it('the relation ends at the outgoing side with the completion, and not before', async () => {
    const { played, idNumber } = await request(incoming, outgoing)
    const officer = net.node(outgoing).as('officer')
    const record = { ...(insuredPersons.examples[0]?.data as OfPerson), relationNumber: `R-${outgoing}-1`, agency: `${outgoing}-0001` }
    // Still contributing: the register drafts a return, the officer writes the form by hand.
    const path = `/v1/registers/insured-persons/${record.relationNumber}`
    expect((await officer.put(path, { ...record, person: { ...record.person, idNumber }, status: 'contributing' })).status).toBe(201)
    await net.settle()
    expect(await openTasks(officer, played.caseNumber)).toMatchObject([
      { document: 'return', draft: { document: 'return', data: { code: 'R09' } } },
    ])
    await addDocument(net, played, outgoing, 'information-form', form(idNumber))
    expect(listOf((await officer.get(path)).body.entries)).toEqual([])
    await addDocument(net, played, incoming, 'completion', data('completion'))
    expect(listOf((await officer.get(path)).body.entries)).toMatchObject([
      { caseNumber: played.caseNumber, data: { transferredTo: incoming, endedOn: '2026-11-20', continuedAs: '110' } },
    ])
  })

  it('twice for one relation: a second letter drafts a return R08, also after the completion, and months are handed over once', async () => {
    const first = await request(incoming, outgoing)
    const second = await request(incoming, outgoing, first.idNumber)
    const officer = net.node(outgoing).as('officer')
    const asked = await openTasks(officer, second.played.caseNumber)
    expect(asked).toContainEqual(
      expect.objectContaining({ document: 'return', draft: { document: 'return', data: expect.objectContaining({ code: 'R08' }) } }),
    )
    expect(asked.filter((task) => String(task.draft?.data?.code) === 'R08')).toHaveLength(1)
    const r08 = asked.find((task) => String(task.draft?.data?.code) === 'R08')
    await addDocument(net, second.played, outgoing, 'return', r08?.draft?.data)
    await expectCase(net, second.played, over('returned'))
    expect(await openTasks(officer, second.played.caseNumber)).toEqual([])

    await addDocument(net, first.played, outgoing, 'information-form', form(first.idNumber))
    await addDocument(net, first.played, incoming, 'completion', data('completion'))
    const third = await request(incoming, outgoing, first.idNumber)
    expect(await openTasks(officer, third.played.caseNumber)).toContainEqual(
      expect.objectContaining({ draft: expect.objectContaining({ data: expect.objectContaining({ code: 'R08' }) }) }),
    )
    // The months of the completed transfer are gone: a form that holds them is not sent.
    const twice = await tryDocument(net, third.played, outgoing, 'information-form', form(first.idNumber))
    expect(twice.body).toMatchObject({ status: 409, code: 'conflict' })
  })
})

it('has left both halves alike', async () => {
  expect(await net.differences()).toEqual([])
})
