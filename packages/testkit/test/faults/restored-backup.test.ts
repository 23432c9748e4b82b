import { join } from 'node:path'
import { generateKeyFile, importPublicJwk, type RegistryRegion } from '@hefu/protocol'
import type { RegionId } from '@hefu/reference'
import { ED25519, formatVerifierKey, verifierKey } from '@hefu/translog'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { changeRegistry } from '../../src/federation-files.ts'
import { type Federation, type Json, listOf, startFederation } from '../../src/index.ts'
import { nodeBundle } from '../../src/processes/node-bundle.ts'
import { waitUntil } from '../../src/processes/wait-until.ts'
import { chengdu, chongqing, correction, filing, notice, retraction } from './bodies.ts'
import { auditClosedLog } from './closed-log.ts'
import { postInbox } from './craft.ts'
import { count, query } from './observe.ts'
import { as, differences, settle } from './real-federation.ts'

const backup = 'backup'

let federation: Federation
beforeAll(async () => {
  federation = await startFederation({ regions: [chengdu, chongqing] as RegionId[], durable: false, program: await nodeBundle() })
})
afterAll(async () => await federation?.stop())

const officer = (region: string) => as(federation, region, 'officer')
const databaseName = () => new URL(federation.node(chengdu).databaseUrl).pathname.slice(1)

/** While the node is down, its database is copied to another name, or put back from there. */
async function whileDown(work: () => Promise<void>): Promise<void> {
  await federation.node(chengdu).stop()
  await work()
  await federation.node(chengdu).start()
}

async function add(region: string, path: string, document: string, body: unknown): Promise<string> {
  const ifMatch = (await officer(region).get(path)).headers.get('etag') ?? ''
  const answer = await officer(region).post(`${path}/${document}`, body, { ifMatch })
  expect(answer.status).toBe(201)
  return String(answer.body.document?.digest)
}

const digests = (read: Json) => listOf(read.documents).map(({ digest }) => String(digest))
const forks = async (region: string, caseNumber: string) =>
  (await as(federation, region, 'operator').all('/v1/alerts')).filter(
    (alert) => String(alert.kind) === 'case.fork' && String(alert.caseNumber) === caseNumber,
  )

it('a restored backup: writes on while alone, is sealed by its witness, and goes on in a successor with nothing lost', async () => {
  const opened = await officer(chengdu).post('/v1/violation-notices', notice)
  const caseNumber = String(opened.body.caseNumber)
  const path = `/v1/violation-notices/${caseNumber}`
  // Promised in the log that is going to be closed, and asked after when another has taken its place.
  expect((await officer(chongqing).post('/v1/violation-notices', { ...notice, from: '500000-0001', to: '510100-0001' })).status).toBe(201)
  await settle(federation)

  await whileDown(async () => await federation.postgres.createDatabase(backup, { template: databaseName() }))
  const before = await add(chengdu, path, 'correction', correction)
  await settle(federation)
  const filed = await add(chongqing, path, 'filing', filing)
  await settle(federation)
  expect((await officer(chengdu).get(path)).body).toMatchObject({ state: 'filed' })
  await cosigned()
  await query(federation.node(chongqing).databaseUrl, "update promises set next_at = 'infinity' returning receipt")

  await federation.node(chongqing).stop()
  await whileDown(async () => {
    await federation.postgres.dropDatabase(databaseName())
    await federation.postgres.createDatabase(databaseName(), { template: backup })
  })
  // The node knows nothing of its correction, nor of the answer to it, and nobody can tell it: it writes on, and accepts nothing.
  // A node that has just started may turn a request away while it is late.
  await waitUntil(async () => (await officer(chengdu).get(path)).status === 200, 30_000)
  expect(digests((await officer(chengdu).get(path)).body)).toEqual([String(opened.body.document?.digest)])
  expect((await check('log-confirmed'))?.ok).toBe(false)
  const after = await add(chengdu, path, 'retraction', retraction)
  expect(await postInbox(federation.node(chengdu).exchange, 'a.b.c')).toMatchObject({ status: 503, json: { code: 'log-unavailable' } })
  expect(await unplaced()).toBeGreaterThan(0)

  await federation.node(chongqing).start()
  await waitUntil(async () => String((await check('log'))?.ok) === 'false', 30_000)
  await expectSealed(path)
  await whileDown(async () => {})
  await expectSealed(path)
  const [sealed] = (await operator().all('/v1/alerts')).filter(({ kind }) => String(kind) === 'log.sealed')
  expect(sealed).toMatchObject({
    peer: chongqing,
    detail: { why: 'witness-ahead', evidence: { own: expect.stringContaining('hefu.sandbox') } },
  })

  await openSuccessor()
  await settle(federation)
  const held = (await officer(chongqing).get(path)).body
  expect(digests(held).toSorted()).toEqual([String(opened.body.document?.digest), before, filed, after].toSorted())
  expect(await forks(chongqing, caseNumber)).toEqual([
    expect.objectContaining({ detail: { digests: expect.arrayContaining([before, after]) } }),
  ])
  expect(await differences(federation)).toEqual([])
  const [here, there] = [(await officer(chengdu).get(path)).body, (await officer(chongqing).get(path)).body]
  expect(digests(here)).toEqual(digests(there))
  // Of two documents on one predecessor the smaller digest comes first.
  const order = digests(here).filter((digest) => digest === before || digest === after)
  expect(order).toEqual([before, after].toSorted())
  expect(await forks(chengdu, caseNumber)).toHaveLength(1)

  // And the node takes part as before.
  const next = await officer(chengdu).post('/v1/violation-notices', notice)
  expect(next.status).toBe(201)
  await settle(federation)
  expect(await differences(federation)).toEqual([])

  await promisesKept()
  await auditClosedLog(federation, chengdu)
}, 300_000)

