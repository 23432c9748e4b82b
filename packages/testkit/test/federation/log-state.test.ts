import type { RegionId } from '@hefu/reference'
import { parseCheckpointNote, verifyCheckpoint } from '@hefu/translog'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { holdWrites } from '../../src/faults/hold-lock.ts'
import { type Json, listOf, TestNetwork } from '../../src/index.ts'
import { waitUntil } from '../../src/processes/wait-until.ts'
import { chengdu, chongqing, notice } from '../faults/bodies.ts'
import { postInbox, signedNotice } from '../faults/craft.ts'
import { query } from '../faults/observe.ts'

let net: TestNetwork
beforeAll(async () => {
  net = await TestNetwork.create([chengdu, chongqing])
})
afterAll(async () => await net?.[Symbol.asyncDispose]())

const officer = () => net.node(chongqing).as('officer')
const submit = async () => await officer().post('/v1/violation-notices', { ...notice, from: '500000-0001', to: '510100-0001' })
const checks = async (region: string): Promise<{ status: number; named: Map<string, Json> }> => {
  const { status, body } = await net.node(region).as(null).get('/readyz')
  return { status, named: new Map(listOf(body.checks).map((check) => [String(check.name), check])) }
}
const isWitnessed = async (): Promise<boolean> => String((await checks(chongqing)).named.get('log-witnessed')?.ok) === 'true'
const metric = async (name: string): Promise<number> => {
  const text = await (await fetch(`${net.node(chongqing).node.api}/metrics`)).text()
  return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1])
}

it('a node that works says so', async () => {
  await net.settle()
  const { status, named } = await checks(chongqing)
  expect(status).toBe(200)
  expect([...named.values()].map(({ name, ok }) => [name, ok])).toEqual([
    ['database', true],
    ['queue', true],
    ['log', true],
    ['log-confirmed', true],
    ['log-witnessed', true],
    ['log-tiles', true],
    ['registry', true],
    ['peer-keys', true],
  ])
  for (const check of named.values())
    expect(check).toMatchObject({ zh: expect.stringMatching(/\p{Script=Han}/u), en: expect.stringMatching(/^[a-z]/i) })
  expect((await net.node(chongqing).as('operator').get('/v1/exchange-log/state')).body).toMatchObject({
    origin: 'hefu.sandbox/500000',
    epoch: 0,
    confirmed: true,
    waiting: false,
    sealed: null,
    steps: [],
  })
  // The gauges show what was read a moment ago.
  await waitUntil(async () => (await metric('hefu_log_confirmed')) === 1, 10_000)
  expect(await metric('hefu_log_sealed')).toBe(0)
})

describe('no log, no action', () => {
  it('after 30 s without a place in the log: 503 to officers and peers until it goes on; auditors read', async () => {
    await using lock = await holdWrites(net.node(chongqing).databaseUrl, 'log_entries')
    const opened = await submit()
    expect(opened.status).toBe(201)
    const path = `/v1/violation-notices/${opened.body.caseNumber}`
    await lock.blocks()
    await net.moveClock(29_000, chongqing, { log: 'may-wait' })
    expect((await submit()).status).toBe(201)
    expect((await officer().get(path)).status).toBe(200)

    await net.moveClock(2_000, chongqing, { log: 'may-wait' })
    await waitUntil(async () => (await submit()).status === 503, 5_000)
    const refused = await submit()
    expect(refused).toMatchObject({ status: 503, body: { code: 'log-unavailable', detail: expect.stringMatching(/\S/) } })
    expect(refused.headers.get('retry-after')).toBe('5')
    expect(await officer().get(path)).toMatchObject({ status: 503, body: { code: 'log-unavailable' } })
    const token = await signedNotice(net.node(chengdu).signer)
    expect(await postInbox(net.node(chongqing).node.exchange ?? '', token.token)).toMatchObject({
      status: 503,
      json: { code: 'log-unavailable' },
    })
    expect((await net.node(chongqing).as('auditor').get('/v1/cases')).status).toBe(200)
    const { status, named } = await checks(chongqing)
    expect([status, named.get('log')?.ok]).toEqual([503, false])
    expect(await metric('hefu_log_pending_seconds')).toBeGreaterThan(30)
    expect(await query(net.node(chongqing).databaseUrl, 'select 1 from inbox where digest = $1', [token.digest])).toEqual([])

    await lock.release()
    await waitUntil(async () => (await checks(chongqing)).status === 200, 10_000)
    await waitUntil(async () => (await submit()).status === 201, 5_000)
    expect((await officer().get(path)).status).toBe(200)
    await net.settle()
    expect(await net.differences()).toEqual([])
  })
})

