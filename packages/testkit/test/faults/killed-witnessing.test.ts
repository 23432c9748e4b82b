import { readFile } from 'node:fs/promises'
import { parseFederation, policyOf } from '@hefu/protocol'
import type { RegionId } from '@hefu/reference'
import { type Policy, verifyCheckpoint } from '@hefu/translog'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Fault } from '../../src/faults/fault.ts'
import { type Federation, type Json, listOf, startFederation } from '../../src/index.ts'
import { nodeBundle } from '../../src/processes/node-bundle.ts'
import { waitUntil } from '../../src/processes/wait-until.ts'
import { chengdu, chongqing, notice } from './bodies.ts'
import { postInbox } from './craft.ts'
import { count, query } from './observe.ts'
import { as, differences, settle } from './real-federation.ts'

let federation: Federation
let policy: Policy
beforeAll(async () => {
  federation = await startFederation({
    regions: [chengdu, chongqing] as RegionId[],
    durable: false,
    faultProxies: true,
    program: await nodeBundle(),
  })
  const parsed = parseFederation(JSON.parse(await readFile(federation.node(chengdu).files.federation, 'utf8')))
  const found = parsed.ok ? policyOf(parsed.federation, chengdu) : undefined
  if (!found) throw new Error('no policy')
  policy = found
})
afterAll(async () => await federation?.stop())
afterEach(async () => {
  link().heal()
  for (const node of federation.nodes) if (!node.running()) await node.start()
})

const link = () => federation.link(chengdu, chongqing)
const database = () => federation.node(chengdu).databaseUrl
const ofWitness = { log: true, when: ({ path }: { path: string }) => path.includes('/witness/') }

async function open(): Promise<void> {
  expect((await as(federation, chengdu, 'officer').post('/v1/violation-notices', notice)).status).toBe(201)
}

async function check(region: string, name: string): Promise<Json | undefined> {
  const answer = await fetch(`${federation.node(region).api}/readyz`)
  return listOf(((await answer.json()) as Json).checks).find((one) => String(one.name) === name)
}
const isConfirmed = async (region: string) => String((await check(region, 'log-confirmed'))?.ok) === 'true'

/** The whole log of Chengdu is witnessed, and what Chongqing remembers is its head. */
async function expectWitnessed(): Promise<void> {
  await waitUntil(async () => await isConfirmed(chengdu), 30_000)
  await settle(federation)
  const newest = async () =>
    (
      await query<{ size: string; witnessed: string | null }>(
        database(),
        'select size, witnessed from log_checkpoints order by size desc limit 1',
      )
    )[0]
  await waitUntil(async () => (await newest())?.witnessed != null, 15_000)
  const head = await newest()
  expect(verifyCheckpoint(head?.witnessed ?? '', policy)).toMatchObject({ ok: true, value: { quorum: true } })
  const there = federation.node(chongqing).databaseUrl
  expect(await count(there, `select size from witnessed_heads where origin = '${policy.log.name}'`)).toBe(Number(head?.size))
  expect(await count(database(), 'select count(*) from log_seals')).toBe(0)
  const alerts = await as(federation, chongqing, 'operator').all('/v1/alerts')
  expect(alerts.filter(({ kind }) => String(kind) === 'witness.contradiction')).toEqual([])
}

describe('the process that moves the log, killed while a witness is asked', () => {
  const moments: [string, Fault][] = [
    ['before the request arrives', { kind: 'cut', how: 'hang' }],
    ['when the witness has cosigned and the answer is on its way', { kind: 'drop-answer' }],
  ]
  it.each(moments)('%s: the log goes on from where it stands, and the witness follows', async (_, fault) => {
    await settle(federation)
    const hit = link().inject(fault, ofWitness)
    await open()
    await hit.hit()
    expect(await federation.node(chengdu).kill('SIGKILL')).toMatchObject({ signal: 'SIGKILL' })
    hit.remove()
    await federation.node(chengdu).start()
    await expectWitnessed()
    expect(await differences(federation)).toEqual([])
  })

  it('again and again under load', async () => {
    for (let kill = 0; kill < 3; kill++) {
      const loaded = Promise.allSettled(Array.from({ length: 20 }, open))
      await link()
        .inject({ kind: 'delay', ms: 50 }, { ...ofWitness, times: 1 })
        .hit()
      await federation.node(chengdu).kill('SIGKILL')
      await loaded
      await federation.node(chengdu).start()
    }
    await expectWitnessed()
    expect(await differences(federation)).toEqual([])
  }, 120_000)
})

it('a start without its witness: local work goes on unplaced, the inbox waits, readiness says so; then everything takes its place', async () => {
  await settle(federation)
  const before = await count(database(), 'select count(*) from log_entries')
  await federation.node(chongqing).stop()
  await federation.node(chengdu).stop()
  await federation.node(chengdu).start()
  const size = await count(database(), 'select size from log_heads')
  await open()
  expect(await check(chengdu, 'log-confirmed')).toMatchObject({
    ok: false,
    zh: expect.stringContaining('见证'),
    en: expect.stringContaining('waiting'),
  })
  expect((await fetch(`${federation.node(chengdu).api}/readyz`)).status).toBe(200)
  expect(await postInbox(federation.node(chengdu).exchange, 'a.b.c')).toMatchObject({ status: 503, json: { code: 'log-unavailable' } })
  expect(await count(database(), 'select size from log_heads')).toBe(size)
  expect(await count(database(), 'select count(*) from log_pending')).toBeGreaterThan(0)
  await federation.node(chongqing).start()
  await expectWitnessed()
  expect(await count(database(), 'select count(*) from log_entries')).toBeGreaterThan(before)
  expect(await differences(federation)).toEqual([])
})
