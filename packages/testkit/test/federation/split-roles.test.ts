import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RegionId } from '@hefu/reference'
import { expect, it, onTestFinished } from 'vitest'
import { enrolTrialClients } from '../../src/clients/enrol-clients.ts'
import { fileEnvironment, writeFederation } from '../../src/federation-files.ts'
import { apiClient, compareHalves } from '../../src/index.ts'
import { createTestDatabase, type TestDatabase } from '../../src/postgres/test-database.ts'
import { freePorts } from '../../src/processes/free-port.ts'
import { nodeBundle } from '../../src/processes/node-bundle.ts'
import { type NodeProcess, spawnNode } from '../../src/processes/spawn-node.ts'
import { waitUntil } from '../../src/processes/wait-until.ts'
import { chengdu, chongqing, filing, notice } from '../faults/bodies.ts'
import { count, query } from '../faults/observe.ts'

const regions = [chengdu, chongqing] as RegionId[]
const open = `select (select count(*) from outbox where state = 'pending') + (select count(*) from inbox where applied_at is null) +
  (select count(*) from log_pending)`

/** Chengdu as seven processes on one database, Chongqing as one. */
async function startSplit() {
  const dir = await mkdtemp(join(tmpdir(), 'hefu-split-'))
  const ports = await freePorts(2)
  const exchangeUrls = { [chengdu]: `http://127.0.0.1:${ports[0]}`, [chongqing]: `http://127.0.0.1:${ports[1]}` }
  const files = await writeFederation(dir, { regions, exchangeUrls })
  const databases: Record<string, TestDatabase> = { [chengdu]: await createTestDatabase(), [chongqing]: await createTestDatabase() }
  const started: NodeProcess[] = []
  onTestFinished(async () => {
    await Promise.all(started.map((one) => one.stop()))
    await rm(dir, { recursive: true, force: true })
  })
  const start = async (region: string, at: number, roles: string, name: string) => {
    const own = files[region]
    const database = databases[region]
    if (own === undefined || database === undefined) throw new Error(`no files for ${region}`)
    const env = {
      HEFU_REGION: region,
      ...fileEnvironment(own),
      // What both copies are to their clients, wherever each listens.
      HEFU_API_URL: `http://${region}.bureau.test`,
      DATABASE_URL: database.url,
      HEFU_ROLES: roles,
      HEFU_API_PORT: '0',
      HEFU_EXCHANGE_PORT: String(ports[at]),
    }
    const node = await spawnNode({ env, logFile: join(dir, `${name}.log`), program: await nodeBundle() })
    started.push(node)
    return node
  }
  // All at once, as after a power cut: one of them brings the database to its schema.
  const [one, two, exchange, worker, standby, other] = await Promise.all([
    start(chengdu, 0, 'api', 'api-1'),
    start(chengdu, 0, 'api', 'api-2'),
    start(chengdu, 0, 'exchange', 'exchange'),
    start(chengdu, 0, 'worker', 'worker-1'),
    start(chengdu, 0, 'worker', 'worker-2'),
    start(chongqing, 1, 'api,exchange,worker,sequencer', 'chongqing'),
    start(chengdu, 0, 'sequencer', 'sequencer-1'),
    start(chengdu, 0, 'sequencer', 'sequencer-2'),
  ])
  const enrol = async (region: string, api: string) =>
    await enrolTrialClients({
      api,
      issuer: `http://${region}.bureau.test`,
      region,
      clients: (files[region] as (typeof files)[string]).clientFiles,
      now: Date.now,
    })
  // Asked of one copy, good at the other.
  const tokens = { [chengdu]: await enrol(chengdu, one.api), [chongqing]: await enrol(chongqing, other.api) }
  return { one, two, exchange, worker, standby, other, databases, tokens: (region: typeof chengdu | typeof chongqing) => tokens[region] }
}

it('one region as several processes, two of a kind: all they do is one node, and one worker more or less does not matter', {
  timeout: 180_000,
}, async () => {
  const { one, two, exchange, worker, standby, other, databases, tokens } = await startSplit()
  // Each listens to its own alone.
  expect([one, two, exchange, worker, standby].map(({ api, exchange }) => [api !== null, exchange !== null])).toEqual([
    [true, false],
    [true, false],
    [false, true],
    [false, false],
    [false, false],
  ])
  const officers = [one, two].map(({ api }) => apiClient(api, tokens(chengdu).officer))
  const officer = (at: number) => officers[at % 2] as (typeof officers)[number]
  const chongqingOfficer = apiClient(other.api, tokens(chongqing).officer)
  const settled = async () => {
    for (const { url } of Object.values(databases)) if ((await count(url, open)) > 0) return false
    return true
  }

  const paths: string[] = []
  const round = async (size: number) => {
    const answers = await Promise.all(
      Array.from({ length: size }, async (_, at) => await officer(at).post('/v1/violation-notices', notice)),
    )
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 201))
    paths.push(...answers.map(({ body }) => `/v1/violation-notices/${body.caseNumber}`))
  }
  await round(12)
  worker.kill('SIGKILL')
  await worker.exited
  await round(12)
  await waitUntil(settled, 60_000)

  for (const path of paths.slice(0, 8)) {
    const ifMatch = (await chongqingOfficer.get(path)).headers.get('etag') ?? ''
    expect((await chongqingOfficer.post(`${path}/filing`, filing, { ifMatch })).status).toBe(201)
  }
  await waitUntil(settled, 60_000)

  // Either copy answers alike, ETag included.
  for (const path of paths) {
    const [here, there] = [await officer(0).get(path), await officer(1).get(path)]
    expect(here.body).toEqual(there.body)
    expect(here.headers.get('etag')).toBe(there.headers.get('etag'))
    expect(here.body).toMatchObject({ state: paths.indexOf(path) < 8 ? 'filed' : 'notified' })
  }
  const auditor = (region: typeof chengdu | typeof chongqing, api: string) => ({ region, auditor: apiClient(api, tokens(region).auditor) })
  expect(await compareHalves(auditor(chengdu, two.api), auditor(chongqing, other.api))).toEqual([])
  expect((await chongqingOfficer.all('/v1/cases?limit=200')).length).toBe(paths.length)
  // Nothing was done twice: one row for each message, on either side.
  const rows = async (region: string, table: string) =>
    await query<{ n: string }>(databases[region]?.url ?? '', `select count(*) as n from ${table}`)
  expect(await Promise.all([rows(chengdu, 'outbox'), rows(chongqing, 'inbox'), rows(chongqing, 'outbox'), rows(chengdu, 'inbox')])).toEqual(
    [[{ n: '24' }], [{ n: '24' }], [{ n: '8' }], [{ n: '8' }]],
  )
  for (const node of [one, two, exchange, standby, other]) expect(await node.stop()).toEqual({ code: 0, signal: null })
})
