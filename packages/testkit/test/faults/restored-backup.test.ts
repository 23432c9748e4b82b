import type { RegionId } from '@hefu/reference'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Federation, type Json, listOf, startFederation } from '../../src/index.ts'
import { waitUntil } from '../../src/processes/wait-until.ts'
import { chengdu, chongqing, correction, filing, notice, retraction } from './bodies.ts'
import { as, differences, settle } from './real-federation.ts'

const backup = 'backup'

let federation: Federation
beforeAll(async () => {
  federation = await startFederation({ regions: [chengdu, chongqing] as RegionId[], durable: false })
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

it('a fork from a restored backup: both documents are kept, ordered alike on both nodes, and alarmed', async () => {
  const opened = await officer(chengdu).post('/v1/violation-notices', notice)
  const caseNumber = String(opened.body.caseNumber)
  const path = `/v1/violation-notices/${caseNumber}`
  await settle(federation)

  await whileDown(async () => await federation.postgres.createDatabase(backup, { template: databaseName() }))
  const before = await add(chengdu, path, 'correction', correction)
  await settle(federation)
  const filed = await add(chongqing, path, 'filing', filing)
  await settle(federation)
  expect((await officer(chengdu).get(path)).body).toMatchObject({ state: 'filed' })

  await whileDown(async () => {
    await federation.postgres.dropDatabase(databaseName())
    await federation.postgres.createDatabase(databaseName(), { template: backup })
  })
  // The node knows nothing of its correction, nor of the answer to it, and writes on from there.
  expect(digests((await officer(chengdu).get(path)).body)).toEqual([String(opened.body.document?.digest)])
  const after = await add(chengdu, path, 'retraction', retraction)
  await settle(federation)

  const held = (await officer(chongqing).get(path)).body
  expect(digests(held).toSorted()).toEqual([String(opened.body.document?.digest), before, filed, after].toSorted())
  expect(await forks(chongqing, caseNumber)).toEqual([
    expect.objectContaining({ detail: { digests: expect.arrayContaining([before, after]) } }),
  ])
  expect(await differences(federation)).not.toEqual([])

  await reconcile()
  await settle(federation)
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
})

/** Both halves compared by the node that was restored, from the day of the backup to this one. */
async function reconcile(): Promise<void> {
  const operator = as(federation, chengdu, 'operator')
  const day = (ms: number) => new Date(ms).toISOString().slice(0, 10)
  const asked = await operator.post('/v1/reconciliations', {
    peer: chongqing,
    from: day(Date.now() - 86_400_000),
    to: day(Date.now() + 86_400_000),
  })
  expect(asked.status).toBe(202)
  const state = async () => String((await operator.get(`/v1/reconciliations/${asked.body.id}`)).body.state)
  await waitUntil(async () => ['done', 'failed'].includes(await state()), 30_000)
  expect(await state()).toBe('done')
}
