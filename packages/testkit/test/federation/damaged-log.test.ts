import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Json, listOf, TestNetwork } from '../../src/index.ts'
import { waitUntil } from '../../src/processes/wait-until.ts'
import { chengdu, chongqing, notice } from '../faults/bodies.ts'
import { count, query } from '../faults/observe.ts'
import { settleWitnessed } from './audit-command.ts'
import { openTamperer } from './tamper.ts'

const hourMs = 3_600_000

let net: TestNetwork
let caseNumber: string
beforeAll(async () => {
  net = await TestNetwork.create([chengdu, chongqing])
  for (let n = 0; n < 3; n++) caseNumber = await open()
  await settleWitnessed(net)
})
afterAll(async () => await net?.[Symbol.asyncDispose]())

const database = () => net.node(chengdu).databaseUrl
const as = (role: 'auditor' | 'operator' | 'officer') => net.node(chengdu).as(role)
const check = async (name: string): Promise<Json | undefined> =>
  listOf((await net.node(chengdu).as(null).get('/readyz')).body.checks).find((one) => String(one.name) === name)
const openAlerts = async (region: string, kind: string): Promise<Json[]> =>
  (await net.node(region).as('operator').all('/v1/alerts?open=true')).filter((alert) => String(alert.kind) === kind)

async function open(): Promise<string> {
  const opened = await as('officer').post('/v1/violation-notices', notice)
  expect(opened.status).toBe(201)
  return String(opened.body.caseNumber)
}

/** As a peer asks for it. */
async function tile(): Promise<{ status: number; code: unknown }> {
  const answer = await fetch(`${net.node(chengdu).node.exchange}/exchange/v1/log/tile/0/000.p/2`)
  const code = answer.ok ? (await answer.arrayBuffer()) && null : ((await answer.json()) as Json).code
  return { status: answer.status, code }
}

/** As docs/operating.md says; the log of this test fits into one tile. */
async function repair(): Promise<void> {
  await query(
    database(),
    `update log_tiles set hashes = (select string_agg(sha256('\\x00'::bytea || convert_to(entry, 'UTF8')), '' order by index)
       from log_entries where epoch = 0 and index / 256 = 0) where epoch = 0 and level = 0 and index = 0`,
  )
}

it.each([
  ['a hash of a tile was changed', `update log_tiles set hashes = decode(repeat('00', 32), 'hex') || substr(hashes, 33) where level = 0`],
  ['a tile was cut off', 'update log_tiles set hashes = substr(hashes, 1, 32) where level = 0'],
  ['a tile is gone', 'delete from log_tiles where level = 0'],
])(
  '%s: no proof or evidence is shown, no witness is asked, nothing is sealed, readiness says so; repaired, all goes on',
  async (what, damage) => {
    expect(await check('log-tiles')).toMatchObject({ ok: true })
    const kept = await query<{ hashes: Buffer }>(database(), 'select hashes from log_tiles where level = 0')
    await query(database(), damage)
    for (const path of ['exchange-log/entries/1', 'exchange-log/consistency?from=1&to=3', `cases/${caseNumber}/evidence`]) {
      expect(await as('auditor').get(`/v1/${path}`)).toMatchObject({
        status: 503,
        body: { code: 'unavailable', detail: expect.stringContaining('log.damaged') },
      })
    }
    // A tile is whole or is not shown; whether its hashes are true is for whoever asked to compute.
    expect(await tile()).toEqual(what.endsWith('changed') ? { status: 200, code: null } : { status: 503, code: 'unavailable' })
    expect(await openAlerts(chengdu, 'log.damaged')).toMatchObject([{ detail: { cause: expect.stringMatching(/tile|tree/) } }])
    expect(await check('log-tiles')).toMatchObject({
      ok: false,
      zh: expect.stringContaining('log.damaged'),
      en: expect.stringContaining('nothing can be proven'),
    })
    // Acts go on; what the witness is asked to cosign has no proof that it continues what it saw, so it is not asked.
    await open()
    await new Promise((resolve) => setTimeout(resolve, 1_500))
    expect(await count(database(), 'select count(*) from log_seals')).toBe(0)
    expect(await openAlerts(chongqing, 'witness.contradiction')).toEqual([])

    if (damage.startsWith('delete')) await query(database(), 'insert into log_tiles values (0, 0, 0, $1)', [kept[0]?.hashes])
    await repair()
    for (const alert of await openAlerts(chengdu, 'log.damaged'))
      expect((await as('operator').post(`/v1/alerts/${alert.id}/acknowledge`)).status).toBeLessThan(300)
    await settleWitnessed(net)
    await waitUntil(async () => String((await check('log-tiles'))?.ok) === 'true', 5_000)
    for (const path of ['exchange-log/entries/1', `cases/${caseNumber}/evidence`])
      expect((await as('auditor').get(`/v1/${path}`)).status).toBe(200)
    expect(await tile()).toEqual({ status: 200, code: null })
    expect(await net.differences()).toEqual([])
    // Another hour, another alert.
    await settleWitnessed(net)
    net.moveClock(hourMs)
  },
)

it('an auditor gets 404 for what the tables should have and do not, so that the audit goes on; the operators are told, and of what never was they are not', async () => {
  const status = async (path: string) => (await as('auditor').get(`/v1/exchange-log/${path}`)).status
  await settleWitnessed(net)
  expect(await status('tiles/0/000.p/255')).toBe(404)
  expect(await status('bundles/001')).toBe(404)
  expect(await openAlerts(chengdu, 'log.damaged')).toEqual([])
  await using tamperer = await openTamperer(net.node(chengdu))
  await tamperer.client.query('delete from log_entries where index = 1')
  expect(await status('bundles/000.p/3')).toBe(404)
  expect(await openAlerts(chengdu, 'log.damaged')).toMatchObject([{ detail: { cause: 'tile entries/0 is cut short' } }])
  await tamperer.restore()
  expect(await status('bundles/000.p/3')).toBe(200)
})
