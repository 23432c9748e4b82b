import { randomUUID } from 'node:crypto'
import type { RegionId } from '@hefu/reference'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { startFaultProxy } from '../../src/faults/fault-proxy.ts'
import { type HeldLock, holdCase, holdTable, holdWrites } from '../../src/faults/hold-lock.ts'
import { type ApiAnswer, apiClient, type Federation, startFederation } from '../../src/index.ts'
import { nodeBundle } from '../../src/processes/node-bundle.ts'
import { waitUntil } from '../../src/processes/wait-until.ts'
import { chengdu, chongqing, completion, notice, recognitionRequest, registerExample, transferApplication } from './bodies.ts'
import { count, query, traces } from './observe.ts'
import { as, differences, settle } from './real-federation.ts'

const queueJobs = 'bullmq.job'

let federation: Federation
beforeAll(async () => {
  // The node dies, not PostgreSQL: no need to wait for the disk.
  federation = await startFederation({
    regions: [chengdu, chongqing] as RegionId[],
    faultProxies: true,
    durable: false,
    program: await nodeBundle(),
  })
  for (const name of ['insured-persons', 'certificates']) {
    const { path, body } = registerExample(name)
    expect((await officer(chongqing).put(path, body)).status).toBe(201)
  }
})
afterAll(async () => await federation?.stop())
afterEach(async () => {
  federation.link(chengdu, chongqing).heal()
  for (const node of federation.nodes) if (!node.running()) await node.start()
})

const officer = (region: string) => as(federation, region, 'officer')
const database = (region: string) => federation.node(region).databaseUrl
const casesAt = async (region: string) => await count(database(region), 'select count(*) from cases')

/** The process is gone; then the server notices; then somebody starts it again. */
/** `between`: what is true while the node is down; a slow start may outlast a lease. */
async function killAndRestart(region: string, lock?: HeldLock, between?: () => Promise<void>): Promise<void> {
  expect(await federation.node(region).kill('SIGKILL')).toMatchObject({ signal: 'SIGKILL' })
  await lock?.bury()
  await between?.()
  await federation.node(region).start()
}

/** What a killed sender had leased is free again after fifteen seconds: here they pass at once, in one test for real. */
const passLease = async (region: string) =>
  await query(database(region), 'update outbox set lease_until = now() where lease_until is not null')

async function open(body: unknown = notice, path = '/v1/violation-notices'): Promise<string> {
  const answer = await officer(chengdu).post(path, body)
  expect(answer.status).toBe(201)
  return String(answer.body.caseNumber)
}

/** Nothing lost, nothing doubled: one notice leaves exactly this behind. */
async function expectOneNotice(caseNumber: string): Promise<void> {
  await settle(federation)
  expect(await differences(federation)).toEqual([])
  const both = { documents: 1, undelivered: 0, unapplied: 0, receipts: 1, effects: 0, settlementEntries: 0, doubledEvents: 0 }
  expect(await traces(database(chengdu), caseNumber)).toEqual({ ...both, delivered: 1, arrived: 0, tasks: 0, log: { 'message.sent': 1 } })
  expect(await traces(database(chongqing), caseNumber)).toEqual({
    ...both,
    delivered: 0,
    arrived: 1,
    tasks: 1,
    log: { 'message.received': 1 },
  })
}

