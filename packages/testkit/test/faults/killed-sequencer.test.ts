import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseFederation } from '@hefu/protocol'
import type { RegionId } from '@hefu/reference'
import type { VerifierKey } from '@hefu/translog'
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { holdWrites } from '../../src/faults/hold-lock.ts'
import { apiClient, type Federation, startFederation } from '../../src/index.ts'
import { nodeBundle } from '../../src/processes/node-bundle.ts'
import { type NodeProcess, spawnNode } from '../../src/processes/spawn-node.ts'
import { waitUntil } from '../../src/processes/wait-until.ts'
import { chengdu, chongqing, notice } from './bodies.ts'
import { postInbox } from './craft.ts'
import { count } from './observe.ts'
import { as, differences, settle } from './real-federation.ts'
import { acts, wholeLog } from './whole-log.ts'

let federation: Federation
let keys: ReadonlyMap<RegionId, VerifierKey>
beforeAll(async () => {
  federation = await startFederation({ regions: [chengdu, chongqing] as RegionId[], durable: false, program: await nodeBundle() })
  const parsed = parseFederation(JSON.parse(await readFile(federation.node(chengdu).files.federation, 'utf8')))
  if (!parsed.ok) throw new Error('no federation')
  keys = parsed.federation.logKeys
})
afterAll(async () => await federation?.stop())
afterEach(async () => {
  for (const node of federation.nodes) if (!node.running()) await node.start()
})

const database = (region: string) => federation.node(region).databaseUrl
const logOf = async (region: string) => await wholeLog(database(region), keys.get(region as RegionId) as VerifierKey)
const pending = async () => await count(database(chengdu), 'select count(*) from log_pending')
const size = async () => await count(database(chengdu), 'select count(*) from log_entries')

async function open(): Promise<void> {
  expect((await as(federation, chengdu, 'officer').post('/v1/violation-notices', notice)).status).toBe(201)
}

/** Every notice was logged exactly once on both sides, and their receipts on both sides too. */
async function expectEachOnce(): Promise<void> {
  await settle(federation)
  expect(await differences(federation)).toEqual([])
  const sides = [await logOf(chengdu), await logOf(chongqing)].map(acts)
  const digests = (at: number, kind: string) =>
    (sides[at] ?? []).flatMap((entry) => (entry.kind === kind && 'digest' in entry ? [entry.digest] : [])).toSorted()
  const sent = digests(0, 'message.sent')
  expect(new Set(sent).size).toBe(sent.length)
  expect(sent).toHaveLength(await count(database(chengdu), 'select count(*) from documents'))
  expect(digests(1, 'message.received')).toEqual(sent)
  expect(digests(1, 'receipt.issued')).toEqual(digests(0, 'receipt.received'))
}

describe('the sequencer, killed', () => {
  it.each(['log_heads', 'log_entries', 'log_tiles', 'log_checkpoints'])('inside its transaction, before it writes %s', async (table) => {
    await settle(federation)
    const before = await size()
    await using lock = await holdWrites(database(chengdu), table)
    await open()
    await lock.blocks()
    expect(await federation.node(chengdu).kill('SIGKILL')).toMatchObject({ signal: 'SIGKILL' })
    await lock.bury()
    expect(await size()).toBe(before)
    expect(await pending()).toBeGreaterThan(0)
    await federation.node(chengdu).start()
    await expectEachOnce()
    expect(await size()).toBeGreaterThan(before)
  })

  it('between transactions, again and again under load', async () => {
    let running = true
    const client = async () => {
      while (running) {
        await as(federation, chengdu, 'officer')
          .post('/v1/violation-notices', notice)
          .catch(async () => await sleep(50))
      }
    }
    const clients = [client(), client()]
    for (let kill = 0; kill < 3; kill++) {
      const before = await size()
      await waitUntil(async () => (await size()) > before + 10, 20_000, 10)
      await federation.node(chengdu).kill('SIGKILL')
      await federation.node(chengdu).start()
    }
    running = false
    await Promise.all(clients)
    await expectEachOnce()
    // A start without a stop is what a kill leaves in the log.
    const log = await logOf(chengdu)
    const stopped = log.flatMap((entry) => (entry.kind === 'node.stopped' ? [entry.process] : []))
    const crashed = log.filter((entry) => entry.kind === 'node.started' && !stopped.includes(entry.process))
    // Four inside, three between, and the one that runs.
    expect(crashed).toHaveLength(8)
  })
})