/** What was promised in the old log: one message still is in it, the other was lost with it and has its place in the successor. */
async function promisesKept(): Promise<void> {
  const peer = federation.node(chongqing).databaseUrl
  const origins = await query<{ origin: string }>(
    peer,
    "update promises set due_at = now(), next_at = now() where next_at = 'infinity' and state = 'open' returning origin",
  )
  expect(origins.map(({ origin }) => origin)).toEqual(['hefu.sandbox/510100', 'hefu.sandbox/510100'])
  await waitUntil(async () => (await count(peer, "select count(*) from promises where state = 'open' and due_at <= now()")) === 0, 60_000)
  expect(await count(peer, "select count(*) from promises where state = 'broken'")).toBe(0)
  const alerts = await as(federation, chongqing, 'operator').all('/v1/alerts')
  expect(alerts.filter(({ kind }) => String(kind) === 'log.promise-broken')).toEqual([])
}

const operator = () => as(federation, chengdu, 'operator')
const database = () => federation.node(chengdu).databaseUrl
const unplaced = async () => await count(database(), 'select count(*) from log_pending')
const logState = async () => (await operator().get('/v1/exchange-log/state')).body

async function check(name: string): Promise<Json | undefined> {
  const answer = await fetch(`${federation.node(chengdu).api}/readyz`)
  return listOf(((await answer.json()) as Json).checks).find((one) => String(one.name) === name)
}

/** The witness knows more than the backup does. */
async function cosigned(): Promise<void> {
  const size = async (region: string, table: string) => await count(federation.node(region).databaseUrl, `select max(size) from ${table}`)
  await waitUntil(async () => (await size(chongqing, 'witnessed_heads')) >= (await size(chengdu, 'log_heads')), 10_000)
}

async function expectSealed(path: string): Promise<void> {
  await waitUntil(async () => (await officer(chengdu).get(path)).status === 503, 5_000)
  const sealed = { status: 503, body: { code: 'log-sealed' } }
  expect(await officer(chengdu).get(path)).toMatchObject(sealed)
  expect(await officer(chengdu).post('/v1/violation-notices', notice)).toMatchObject(sealed)
  expect(await postInbox(federation.node(chengdu).exchange, 'a.b.c')).toMatchObject({ status: 503, json: { code: 'log-sealed' } })
  expect((await as(federation, chengdu, 'auditor').get('/v1/cases')).status).toBe(200)
  expect(await logState()).toMatchObject({ sealed: { why: 'witness-ahead', witness: 'hefu.sandbox/500000/witness' }, confirmed: false })
  expect(await unplaced()).toBeGreaterThan(0)
}