describe('submit, killed', () => {
  /** Sends a request that gets no answer because of the kill; the same request afterwards is answered as if nothing had been. */
  async function submitThroughCrash(crash: (request: Promise<ApiAnswer | 'no answer'>, key: string) => Promise<void>): Promise<string> {
    const key = randomUUID()
    const askedAt = new Date()
    const request = officer(chengdu)
      .post('/v1/violation-notices', notice, { key })
      .catch(() => 'no answer' as const)
    await crash(request, key)
    expect(await request).toBe('no answer')
    const before = await casesAt(chengdu)
    const stored = await query<{ case_number: string }>(database(chengdu), 'select case_number from idempotency where created_at >= $1', [
      askedAt,
    ])
    const repeated = await officer(chengdu).post('/v1/violation-notices', notice, { key })
    expect(repeated.status).toBe(201)
    const caseNumber = String(repeated.body.caseNumber)
    expect(repeated.headers.get('location')).toBe(`/v1/violation-notices/${caseNumber}`)
    expect(await casesAt(chengdu)).toBe(stored.length === 0 ? before + 1 : before)
    if (stored[0]) expect(caseNumber).toBe(stored[0].case_number)
    const again = await officer(chengdu).post('/v1/violation-notices', notice, { key })
    expect([again.status, again.body, again.headers.get('location')]).toEqual([201, repeated.body, repeated.headers.get('location')])
    return caseNumber
  }

  it('before commit', async () => {
    const before = await casesAt(chengdu)
    await using lock = await holdWrites(database(chengdu), 'idempotency')
    const caseNumber = await submitThroughCrash(async () => {
      await lock.blocks()
      await killAndRestart(chengdu, lock)
      expect(await casesAt(chengdu)).toBe(before)
    })
    await expectOneNotice(caseNumber)
  })

  it('after commit, before the queue is told, for which the answer does not wait', async () => {
    await using lock = await holdTable(database(chengdu), queueJobs)
    const caseNumber = await open()
    await lock.blocks()
    await killAndRestart(chengdu, lock)
    await expectOneNotice(caseNumber)
  })

  it('after commit, before the answer arrives', async () => {
    const before = await casesAt(chengdu)
    const proxy = await startFaultProxy({ target: federation.node(chengdu).api })
    try {
      proxy.inject({ kind: 'replace-answer', replace: killOnAnswer(chengdu) })
      proxy.inject({ kind: 'drop-answer' })
      const key = randomUUID()
      const { officer: token } = federation.node(chengdu).tokens
      await expect(apiClient(proxy.url, token).post('/v1/violation-notices', notice, { key })).rejects.toThrow()
      await waitUntil(() => !federation.node(chengdu).running(), 5_000)
      await federation.node(chengdu).start()
      expect(await casesAt(chengdu)).toBe(before + 1)
      const repeated = await officer(chengdu).post('/v1/violation-notices', notice, { key })
      expect(repeated.status).toBe(201)
      expect(await casesAt(chengdu)).toBe(before + 1)
      await expectOneNotice(String(repeated.body.caseNumber))
    } finally {
      await proxy.stop()
    }
  })
})

/** The target has answered; before the answer goes on, the node is killed. */
function killOnAnswer(region: string) {
  return (answer: { body: Buffer }) => {
    void federation.node(region).kill('SIGKILL')
    return { body: answer.body }
  }
}

async function expectUnrecorded(caseNumber: string): Promise<void> {
  expect(await traces(database(chengdu), caseNumber)).toMatchObject({ delivered: 0, undelivered: 1, receipts: 0 })
}

describe('deliver and record, the sender killed', () => {
  it('after the lease, before the peer sees anything', async () => {
    const cut = federation.link(chengdu, chongqing).inject({ kind: 'cut', how: 'hang' })
    const caseNumber = await open()
    await cut.hit()
    await killAndRestart(chengdu)
    cut.remove()
    expect(await traces(database(chongqing), caseNumber)).toMatchObject({ documents: 0, arrived: 0 })
    await passLease(chengdu)
    await expectOneNotice(caseNumber)
  })

  it('after the peer accepted, before its answer arrives', async () => {
    federation.link(chengdu, chongqing).inject({ kind: 'replace-answer', replace: killOnAnswer(chengdu) }, { times: 1 })
    const caseNumber = await open()
    await waitUntil(() => !federation.node(chengdu).running(), 10_000)
    expect(await traces(database(chongqing), caseNumber)).toMatchObject({ arrived: 1 })
    await expectUnrecorded(caseNumber)
    await federation.node(chengdu).start()
    await passLease(chengdu)
    await expectOneNotice(caseNumber)
  })

  it('when the answer has arrived, before record begins', async () => {
    const held = federation.link(chengdu, chongqing).inject({ kind: 'hold' })
    const caseNumber = await open()
    await held.hit()
    await using lock = await holdCase(database(chengdu), caseNumber)
    held.remove()
    await lock.blocks()
    await killAndRestart(chengdu, lock, async () => await expectUnrecorded(caseNumber))
    await passLease(chengdu)
    await expectOneNotice(caseNumber)
  })

  it('after record has committed: what it recorded stands, and nothing is sent again', async () => {
    const held = federation.link(chengdu, chongqing).inject({ kind: 'hold' })
    const caseNumber = await open()
    await held.hit()
    held.remove()
    await waitUntil(async () => (await traces(database(chengdu), caseNumber)).receipts === 1, 10_000, 1)
    await killAndRestart(chengdu)
    expect(await traces(database(chengdu), caseNumber)).toMatchObject({ delivered: 1, undelivered: 0, receipts: 1 })
    const requests = () =>
      federation
        .link(chengdu, chongqing)
        .exchanges()
        .filter(({ request }) => request.path === '/exchange/v1/inbox').length
    const sent = requests()
    await expectOneNotice(caseNumber)
    expect(requests()).toBe(sent)
  })

  it('during record, and then nobody shortens the lease', async () => {
    const held = federation.link(chengdu, chongqing).inject({ kind: 'hold' })
    const caseNumber = await open()
    await held.hit()
    await using lock = await holdWrites(database(chengdu), 'receipts')
    held.remove()
    await lock.blocks()
    await killAndRestart(chengdu, lock, async () => await expectUnrecorded(caseNumber))
    await expectOneNotice(caseNumber)
  })
})

