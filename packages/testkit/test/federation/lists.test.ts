import { insuranceTransfer, violationNotice } from '@hefu/procedures'
import { shanghaiDate } from '@hefu/reference'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ApiClient, type Json, listOf, TestNetwork } from '../../src/index.ts'
import { addDocument, exampleData, openCase, type PlayedCase, readCase } from './play.ts'

let net: TestNetwork
let filed: PlayedCase
let suspected: PlayedCase
let transfer: PlayedCase
beforeAll(async () => {
  net = await TestNetwork.create(['510100', '500000'])
  filed = await openNotice()
  suspected = await openCase(net, violationNotice, '510100', '500000', exampleData(violationNotice, 'notice', 1))
  transfer = await openCase(net, insuranceTransfer, '510100', '500000', exampleData(insuranceTransfer, 'contact-letter'))
  await net.settle()
  await addDocument(net, filed, '500000', 'filing', exampleData(violationNotice, 'filing'))
})
afterAll(async () => await net[Symbol.asyncDispose]())

const openNotice = async () => await openCase(net, violationNotice, '510100', '500000', exampleData(violationNotice, 'notice'))
const officer = (region: string) => net.node(region).as('officer')
const numbers = (items: readonly Json[]) => items.map((one) => String(one.caseNumber))

async function page(client: ApiClient, path: string): Promise<{ items: string[]; next: string | null }> {
  const answer = await client.get(path)
  expect(answer.status).toBe(200)
  return { items: numbers(listOf(answer.body.items)), next: /<([^>]+)>; rel="next"/.exec(answer.headers.get('link') ?? '')?.[1] ?? null }
}

describe('filters', () => {
  it.each(['510100', '500000'])('of all cases, at %s', async (region) => {
    const found = async (query: string) => numbers(await officer(region).all(`/v1/cases?limit=2&${query}`)).sort()
    const of = (...cases: PlayedCase[]) => cases.map((one) => one.caseNumber).sort()
    expect(await found('')).toEqual(of(filed, suspected, transfer))
    expect(await found('procedure=violation-notice')).toEqual(of(filed, suspected))
    expect((await officer(region).get('/v1/cases?procedure=no-such')).status).toBe(400)
    expect(await found('state=filed')).toEqual(of(filed))
    expect(await found('state=requested&procedure=insurance-transfer')).toEqual(of(transfer))
    expect(await found('state=requested&procedure=violation-notice')).toEqual([])
    expect(await found('final=true')).toEqual([])
    expect(await found('final=false')).toEqual(of(filed, suspected, transfer))
    expect(await found('ball=mine')).toEqual(region === '510100' ? of(suspected) : of(transfer))
    expect(await found('ball=other')).toEqual(region === '510100' ? of(transfer) : of(suspected))
    const due = String((await readCase(net, transfer, region)).due)
    expect(await found(`due_before=${due}`)).toEqual(of(transfer))
    expect(await found(`due_before=${shanghaiDate(Date.parse(due) - 86_400_000)}`)).toEqual([])
    const today = shanghaiDate(Date.now())
    expect(await found(`opened_from=${today}&opened_to=${today}`)).toEqual(of(filed, suspected, transfer))
    expect(await found(`opened_from=${shanghaiDate(Date.now() + 86_400_000)}`)).toEqual([])
    expect(await found(`opened_to=${shanghaiDate(Date.now() - 86_400_000)}`)).toEqual([])
    expect(numbers(await officer(region).all('/v1/violation-notices?limit=1')).sort()).toEqual(of(filed, suspected))
  })
})

describe('pages', () => {
  it('of cases: while new ones arrive and old ones move on, none is skipped and none comes twice', async () => {
    const before = await Promise.all(Array.from({ length: 9 }, openNotice))
    await net.settle()
    for (const region of ['510100', '500000']) {
      const expected = numbers(await officer(region).all('/v1/violation-notices?limit=200'))
      const read: string[] = []
      for (let next: string | null = '/v1/violation-notices?limit=3'; next !== null; ) {
        const one = await page(officer(region), next)
        read.push(...one.items)
        next = one.next
        await openNotice()
        const moving = before.pop()
        if (moving) await addDocument(net, moving, '510100', 'retraction', exampleData(violationNotice, 'retraction'))
        await net.settle()
      }
      expect(read).toEqual(expected)
      expect(new Set(read).size).toBe(read.length)
    }
  })

  it('of tasks, deliveries and receipts: every one once', async () => {
    for (const [client, path] of [
      [officer('500000'), '/v1/tasks'],
      [net.node('510100').as('operator'), '/v1/deliveries'],
      [net.node('510100').as('auditor'), '/v1/receipts'],
    ] as const) {
      const whole = (await client.all(`${path}?limit=200`)).map((one) => JSON.stringify(one))
      const pages = (await client.all(`${path}?limit=4`)).map((one) => JSON.stringify(one))
      expect(whole.length).toBeGreaterThan(8)
      expect(pages).toEqual(whole)
      expect(new Set(pages).size).toBe(pages.length)
    }
  })

  it('are bound to their filter', async () => {
    const { next } = await page(officer('510100'), '/v1/cases?limit=1')
    const cursor = new URL(next ?? '', 'http://node').searchParams.get('cursor')
    expect((await officer('510100').get(`/v1/cases?limit=1&state=filed&cursor=${cursor}`)).body).toMatchObject({
      status: 400,
      code: 'cursor-invalid',
    })
    expect((await officer('510100').get(`/v1/cases?limit=50&cursor=${cursor}`)).status).toBe(200)
  })
})
