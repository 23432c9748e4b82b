import type { RegionId } from '@hefu/reference'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { type HeldLock, holdCase, holdWrites } from '../../src/faults/hold-lock.ts'
import { type Federation, listOf, startFederation } from '../../src/index.ts'
import { waitUntil } from '../../src/processes/wait-until.ts'
import { chengdu, chongqing, notice, transferApplication } from './bodies.ts'
import { count, query } from './observe.ts'
import { as, differences, settle } from './real-federation.ts'

// A process that is killed in the middle of an erasure or a recall: nothing is half done, and both halves come to match.

let federation: Federation
beforeAll(async () => {
  federation = await startFederation({ regions: [chengdu, chongqing] as RegionId[], durable: false })
})
afterAll(async () => await federation?.stop())
afterEach(async () => {
  for (const node of federation.nodes) if (!node.running()) await node.start()
})

const officer = (region: string) => as(federation, region, 'officer')
const database = (region: string) => federation.node(region).databaseUrl

async function kill(region: string, lock?: HeldLock): Promise<void> {
  expect(await federation.node(region).kill('SIGKILL')).toMatchObject({ signal: 'SIGKILL' })
  await lock?.bury()
}

/** Until a session waits to write what was asked: it has done everything before that in its transaction. */
async function waitsToInsert(region: string): Promise<void> {
  const waiting = `select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'
    and query ilike 'insert into "content_requests"%'`
  await waitUntil(async () => (await count(database(region), waiting)) > 0, 20_000)
}

async function open(path: string, body: unknown): Promise<{ caseNumber: string; id: string }> {
  const answer = await officer(chengdu).post(path, body)
  expect(answer.status).toBe(201)
  await settle(federation)
  return { caseNumber: String(answer.body.caseNumber), id: String(answer.body.document?.id) }
}

async function openWithdrawn(): Promise<string> {
  const { caseNumber } = await open('/v1/insurance-transfers', transferApplication)
  const path = `/v1/insurance-transfers/${caseNumber}`
  const etag = (await officer(chengdu).get(path)).headers.get('etag') ?? ''
  const body = { purpose: transferApplication.purpose, basis: transferApplication.basis, data: { code: 'R13' } }
  expect((await officer(chengdu).post(`${path}/withdrawal`, body, { ifMatch: etag })).body).toMatchObject({ caseNumber })
  await settle(federation)
  return caseNumber
}

const erased = (region: string, caseNumber: string) =>
  count(database(region), 'select count(*) from cases where case_number = $1 and erased_at is not null', [caseNumber])
const bytes = (region: string, caseNumber: string) =>
  count(database(region), 'select count(*) from documents where case_number = $1 and message is not null', [caseNumber])
const recalled = (region: string, caseNumber: string) =>
  count(database(region), 'select count(*) from documents where case_number = $1 and recalled_at is not null', [caseNumber])
/** Due at once, however often it was asked already. */
const askNow = async () => await query(database(chengdu), 'update content_requests set next_at = now() where answer is null')

async function expectAnswered(caseNumber: string, outcome: string): Promise<void> {
  const outcomes = async (region: string) =>
    listOf((await officer(region).get(`/v1/cases/${caseNumber}`)).body.contentRequests).map((one) => String(one.outcome))
  await askNow()
  await waitUntil(async () => (await outcomes(chengdu)).every((one) => one !== 'null'), 30_000)
  expect([await outcomes(chengdu), await outcomes(chongqing)]).toEqual([[outcome], [outcome]])
  await settle(federation)
  expect(await differences(federation)).toEqual([])
  for (const region of [chengdu, chongqing]) {
    const kinds = `select kind, count(*)::int as count from log_entries where case_number = $1 and kind like 'content.%' group by kind order by kind`
    expect(await query(database(region), kinds, [caseNumber])).toEqual([
      { kind: 'content.answer', count: 1 },
      { kind: 'content.request', count: 1 },
    ])
  }
}

const holdInserts = (region: string) => holdWrites(database(region), 'content_requests')