/** As docs/operating.md says. */
async function openSuccessor(): Promise<void> {
  const ask = async () => await operator().post('/v1/exchange-log/successor', { reason: 'the backup of this morning was restored' })
  const origin = 'hefu.sandbox/510100/1'
  expect(await ask()).toMatchObject({ status: 409, body: { detail: expect.stringContaining(origin) } })
  const steps = listOf((await logState()).steps)
  expect(steps.map(({ done }) => done)).toEqual([false, false, false, false])
  expect(String(steps[1]?.en)).toContain(`pnpm hefu keygen --out FILE --log ${origin}`)

  await renameLog(origin)
  expect(await ask()).toMatchObject({ status: 409, body: { detail: expect.stringContaining(`with ${chongqing}`) } })
  await reconcile()
  expect(listOf((await logState()).steps).map(({ done }) => done)).toEqual([false, true, true, false])
  expect(await ask()).toMatchObject({ status: 202, body: { origin, epoch: 1 } })
  await waitUntil(async () => String((await check('log-confirmed'))?.ok) === 'true', 30_000)
  expect(await logState()).toMatchObject({ origin, epoch: 1, sealed: null, steps: [] })

  // What waited takes its place after the log is confirmed.
  await waitUntil(async () => (await unplaced()) === 0, 10_000)
  const entries = await query<{ kind: string; entry: string }>(
    database(),
    'select kind, entry from log_entries where epoch = 1 order by index',
  )
  const [closed] = await query<{ size: string; witnessed: string }>(
    database(),
    'select size, witnessed from log_checkpoints where epoch = 0 and witnessed is not null order by size desc limit 1',
  )
  const root = closed?.witnessed.split('\n')[2] ?? ''
  expect(entries[0]?.kind).toBe('log.successor')
  expect(JSON.parse(entries[0]?.entry ?? '')).toMatchObject({
    origin: 'hefu.sandbox/510100',
    size: Number(closed?.size),
    root: Buffer.from(root, 'base64').toString('base64url'),
    decision: expect.stringMatching(/^[\w-]{43}$/),
  })
  const { decision } = JSON.parse(entries[0]?.entry ?? '')
  const decided = entries.map(({ entry }) => JSON.parse(entry)).find(({ action }) => action === 'log.successor')
  expect(decided).toMatchObject({ kind: 'admin.change', role: 'operator', subject: `sha256:${decision}` })
  expect(await count(database(), 'select count(*) from log_heads where epoch = 0 and closed_at is not null')).toBe(1)
}

/** A new key for the new log, in the registry of both regions. */
async function renameLog(origin: string): Promise<void> {
  const keyFile = join(federation.dir, 'config', 'next-log-key.pem')
  const log = formatVerifierKey(verifierKey(origin, ED25519, importPublicJwk(await generateKeyFile(keyFile))))
  for (const node of federation.nodes) {
    await node.stop()
    const renamed = (one: RegistryRegion) => (one.region === chengdu ? { ...one, log } : one)
    await changeRegistry(join(federation.dir, 'config'), node.files, (claims) => ({ ...claims, regions: claims.regions.map(renamed) }))
    await node.start(node.region === chengdu ? { HEFU_LOG_KEY: keyFile } : {})
  }
}

/** Both halves compared by the node that was restored, from the day of the backup to this one. */
async function reconcile(): Promise<void> {
  const day = (ms: number) => new Date(ms).toISOString().slice(0, 10)
  const asked = await operator().post('/v1/reconciliations', {
    peer: chongqing,
    from: day(Date.now() - 86_400_000),
    to: day(Date.now() + 86_400_000),
  })
  expect(asked.status).toBe(202)
  const state = async () => String((await operator().get(`/v1/reconciliations/${asked.body.id}`)).body.state)
  await waitUntil(async () => ['done', 'failed'].includes(await state()), 30_000)
  expect(await state()).toBe('done')
}
