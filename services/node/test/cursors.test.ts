import { afterAll, beforeAll, expect, it } from 'vitest'
import { writeCursor } from '../src/http/cursor.ts'
import { call, startPair, type TestPair } from './node-pair.ts'

let pair: TestPair
beforeAll(async () => {
  pair = await startPair()
})
afterAll(async () => {
  const status5xx = pair.chengdu.log.filter((line) => /"status":5\d\d/.test(line))
  await pair[Symbol.asyncDispose]()
  expect(status5xx).toEqual([])
})

const caseNumber = '510100-VN-20261122-7K3F9QX6'
const digest = 'A'.repeat(43)
const instant = '2026-01-01T00:00:00.000Z'
/** More digits than a database takes for a time. */
const long = `2026-01-01T00:00:00.${'0'.repeat(300)}Z`

/** A cursor is no secret: whoever holds one can write another for the same list. */
const lists = [
  {
    path: '/v1/cases',
    as: 'officer',
    good: { openedAt: instant, caseNumber },
    bad: [
      { openedAt: instant, caseNumber: '\u0000' },
      { openedAt: instant, caseNumber: '\ud800' },
      { openedAt: '0000-01-01T00:00:00Z', caseNumber },
      { openedAt: long, caseNumber },
      { openedAt: instant },
    ],
  },
  {
    path: '/v1/receipts',
    as: 'auditor',
    good: { receivedAt: instant, digest },
    bad: [
      { receivedAt: '0000-01-01T00:00:00Z', digest },
      { receivedAt: long, digest },
      { receivedAt: instant, digest: '\u0000' },
    ],
  },
  {
    path: '/v1/settlement-entries',
    as: 'officer',
    good: { completedOn: '2026-01-01', caseNumber },
    bad: [
      { completedOn: '0000-01-01', caseNumber },
      { completedOn: '2026-01-01', caseNumber: '\u0000' },
      { completedOn: '2026-02-30', caseNumber },
    ],
  },
] as const

it.each(lists)('$path refuses a cursor that it cannot have written, and takes its own', async ({ path, as, good, bad }) => {
  const agency = as === 'officer' ? '510100-0001' : null
  const ask = async (after: unknown) => await call(pair.chengdu, `${path}?cursor=${writeCursor([path, [], as, agency], after)}`, { as })
  expect(await ask(good)).toMatchObject({ status: 200, body: { items: [] } })
  for (const after of bad) expect(await ask(after), JSON.stringify(after)).toMatchObject({ status: 400, body: { code: 'cursor-invalid' } })
})
