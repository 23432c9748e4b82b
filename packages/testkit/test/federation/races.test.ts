import { insuranceTransfer, violationNotice } from '@hefu/procedures'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Json, listOf, TestNetwork } from '../../src/index.ts'
import { exampleData, openCase, type PlayedCase, readCase, tryDocument } from './play.ts'

let net: TestNetwork
beforeAll(async () => {
  net = await TestNetwork.create(['510100', '500000'])
})
afterAll(async () => await net[Symbol.asyncDispose]())

const data = (document: string, at = 0) => exampleData<Record<string, unknown>>(violationNotice, document, at)
const officer = (region: string) => net.node(region).as('officer')

/** Each side writes while nothing passes between them; then everything arrives. */
async function atOnce(writes: () => Promise<unknown>): Promise<void> {
  const holds = ['510100', '500000'].map((from) => net.link(from, from === '510100' ? '500000' : '510100').inject({ kind: 'hold' }))
  await writes()
  for (const hold of holds) hold.remove()
  await net.settle()
}

const standings = (one: Json) => listOf(one.documents).map(({ document, standing, reasonCode }) => [document, standing, reasonCode])
const events = async (played: PlayedCase, region: string, kind: string) => {
  const { items } = (await officer(region).get(`/v1/cases/${played.caseNumber}/timeline`)).body
  return listOf(items).filter((item) => String(item.kind) === kind)
}

describe('documents written on both sides at the same time', () => {
  it.each([
    ['510100', '500000'],
    ['500000', '510100'],
  ])("the owner's (%s) comes first on both nodes; the other side's is void with a reason, and its author is told", async (finder, home) => {
    const played = await openCase(net, violationNotice, finder, home, data('notice'))
    await net.settle()
    await atOnce(async () => {
      const answers = await Promise.all([
        tryDocument(net, played, finder, 'retraction', data('retraction')),
        tryDocument(net, played, home, 'filing', data('filing')),
      ])
      expect(answers.map(({ status }) => status)).toEqual([201, 201])
      // Until the other side's document arrives, each side sees its own take effect.
      expect(await readCase(net, played, home)).toMatchObject({ state: 'filed' })
      expect(listOf((await officer(home).get('/v1/registers/employers/91500112MA5U7B2C22')).body.entries)).toHaveLength(1)
    })
    const [own, other] = [await readCase(net, played, finder), await readCase(net, played, home)]
    for (const one of [own, other]) {
      expect(one).toMatchObject({ state: 'retracted', final: true })
      expect(standings(one)).toEqual([
        ['notice', 'effective', null],
        ['retraction', 'effective', null],
        ['filing', 'void', 'overtaken'],
      ])
      expect(String(listOf(one.documents)[2]?.reason)).toMatch(/撤回.*\/.*Retraction/)
    }
    const filing = listOf(other.documents)[2]?.digest
    expect(await events(played, home, 'document.void')).toMatchObject([
      { digest: filing, document: 'filing', by: home, title: { en: 'document is void' } },
    ])
    // Its consequences are withdrawn with it.
    expect((await officer(home).get('/v1/registers/employers/91500112MA5U7B2C22')).status).toBe(404)
  })

  it('a filing that answers the notice which a correction has replaced is void, and may be written anew', async () => {
    const played = await openCase(net, violationNotice, '510100', '500000', data('notice'))
    await net.settle()
    await atOnce(async () => {
      await tryDocument(net, played, '510100', 'correction', data('correction'))
      await tryDocument(net, played, '500000', 'filing', data('filing'))
    })
    for (const region of ['510100', '500000']) {
      const one = await readCase(net, played, region)
      expect(one).toMatchObject({ state: 'notified', ballHolder: 'home' })
      expect(standings(one)).toEqual([
        ['notice', 'effective', null],
        ['correction', 'effective', null],
        ['filing', 'void', 'answers-older'],
      ])
    }
    expect((await tryDocument(net, played, '500000', 'filing', data('filing'))).status).toBe(201)
    await net.settle()
    expect(await readCase(net, played, '510100')).toMatchObject({ state: 'filed' })
  })

  it('a withdrawal and a form that cross: the form is void and nothing is settled', async () => {
    const played = await openCase(net, insuranceTransfer, '510100', '500000', exampleData(insuranceTransfer, 'contact-letter'))
    await net.settle()
    await atOnce(async () => {
      await tryDocument(net, played, '510100', 'withdrawal', exampleData(insuranceTransfer, 'withdrawal'))
      await tryDocument(net, played, '500000', 'information-form', exampleData(insuranceTransfer, 'information-form'))
    })
    for (const region of ['510100', '500000']) {
      const one = await readCase(net, played, region)
      expect(one).toMatchObject({ state: 'withdrawn', final: true })
      expect(standings(one).at(-1)).toEqual(['information-form', 'void', 'overtaken'])
    }
    expect(await events(played, '500000', 'document.void')).toHaveLength(1)
    expect(await events(played, '510100', 'document.void')).toHaveLength(1)
  })
})

