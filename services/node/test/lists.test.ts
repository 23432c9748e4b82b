import { procedures, registers } from '@hefu/procedures'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { apiRoutes } from '../src/api/routes.ts'
import type { Route } from '../src/http/route.ts'
import { call, startPair, type TestPair } from './node-pair.ts'
import { seedLists } from './seed-lists.ts'

type Item = Readonly<Record<string, unknown>>

let pair: TestPair
let importId: string
beforeAll(async () => {
  pair = await startPair()
  importId = (await seedLists(pair)).importId
}, 60_000)
afterAll(async () => {
  const status5xx = pair.chengdu.log.filter((line) => /"status":5\d\d/.test(line))
  await pair[Symbol.asyncDispose]()
  expect(status5xx).toEqual([])
})

/** The log grows with every question about it: its lists have tests of their own (testkit/test/federation/auditors-api.test.ts). */
const lists = apiRoutes(procedures, registers).filter(
  ({ answer, path }) => answer.headers?.Link !== undefined && !path.startsWith('/v1/exchange-log/'),
)
const roleOf = ({ rule }: Route) => rule[0] as 'officer' | 'operator' | 'auditor'
const addressOf = ({ path }: Route) => path.replace('{id}', importId)

async function ask(route: Route, query: string) {
  const reply = await call(pair.chengdu, `${addressOf(route)}?${query}`, { as: roleOf(route) })
  const link = /^<([^>]+)>; rel="next"$/.exec(reply.headers.get('link') ?? '')?.[1]
  return { status: reply.status, body: reply.body, items: reply.body.items as unknown as Item[], query: link?.split('?')[1] }
}

describe.each(lists.map((route) => [route.path, route] as const))('%s', (_, route) => {
  it('pages from its first to its last item, one at a time', async () => {
    const whole = await ask(route, 'limit=200')
    expect(whole.status).toBe(200)
    expect(whole.query).toBeUndefined()
    expect(whole.items.length).toBeGreaterThan(1)
    const read: Item[] = []
    let page = await ask(route, 'limit=1')
    for (; page.query !== undefined && read.length < whole.items.length; page = await ask(route, page.query)) {
      expect(page.items).toHaveLength(1)
      read.push(...page.items)
    }
    expect(page.query).toBeUndefined()
    expect([...read, ...page.items]).toEqual(whole.items)
  })

  it('refuses a cursor that it did not write', async () => {
    const { query } = await ask(route, 'limit=1')
    const cursor = new URLSearchParams(query).get('cursor') ?? ''
    expect(cursor).not.toBe('')
    for (const bad of ['W10', 'x', `${cursor.slice(0, 4)}${cursor.slice(5)}`, `${cursor}AAAA`])
      expect(await ask(route, `limit=1&cursor=${bad}`)).toMatchObject({ status: 400, body: { code: 'cursor-invalid' } })
  })
})

interface Filter {
  readonly values: readonly string[] | ((items: readonly Item[]) => readonly string[])
  /** Whether an item of the unfiltered list belongs to what the filter asks for. */
  readonly keeps: (item: Item, value: string) => boolean
}

const shanghaiDay = (item: Item, member: string) => new Date(Date.parse(String(item[member])) + 8 * 3_600_000).toISOString().slice(0, 10)
const day = (at: string, days: number) => new Date(Date.parse(at) + days * 86_400_000).toISOString().slice(0, 10)
const openedDays = (items: readonly Item[]) =>
  items.slice(0, 1).flatMap((item) => [-1, 0, 1].map((n) => day(shanghaiDay(item, 'openedAt'), n)))
const dueDays = (items: readonly Item[]) => items.flatMap(({ due }) => (typeof due === 'string' ? [day(due, -1), due] : []))
const ofMember = (member: string): Filter => ({
  values: (items) => [...new Set(items.map((item) => String(item[member])))],
  keeps: (item, value) => item[member] === value,
})

/** The values of a closed list, as the route itself takes them. */
function closedValues(route: Route, name: string): readonly string[] {
  const { properties } = z.toJSONSchema(route.query as z.ZodType, { io: 'input' }) as { properties: Record<string, { enum?: string[] }> }
  return properties[name]?.enum ?? []
}
const inState = (route: Route): Filter => ({ values: closedValues(route, 'state'), keeps: (item, value) => item.state === value })