describe('witnessing', () => {
  it('every checkpoint of a quiet log is soon witnessed, and each witness is remembered', async () => {
    expect((await submit()).status).toBe(201)
    await net.settle()
    const { node, databaseUrl } = net.node(chongqing)
    const newest = async () =>
      (await query<{ size: string; witnessed: string | null }>(databaseUrl, 'select * from log_checkpoints order by size desc limit 1'))[0]
    await waitUntil(async () => (await newest())?.witnessed !== null, 10_000)
    const row = await newest()
    const { policy } = node.ctx.exchangeLog
    if (policy === undefined) throw new Error('no policy')
    expect(verifyCheckpoint(row?.witnessed ?? '', policy)).toMatchObject({ ok: true, value: { quorum: true } })
    const [witness] = await query<{ witness: string; size: string; note: string }>(databaseUrl, 'select * from log_witnesses')
    expect(witness).toMatchObject({ witness: 'hefu.sandbox/510100/witness', size: row?.size })
    expect(parseCheckpointNote(witness?.note ?? '')).toMatchObject({ ok: true, value: { checkpoint: { size: Number(row?.size) } } })
  })

  it('readiness tells when a witness answers and cosigns nothing for a quarter of an hour; the node works on', async () => {
    const silent = net
      .link(chongqing, chengdu)
      .inject({ kind: 'status', status: 500 }, { log: true, when: ({ path }) => path.includes('/witness/') })
    // What was asked before has its answer by then; what is asked from now on has none.
    expect((await submit()).status).toBe(201)
    await silent.hit()
    await net.moveClock(16 * 60_000)
    await waitUntil(async () => (await isWitnessed()) === false, 20_000, 100)
    expect((await checks(chongqing)).status).toBe(200)
    expect((await submit()).status).toBe(201)
    // The gauge shows what was read a moment ago.
    await waitUntil(async () => (await metric('hefu_log_witnessed_seconds')) > 900, 20_000, 100)
    silent.remove()
    await waitUntil(async () => (await isWitnessed()) === true, 20_000, 100)
  })

  it('a witness that has forgotten what it cosigned is reported, and asked from where it stands', async () => {
    await net.settle()
    const [before] = await query<{ size: string }>(net.node(chongqing).databaseUrl, 'select size from log_witnesses')
    await query(net.node(chengdu).databaseUrl, 'delete from witnessed_heads where origin = $1', ['hefu.sandbox/500000'])
    expect((await submit()).status).toBe(201)
    const forgot = async () =>
      (await net.node(chongqing).as('operator').all('/v1/alerts')).filter(({ kind }) => String(kind) === 'witness.forgot')
    await waitUntil(async () => (await forgot()).length > 0, 10_000)
    const [alert] = await forgot()
    expect(alert).toMatchObject({ peer: chengdu as RegionId, detail: { witness: 'hefu.sandbox/510100/witness', recordedSize: 0 } })
    await net.settle()
    const size = async () =>
      Number((await query<{ size: string }>(net.node(chongqing).databaseUrl, 'select size from log_witnesses'))[0]?.size)
    await waitUntil(async () => (await size()) > Number(before?.size), 10_000)
    expect((await checks(chongqing)).named.get('log-confirmed')?.ok).toBe(true)
  })
})