it('the side that erases is killed between its erasure and its question: neither has happened; ordered again, both do', {
  timeout: 120_000,
}, async () => {
  const caseNumber = await openWithdrawn()
  const before = await bytes(chengdu, caseNumber)
  await using lock = await holdInserts(chengdu)
  const order = officer(chengdu)
    .post(`/v1/cases/${caseNumber}/erasure`, { reason: 'ordered' })
    .catch(() => 'no answer' as const)
  await waitsToInsert(chengdu)
  await kill(chengdu, lock)
  expect(await order).toBe('no answer')
  expect([await erased(chengdu, caseNumber), await bytes(chengdu, caseNumber)]).toEqual([0, before])
  await federation.node(chengdu).start()
  expect((await officer(chengdu).post(`/v1/cases/${caseNumber}/erasure`, { reason: 'ordered' })).status).toBe(202)
  expect([await erased(chengdu, caseNumber), await bytes(chengdu, caseNumber)]).toEqual([1, 0])
  await expectAnswered(caseNumber, 'held')
})

it('the side that is asked to erase is killed before it has answered: nothing is gone there; asked again, all of it', {
  timeout: 120_000,
}, async () => {
  const caseNumber = await openWithdrawn()
  const before = await bytes(chongqing, caseNumber)
  // Its time is over there.
  await query(
    database(chongqing),
    "update cases set blocked_at = now() - interval '31 days', updated_at = now() - interval '60 years' where case_number = $1",
    [caseNumber],
  )
  await using lock = await holdInserts(chongqing)
  expect((await officer(chengdu).post(`/v1/cases/${caseNumber}/erasure`, { reason: 'ordered' })).status).toBe(202)
  await waitsToInsert(chongqing)
  await kill(chongqing, lock)
  expect([await erased(chongqing, caseNumber), await bytes(chongqing, caseNumber)]).toEqual([0, before])
  await federation.node(chongqing).start()
  await expectAnswered(caseNumber, 'erased')
  expect([await erased(chongqing, caseNumber), await bytes(chongqing, caseNumber)]).toEqual([1, 0])
})

it('the receiver of a recall is killed before it has confirmed: the document stands there; asked again, it is recalled on both', {
  timeout: 120_000,
}, async () => {
  const { caseNumber, id } = await open('/v1/violation-notices', notice)
  await using lock = await holdInserts(chongqing)
  expect((await officer(chengdu).post(`/v1/cases/${caseNumber}/documents/${id}/recall`, { reason: 'wrong-person' })).status).toBe(202)
  await waitsToInsert(chongqing)
  await kill(chongqing, lock)
  expect([await recalled(chengdu, caseNumber), await recalled(chongqing, caseNumber)]).toEqual([0, 0])
  await federation.node(chongqing).start()
  await expectAnswered(caseNumber, 'recalled')
  expect([await recalled(chengdu, caseNumber), await recalled(chongqing, caseNumber)]).toEqual([1, 1])
})

it('the author of a recall is killed with the confirmation in hand: it asks again with the same text, and is given the same answer', {
  timeout: 120_000,
}, async () => {
  const { caseNumber, id } = await open('/v1/violation-notices', notice)
  const node = federation.node(chongqing)
  await node.kill('SIGKILL')
  expect((await officer(chengdu).post(`/v1/cases/${caseNumber}/documents/${id}/recall`, { reason: 'wrong-document' })).status).toBe(202)
  await using lock = await holdCase(database(chengdu), caseNumber)
  await node.start()
  await askNow()
  await waitUntil(async () => (await recalled(chongqing, caseNumber)) === 1, 30_000)
  await lock.blocks()
  const answer = 'select answer from content_requests where case_number = $1'
  const given = await query(database(chongqing), answer, [caseNumber])
  await kill(chengdu, lock)
  expect(await query(database(chengdu), answer, [caseNumber])).toEqual([{ answer: null }])
  expect(await recalled(chengdu, caseNumber)).toBe(0)
  await federation.node(chengdu).start()
  await expectAnswered(caseNumber, 'recalled')
  expect(await recalled(chengdu, caseNumber)).toBe(1)
  expect(await query(database(chengdu), answer, [caseNumber])).toEqual(given)
})