const caseFilters = (route: Route): Record<string, Filter> => ({
  state: inState(route),
  final: { values: ['true', 'false'], keeps: ({ final }, value) => String(final) === value },
  ball: {
    values: ['mine', 'other'],
    keeps: ({ ballHolder, role }, value) => ballHolder !== null && (ballHolder === role) === (value === 'mine'),
  },
  due_before: { values: dueDays, keeps: ({ due }, value) => typeof due === 'string' && due <= value },
  opened_from: { values: openedDays, keeps: (item, value) => shanghaiDay(item, 'openedAt') >= value },
  opened_to: { values: openedDays, keeps: (item, value) => shanghaiDay(item, 'openedAt') <= value },
})

function filtersOf(route: Route): Record<string, Filter> {
  switch (route.path) {
    case '/v1/cases':
      return { ...caseFilters(route), procedure: { ...ofMember('procedure'), values: closedValues(route, 'procedure') } }
    case '/v1/tasks':
      return { state: inState(route), case: ofMember('caseNumber') }
    case '/v1/deliveries':
      return { state: inState(route), peer: ofMember('peer'), case: ofMember('caseNumber') }
    case '/v1/alerts':
      return { open: { values: ['true', 'false'], keeps: ({ acknowledgedAt }, value) => String(acknowledgedAt === null) === value } }
    case '/v1/receipts':
      return { issuer: ofMember('iss') }
    default:
      return procedures.some(({ path }) => route.path === `/v1/${path}`) ? caseFilters(route) : {}
  }
}

const filters = lists.flatMap((route) =>
  Object.entries(filtersOf(route)).map(([name, filter]) => [route.path, name, route, filter] as const),
)

describe('the filter', () => {
  it.each(filters)('of %s by %s: exactly the items that it names, for each value', async (_path, name, route, { values, keeps }) => {
    const { items } = await ask(route, 'limit=200')
    const asked = typeof values === 'function' ? values(items) : values
    expect(asked.length).toBeGreaterThan(0)
    let kept = 0
    for (const value of asked) {
      const found = await ask(route, `limit=200&${name}=${value}`)
      expect([value, found.status, found.items]).toEqual([value, 200, items.filter((item) => keeps(item, value))])
      kept += found.items.length
    }
    expect(kept).toBeGreaterThan(0)
  })

  it('of receipts by case: those with a place of its messages', async () => {
    const route = lists.find(({ path }) => path === '/v1/receipts') as Route
    const { items } = await ask(route, 'limit=200')
    const deliveries = await call(pair.chengdu, '/v1/deliveries?state=delivered&limit=1', { as: 'operator' })
    const found = await ask(route, `case=${deliveries.body.items[0]?.caseNumber}`)
    expect(found.items.length).toBeGreaterThan(0)
    expect(found.items.length).toBeLessThan(items.length)
    const digest = deliveries.body.items[0]?.digest
    const places = await Promise.all(
      found.items.map(async (item) => (await call(pair.chengdu, `/v1/receipts/${item.digest}`, { as: 'auditor' })).body.places),
    )
    expect(places.flat()).toContainEqual(expect.objectContaining({ digest }))
  })

  it('is tried above for every list and every name', () => {
    const tried = new Set([...filters.map(([path, name]) => `${path} ${name}`), '/v1/receipts case'])
    const named = lists.flatMap((route) =>
      Object.keys((route.query as unknown as z.ZodObject).shape).map((name) =>
        /^(limit|cursor)$/.test(name) ? [] : [`${route.path} ${name}`],
      ),
    )
    expect([...tried].sort()).toEqual(named.flat().sort())
  })

  const closed = lists.flatMap((route) =>
    ['state', 'procedure']
      .filter((name) => Object.keys((route.query as unknown as z.ZodObject).shape).includes(name))
      .map((name) => [route.path, name, route] as const),
  )
  it.each(closed)('of %s refuses a %s that there is not', async (_path, name, route) => {
    expect(await ask(route, `${name}=nonsense`)).toMatchObject({
      status: 400,
      body: { code: 'malformed-request', errors: [{ pointer: `/${name}`, code: 'invalid-value', detail: expect.any(String) }] },
    })
  })
})