describe('a standby process', () => {
  it('takes over within five seconds after the leader is killed, even inside a transaction', async () => {
    await settle(federation)
    const standby = await startStandby()
    await sleep(1_500)
    expect(standby.stderr()).not.toContain('sequencer.leading')
    const lock = await holdWrites(database(chengdu), 'log_tiles')
    await open()
    await lock.blocks()
    await federation.node(chengdu).kill('SIGKILL')
    const killed = performance.now()
    await waitUntil(() => standby.stderr().includes('sequencer.leading'), 10_000, 20)
    await lock.release()
    await waitUntil(async () => (await pending()) === 0, 10_000, 20)
    expect(performance.now() - killed).toBeLessThan(5_000)
    await federation.node(chengdu).start()
    await expectEachOnce()
    expect(await standby.stop()).toMatchObject({ code: 0 })
    await open()
    await expectEachOnce()
  })

  it('that takes over while its only witness is away signs nothing until it is back; local work goes on, the inbox waits', async () => {
    await settle(federation)
    const standby = await startStandby('api,exchange,sequencer')
    await federation.node(chongqing).stop()
    await federation.node(chengdu).kill('SIGKILL')
    const caller = apiClient(standby.api, federation.node(chengdu).tokens.officer)
    await waitUntil(async () => (await checkOf(standby, 'log-confirmed'))?.en?.startsWith('waiting') === true, 5_000, 50)
    const before = await size()
    const opened = await caller.post('/v1/violation-notices', notice)
    expect(opened.status).toBe(201)
    expect((await caller.get(`/v1/violation-notices/${opened.body.caseNumber}`)).status).toBe(200)
    expect(await postInbox(standby.exchange, 'a.b.c')).toMatchObject({ status: 503, json: { code: 'log-unavailable' } })
    await sleep(1_500)
    expect([await size(), (await fetch(`${standby.api}/readyz`)).status]).toEqual([before, 200])
    expect(await pending()).toBeGreaterThan(0)
    await federation.node(chongqing).start()
    await waitUntil(async () => (await checkOf(standby, 'log-confirmed'))?.ok === true, 20_000, 50)
    await waitUntil(async () => (await pending()) === 0, 10_000, 20)
    expect(await standby.stop()).toMatchObject({ code: 0 })
    await federation.node(chengdu).start()
    await expectEachOnce()
  })

  async function checkOf({ api }: NodeProcess, name: string) {
    const { checks } = (await (await fetch(`${api}/readyz`)).json()) as { checks: { name: string; ok: boolean; en: string }[] }
    return checks.find((check) => check.name === name)
  }

  async function startStandby(roles = 'sequencer'): Promise<NodeProcess> {
    const { env } = federation.node(chengdu)
    const started = await spawnNode({
      env: { ...env, HEFU_ROLES: roles, ...(roles === 'sequencer' ? {} : { HEFU_API_PORT: '0', HEFU_EXCHANGE_PORT: '0' }) },
      logFile: join(federation.dir, 'logs', 'standby.log'),
      program: await nodeBundle(),
    })
    onTestFinished(async () => void (await started.stop()))
    return started
  }
})

it('SIGTERM: what the node did last is in its log when it has ended', async () => {
  await open()
  await settle(federation)
  expect(await federation.node(chengdu).stop(20_000)).toMatchObject({ code: 0 })
  expect(await pending()).toBe(0)
  expect((await logOf(chengdu)).at(-1)?.kind).toBe('node.stopped')
})
