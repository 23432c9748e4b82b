import { insuranceTransfer, insuredPersons } from '@hefu/procedures'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Json, listOf, type RestartChanges, TestNetwork } from '../../src/index.ts'
import { personNumber } from './people.ts'
import { exampleData, openCase, openTasks, type PlayedCase, readCase, tryDocument } from './play.ts'

/** 510100 asks 500000, whose register of insured persons answers, drafts or keeps silent. */
let net: TestNetwork
let serial = 500
beforeAll(async () => {
  net = await TestNetwork.create(['510100', '500000'])
})
afterAll(async () => await net[Symbol.asyncDispose]())

const letter = exampleData<Record<string, unknown> & { person: object }>(insuranceTransfer, 'contact-letter')
const registered = insuredPersons.examples[0]?.data as Record<string, unknown> & { person: object }
const keeper = () => net.node('500000').as('officer')
function nextPerson(): string {
  serial += 2
  return personNumber(serial)
}

async function keep(idNumber: string, changes: object = {}): Promise<void> {
  const relationNumber = `R-${idNumber.slice(-4, -1)}-${Object.keys(changes).join('-') || 'plain'}`
  const record = { ...registered, person: { ...registered.person, idNumber }, relationNumber, ...changes }
  expect((await keeper().put(`/v1/registers/insured-persons/${relationNumber}`, record)).status).toBe(201)
}

async function ask(idNumber: string, changes: object = {}): Promise<PlayedCase> {
  const data = { ...letter, person: { ...letter.person, idNumber }, ...changes }
  const played = await openCase(net, insuranceTransfer, '510100', '500000', data)
  await net.settle()
  return played
}

const drafts = async (played: PlayedCase): Promise<Json[]> =>
  (await openTasks(keeper(), played.caseNumber)).filter((task) => task.draft !== null)
const formOf = async (played: PlayedCase): Promise<Json> => {
  const form = listOf((await readCase(net, played, '510100')).documents).find((one) => String(one.document) === 'information-form')
  return (await net.node('510100').as('officer').get(`/v1/cases/${played.caseNumber}/documents/${form?.id}`)).body
}

describe('returns are drafted, never sent', () => {
  it.each([
    ['R01', 'another name', { person: { ...registered.person, name: '周小岚' } }],
    ['R02', 'no record', null],
    ['R03', 'in payment', { status: 'in-payment' }],
    ['R04', 'the relation stays', { relationStays: true }],
    ['R09', 'still contributing', { status: 'contributing' }],
    ['R09', 'in arrears', { arrears: true }],
  ])('%s: %s', async (code, _, changes) => {
    const idNumber = nextPerson()
    const person = (changes as { person?: object } | null)?.person
    if (changes !== null) await keep(idNumber, person ? { person: { ...person, idNumber } } : changes)
    const played = await ask(idNumber)
    const [task, ...more] = await drafts(played)
    expect(more).toEqual([])
    expect(task).toMatchObject({
      document: 'return',
      draft: { document: 'return', data: { code } },
      note: { zh: expect.any(String), en: expect.any(String) },
    })
    expect(await readCase(net, played, '510100')).toMatchObject({ state: 'requested' })
    // The officer completes it as it stands, and the task is done.
    expect((await tryDocument(net, played, '500000', 'return', task?.draft?.data)).status).toBe(201)
    await net.settle()
    expect(await readCase(net, played, '510100')).toMatchObject({ state: 'returned', final: true })
    expect((await keeper().get(`/v1/tasks/${task?.id}`)).body).toMatchObject({ state: 'closed', closedAt: expect.any(String) })
  })
})