describe('accept and apply, the receiver killed', () => {
  it('accept, before commit', async () => {
    await using lock = await holdWrites(database(chongqing), 'receipts')
    const caseNumber = await open()
    await lock.blocks()
    await killAndRestart(chongqing, lock, async () => {
      expect(await traces(database(chengdu), caseNumber)).toMatchObject({ receipts: 0 })
    })
    await expectOneNotice(caseNumber)
  })

  it('accept, after commit, before the answer', async () => {
    await using lock = await holdTable(database(chongqing), queueJobs)
    const caseNumber = await open()
    const arrived = async () => (await traces(database(chongqing), caseNumber)).arrived === 1
    await waitUntil(arrived, 10_000, 5)
    const [first] = await receiptsOf(chongqing, caseNumber)
    await killAndRestart(chongqing, lock)
    await expectOneNotice(caseNumber)
    // The sender was given the first receipt, byte for byte.
    expect(await receiptsOf(chengdu, caseNumber)).toEqual([first])
  })

  it('apply, before commit', async () => {
    await using lock = await holdWrites(database(chongqing), 'tasks')
    const caseNumber = await open()
    await lock.blocks()
    await killAndRestart(chongqing, lock)
    await expectOneNotice(caseNumber)
  })

  it('apply, while it writes the automatic answer', async () => {
    await using lock = await holdWrites(database(chongqing), 'outbox')
    const caseNumber = await open(recognitionRequest, '/v1/certificate-recognitions')
    await lock.blocks()
    await killAndRestart(chongqing, lock)
    await settle(federation)
    expect(await differences(federation)).toEqual([])
    expect(await traces(database(chongqing), caseNumber)).toMatchObject({ documents: 2, delivered: 1, undelivered: 0, arrived: 1 })
    expect(await traces(database(chengdu), caseNumber)).toMatchObject({ documents: 2, delivered: 1, undelivered: 0, arrived: 1 })
  })

  it('apply, while it writes the ledger', async () => {
    const caseNumber = await open(transferApplication, '/v1/insurance-transfers')
    await settle(federation)
    const path = `/v1/insurance-transfers/${caseNumber}`
    const read = await officer(chengdu).get(path)
    expect(read.body).toMatchObject({ state: 'informed' })
    await using lock = await holdWrites(database(chongqing), 'settlement_entries')
    const done = await officer(chengdu).post(`${path}/completion`, completion, { ifMatch: read.headers.get('etag') ?? '' })
    expect(done.status).toBe(201)
    await lock.blocks()
    await killAndRestart(chongqing, lock)
    await settle(federation)
    expect(await differences(federation)).toEqual([])
    const once = { documents: 3, undelivered: 0, unapplied: 0, settlementEntries: 1 }
    expect(await traces(database(chengdu), caseNumber)).toMatchObject({ ...once, effects: 0 })
    expect(await traces(database(chongqing), caseNumber)).toMatchObject({ ...once, effects: 1 })
  })
})

async function receiptsOf(region: string, caseNumber: string): Promise<string[]> {
  const rows = await query<{ receipt: string }>(
    database(region),
    'select r.receipt from receipts r join places p on p.receipt = r.digest join documents d on d.jti = p.jti and d.iss = p.iss where d.case_number = $1',
    [caseNumber],
  )
  return rows.map(({ receipt }) => receipt)
}