describe('what is kept of a case', () => {
  it('a timeline in order of time, and the exact content on both nodes', async () => {
    const played = await openCase(net, violationNotice, '510100', '500000', data('notice'))
    await net.settle()
    await tryDocument(net, played, '500000', 'filing', data('filing'))
    await net.settle()
    for (const region of ['510100', '500000']) {
      const { items } = (await officer(region).get(`/v1/cases/${played.caseNumber}/timeline`)).body
      const times = listOf(items).map((item) => String(item.at))
      expect(times).toEqual([...times].sort())
      const happened = listOf(items).map(({ kind, document }) => `${kind} ${document}`)
      for (const document of ['notice', 'filing']) {
        expect(happened).toEqual(expect.arrayContaining([`document.issued ${document}`, `document.received ${document}`]))
      }
      expect(happened).toEqual(expect.arrayContaining(['case.notified null', 'case.filed null']))
      expect(listOf(items).every((item) => String(item.title?.zh) !== '' && String(item.title?.en) !== '')).toBe(true)
    }
    const contents = await Promise.all(
      ['510100', '500000'].map(async (region) => {
        const path = `/v1/cases/${played.caseNumber}/documents`
        const list = listOf((await officer(region).get(path)).body.items)
        return await Promise.all(list.map(async ({ id }) => (await officer(region).get(`${path}/${id}`)).body))
      }),
    )
    expect(contents[1]).toEqual(contents[0])
    expect(contents[0]).toMatchObject([
      {
        document: 'notice',
        by: '510100',
        data: data('notice'),
        purpose: 'labour-inspection',
        message: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]{86}$/),
      },
      { document: 'filing', by: '500000', data: data('filing') },
    ])
  })

  it('is 404 for another agency of the region, everywhere', async () => {
    const played = await openCase(net, violationNotice, '510100', '500000', data('notice'))
    await net.settle()
    const [id] = listOf((await readCase(net, played, '510100')).documents).map((one) => String(one.id))
    for (const [region, agency] of [
      ['510100', '510104-0001'],
      ['500000', '500109-0001'],
    ] as const) {
      const stranger = net.node(region).as('officer', agency)
      expect((await stranger.get('/v1/cases')).body).toEqual({ items: [] })
      const at = `/v1/cases/${played.caseNumber}`
      for (const path of [
        at,
        `/v1/violation-notices/${played.caseNumber}`,
        `${at}/timeline`,
        `${at}/next`,
        `${at}/documents`,
        `${at}/documents/${id}`,
      ]) {
        expect((await stranger.get(path)).body).toMatchObject({ status: 404, code: 'not-found', errors: [] })
      }
      const written = await stranger.post(
        `/v1/violation-notices/${played.caseNumber}/retraction`,
        { purpose: 'labour-inspection', basis: '第十三条', data: data('retraction') },
        { ifMatch: '"x"' },
      )
      expect(written.body).toMatchObject({ status: 404, code: 'not-found' })
    }
  })
})

it('has left both halves alike', async () => {
  expect(await net.differences()).toEqual([])
})