describe('the information form', () => {
  it('goes out by itself when the register proves it, with its excluded periods', async () => {
    const idNumber = nextPerson()
    const excludedPeriods = ['R05', 'R06', 'R07'].map((code, at) => ({
      from: `201${at}-01`,
      to: `201${at}-03`,
      code,
      explanation: '重复参保',
    }))
    await keep(idNumber, { excludedPeriods })
    const played = await ask(idNumber)
    expect(await readCase(net, played, '510100')).toMatchObject({ state: 'informed', ballHolder: 'incoming', findings: [] })
    expect(await drafts(played)).toEqual([])
    expect(await formOf(played)).toMatchObject({
      by: '500000',
      purpose: 'relation-transfer',
      data: { version: 1, person: { idNumber }, excludedPeriods, amounts: { pre98Personal: '0.00' } },
    })
  })

  it('follows the register while it is a draft: one draft at a time, the other closed', async () => {
    const idNumber = nextPerson()
    const played = await ask(idNumber, { accountKind: 'temporary' })
    const path = `/v1/registers/insured-persons/F-${idNumber.slice(-4, -1)}`
    const record = { ...registered, person: { ...registered.person, idNumber }, relationNumber: path.split('/').at(-1) }
    const expected = ['return', 'information-form', 'return', 'information-form']
    for (const [at, document] of expected.entries()) {
      if (at > 0) {
        expect([200, 201]).toContain(
          (await keeper().put(path, { ...record, status: document === 'return' ? 'in-payment' : 'stopped' })).status,
        )
        await net.settle()
      }
      expect((await drafts(played)).map((task) => task.document)).toEqual([document])
    }
    const [task] = await drafts(played)
    expect((await keeper().post(`/v1/tasks/${task?.id}/close`)).body).toMatchObject({ state: 'closed' })
    // What the officer has closed stays closed while the register says the same.
    expect((await keeper().put(path, record)).status).toBe(200)
    await net.settle()
    expect(await drafts(played)).toEqual([])
    // Who closed it is in the exchange log, once, also when it was closed again.
    await keeper().post(`/v1/tasks/${task?.id}/close`)
    await net.settle()
    const entries = await net.node('500000').as('auditor').all('/v1/exchange-log/entries?kind=admin.change')
    const closed = entries.map(({ entry }) => JSON.parse(String(entry))).filter(({ action }) => action === 'task.closed')
    expect(closed).toEqual([expect.objectContaining({ client: 'sandbox-officer', role: 'officer', subject: task?.id })])
  })

  it('goes out once, when the record comes after the letter', async () => {
    const idNumber = nextPerson()
    const played = await ask(idNumber)
    expect(await drafts(played)).toMatchObject([{ draft: { data: { code: 'R02' } } }])
    await keep(idNumber)
    await net.settle()
    expect(await readCase(net, played, '510100')).toMatchObject({ state: 'informed' })
    expect(await drafts(played)).toEqual([])
    await keep(idNumber, { workStart: '2019-03-02' })
    await net.settle()
    expect(listOf((await readCase(net, played, '510100')).documents)).toHaveLength(2)
  })

  it('is drafted when a temporary account is asked for, or anything about it is unusual', async () => {
    const idNumber = nextPerson()
    await keep(idNumber)
    const played = await ask(idNumber, { accountKind: 'temporary' })
    const [task] = await drafts(played)
    expect(task).toMatchObject({ document: 'information-form', draft: { data: { version: 1, person: { idNumber } } } })
    expect((await tryDocument(net, played, '500000', 'information-form', task?.draft?.data)).status).toBe(201)
    await net.settle()
    expect(await readCase(net, played, '510100')).toMatchObject({ state: 'informed' })
    expect(await drafts(played)).toEqual([])

    const twice = nextPerson()
    await keep(twice)
    await keep(twice, { workStart: '2019-03-02' })
    expect(await drafts(await ask(twice))).toMatchObject([
      { document: 'information-form', note: { en: expect.stringContaining('several') } },
    ])

    const split = nextPerson()
    await keep(split, { accountOpened: '1996-03' })
    expect(await drafts(await ask(split))).toMatchObject([{ document: 'information-form' }])
  })

  it('is drafted anew, as the next version, after an objection', async () => {
    const idNumber = nextPerson()
    await keep(idNumber)
    const played = await ask(idNumber)
    expect((await tryDocument(net, played, '510100', 'objection', exampleData(insuranceTransfer, 'objection'))).status).toBe(201)
    await net.settle()
    expect(await drafts(played)).toMatchObject([{ document: 'information-form', draft: { data: { version: 2 } } }])
  })

  it('does not go out twice for one relation: the second letter is for the officer', async () => {
    const idNumber = nextPerson()
    await keep(idNumber)
    const [first, second] = [await ask(idNumber), await ask(idNumber)]
    expect(await readCase(net, first, '510100')).toMatchObject({ state: 'informed' })
    expect(await readCase(net, second, '510100')).toMatchObject({ state: 'requested' })
    expect(await drafts(second)).toMatchObject([{ document: 'return', draft: { data: { code: 'R08' } } }])
  })

  it('is held back while another case has handed the months over, and goes out by itself when that case gives them back', async () => {
    const idNumber = nextPerson()
    const [first, second] = [await ask(idNumber), await ask(idNumber)]
    // Nothing is registered yet. The second letter of one relation is a conflict (R08); the officer hands over all the same.
    expect(await drafts(second)).toMatchObject([{ draft: { data: { code: 'R08' } } }])
    const form = exampleData<{ person: object }>(insuranceTransfer, 'information-form')
    const byHand = await tryDocument(net, second, '500000', 'information-form', { ...form, person: { ...form.person, idNumber } })
    expect(byHand.status).toBe(201)
    await net.settle()
    await keep(idNumber)
    await net.settle()

    expect(await readCase(net, first, '510100')).toMatchObject({ state: 'requested' })
    expect(listOf((await readCase(net, first, '500000')).documents)).toHaveLength(1)
    expect(await drafts(first)).toMatchObject([
      {
        document: 'information-form',
        draft: { data: { version: 1, person: { idNumber } } },
        note: { zh: expect.stringContaining('另一办件'), en: expect.stringContaining('another case') },
      },
    ])
    expect(await net.differences()).toEqual([])
    // Neither does a correction of the record send it.
    const relationNumber = `R-${idNumber.slice(-4, -1)}-plain`
    const corrected = { ...registered, person: { ...registered.person, idNumber }, relationNumber, workStart: '2019-03-02' }
    expect((await keeper().put(`/v1/registers/insured-persons/${relationNumber}`, corrected)).status).toBe(200)
    await net.settle()
    expect(await readCase(net, first, '510100')).toMatchObject({ state: 'requested' })

    expect((await tryDocument(net, second, '510100', 'withdrawal', { code: 'R13' })).status).toBe(201)
    await net.settle()
    expect(await readCase(net, second, '500000')).toMatchObject({ state: 'withdrawn' })
    expect(await readCase(net, first, '510100')).toMatchObject({ state: 'informed', findings: [] })
    expect(await drafts(first)).toEqual([])
    expect(await formOf(first)).toMatchObject({ by: '500000', data: { dates: { workStart: '2019-03-02' } } })
    expect(await net.differences()).toEqual([])
  })

  it('stays a draft under an agreement that is not automatic; cases keep the agreement they began with', async () => {
    const [early, late] = [nextPerson(), nextPerson()]
    const before = await ask(early)
    const byHand: RestartChanges = { agreements: (usual) => usual.flatMap((one) => [one, { ...one, version: 2, automatic: false }]) }
    for (const { region } of net.nodes) await net.restart(region, byHand)
    const after = await ask(late)
    await Promise.all([keep(early), keep(late)])
    await net.settle()
    expect(await readCase(net, before, '500000')).toMatchObject({ agreement: 'insurance-transfer-2026/1', state: 'informed' })
    expect(await readCase(net, after, '500000')).toMatchObject({ agreement: 'insurance-transfer-2026/2', state: 'requested' })
    expect(await drafts(after)).toMatchObject([{ document: 'information-form', draft: { data: { person: { idNumber: late } } } }])
  })
})

it('has left both halves alike', async () => {
  expect(await net.differences()).toEqual([])
})
