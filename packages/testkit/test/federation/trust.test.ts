import { readFile, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { violationNotice } from '@hefu/procedures'
import { keyOwner, keyOwnerAt, parseStoredRegistry, registryTerm } from '@hefu/protocol'
import type { RegionId } from '@hefu/reference'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hefu } from '../../../cli/test/run-hefu.ts'
import { changeRegistry, offlineIn } from '../../src/federation-files.ts'
import { listOf, TestNetwork } from '../../src/index.ts'
import { waitUntil } from '../../src/processes/wait-until.ts'
import { postInbox, signedNotice } from '../faults/craft.ts'
import { count, query } from '../faults/observe.ts'
import { exampleData, openCase, tryDocument } from './play.ts'

const [chengdu, chongqing] = ['510100', '500000'] as [RegionId, RegionId]
let net: TestNetwork
let dir: string
beforeAll(async () => {
  net = await TestNetwork.create([chengdu, chongqing])
  dir = dirname(dirname(net.node(chengdu).files.keys))
})
afterAll(async () => await net?.[Symbol.asyncDispose]())

const ctxOf = (region: string) => net.node(region).node.ctx
const open = async () => await openCase(net, violationNotice, chengdu, chongqing, exampleData(violationNotice, 'notice'))
const alerts = async (region: string, kind: string) =>
  await count(net.node(region).databaseUrl, 'select count(*) from alerts where kind = $1', [kind])
const nowOf = (region: string) => Math.floor(ctxOf(region).now() / 1000)

async function key(command: string, ...args: string[]) {
  const done = await hefu([
    'key',
    command,
    '--keys',
    net.node(chengdu).files.keys,
    '--root',
    offlineIn(dir).rootKey(chengdu),
    ...args,
    '--json',
  ])
  expect([done.status, done.stderr]).toEqual([0, ''])
  return JSON.parse(done.stdout) as { version: number; digest: string; keys: { kid: string; state: string }[] }
}

/** What both nodes know, they know without a restart. */
async function known(kid: string): Promise<void> {
  await waitUntil(async () => [chengdu, chongqing].every((region) => keyOwner(ctxOf(region).federation, kid) !== undefined), 20_000)
}

/**
 * Opens one case after the other. While the clock jumps none is opened, as no clock does so: what waits for its place in the log would seem to
 * have waited that long; what is on its way stays on its way.
 */
function startFlow() {
  const opened: string[] = []
  let stopped = false
  let gate = Promise.resolve()
  let working = Promise.resolve()
  const running = (async () => {
    while (!stopped) {
      await gate
      working = open().then(({ caseNumber }) => void opened.push(caseNumber))
      await working
    }
  })()
  // Heard at `stop`, or by whoever waits for more of them.
  running.catch(() => {})
  return {
    opened,
    async more(count: number) {
      const from = opened.length
      await Promise.race([running, waitUntil(() => opened.length > from + count, 60_000)])
    },
    async jump(ms: number) {
      const closed = Promise.withResolvers<void>()
      gate = closed.promise
      await working
      await net.moveClock(ms)
      closed.resolve()
    },
    async stop() {
      stopped = true
      await running
    },
  }
}

describe('keys', () => {
  it('rotate under load without one message that fails', async () => {
    const before = ctxOf(chengdu).signer.kid
    const flow = startFlow()
    const { opened } = flow
    const { keys, version, digest } = await key('rotate')
    const next = keys.at(-1)?.kid ?? ''
    expect([version, keys.at(-1)?.state]).toEqual([2, 'coming'])
    await waitUntil(() => keyOwner(ctxOf(chengdu).federation, next) !== undefined, 20_000)
    // A peer looks by itself, once it is an hour later; the day of notice is more than that.
    await flow.jump(2 * 3_600_000)
    await known(next)
    expect(ctxOf(chengdu).signer.kid).toBe(before)
    await flow.jump(23 * 3_600_000)
    expect(ctxOf(chengdu).signer.kid).toBe(next)
    const rotatedAt = opened.length
    await flow.more(5)
    await flow.stop()
    await net.settle()
    expect(rotatedAt).toBeGreaterThan(0)
    const { databaseUrl } = net.node(chengdu)
    const states = await query(databaseUrl, 'select state, deferrals, last_failure, count(*)::int as n from outbox group by 1, 2, 3')
    expect(states).toEqual([{ state: 'delivered', deferrals: 0, last_failure: null, n: opened.length }])
    expect(await net.differences()).toEqual([])
    for (const region of [chengdu, chongqing])
      expect(await query(net.node(region).databaseUrl, 'select kind, detail from alerts')).toEqual([])
    const logged = await query(
      net.node(chongqing).databaseUrl,
      "select entry from log_entries where kind = 'key.manifest' and entry like $1",
      [`%${digest}%`],
    )
    expect(JSON.parse(String(logged[0]?.entry))).toMatchObject({ region: chengdu, version: 2, digest })
  })

  it('that are revoked verify nothing that is new, and what was answered keeps its answer', async () => {
    const { signer } = ctxOf(chengdu)
    const exchange = net.node(chongqing).node.exchange ?? ''
    const answered = await signedNotice(signer)
    const first = await postInbox(exchange, answered.token)
    expect(first.json).toMatchObject({ messages: [{ status: 'accepted' }] })
    await net.settle()

    const rotated = await key('rotate', '--now')
    await key('revoke', '--kid', signer.kid, '--reason', 'compromised')
    const next = rotated.keys.at(-1)?.kid ?? ''
    await waitUntil(() => ctxOf(chengdu).signer.kid === next, 20_000)
    // Its own node first: a peer looks by itself, once it is an hour later, and then not again for an hour.
    await waitUntil(() => keyOwner(ctxOf(chengdu).federation, signer.kid)?.times?.revoked !== undefined, 20_000)
    await net.moveClock(2 * 3_600_000)
    await waitUntil(async () => keyOwnerAt(ctxOf(chongqing).federation, signer.kid, nowOf(chongqing)) === undefined, 20_000)

    const late = await postInbox(exchange, (await signedNotice(signer)).token)
    expect([late.status, late.json.code]).toEqual([400, 'unverifiable'])
    expect((await postInbox(exchange, answered.token)).text).toBe(first.text)
    // The node itself has the new key by now, and goes on.
    const { caseNumber } = await open()
    await net.settle()
    expect(
      await count(net.node(chengdu).databaseUrl, "select count(*) from outbox where case_number = $1 and state = 'delivered'", [
        caseNumber,
      ]),
    ).toBe(1)
    const evidence = await net.node(chengdu).as('auditor').get(`/v1/cases/${caseNumber}/evidence`)
    expect(listOf(evidence.body.keys).find(({ key: one }) => String(one?.kid) === signer.kid)).toMatchObject({
      region: chengdu,
      iat: expect.any(Number),
      exp: expect.any(Number),
      revoked: { reason: 'compromised', since: expect.any(Number) },
    })
  })
})

describe('the registry', () => {
  it('is never rolled back, by a file or by a restart, and two contents of one version are an alert', async () => {
    const { registry } = net.node(chengdu).files
    const first = await readFile(registry, 'utf8')
    await changeRegistry(dir, net.node(chengdu).files, (claims) => ({ ...claims, agreements: claims.agreements.slice(0, -1) }))
    await waitUntil(async () => ctxOf(chengdu).federation.version === 2, 20_000)
    const second = await readFile(registry, 'utf8')
    await writeFile(registry, first)
    await waitUntil(async () => (await alerts(chengdu, 'registry.refused')) === 1, 20_000)
    await net.restart(chengdu)
    expect(ctxOf(chengdu).federation.version).toBe(2)

    // Signed from the first again: another second version.
    await changeRegistry(dir, net.node(chengdu).files, (claims) => ({ ...claims, agreements: [] }))
    expect(parseStoredRegistry((await readFile(registry, 'utf8')).trim()).claims.version).toBe(2)
    await waitUntil(async () => (await alerts(chengdu, 'registry.refused')) === 2, 20_000)
    await writeFile(registry, second.replace('.', '.e30'))
    await waitUntil(async () => (await alerts(chengdu, 'registry.refused')) === 3, 20_000)
    const reasons = await query(
      net.node(chengdu).databaseUrl,
      "select detail->>'why' as why from alerts where kind = 'registry.refused' order by id",
    )
    expect(reasons.map(({ why }) => why)).toEqual(['older', 'other-content', 'signature'])
    expect(ctxOf(chengdu).federation.agreements.length).toBeGreaterThan(0)
    await writeFile(registry, second)
  })

  it('cannot be altered or removed under the login of the application', async () => {
    const { db } = ctxOf(chengdu)
    for (const statement of [db.deleteFrom('registries'), db.deleteFrom('manifests'), db.updateTable('registries').set({ version: 9 })])
      await expect(statement.execute()).rejects.toMatchObject({ code: '42501' })
  })

  it('after its end: open cases go on for a grace, no new ones begin; then nothing is sent or accepted', async () => {
    const going = await open()
    await net.settle()
    const exp = nowOf(chengdu) + 3_600
    await changeRegistry(dir, net.node(chengdu).files, (claims) => ({ ...claims, exp }))
    await waitUntil(async () => ctxOf(chengdu).federation.exp === exp, 20_000)
    await waitUntil(async () => (await alerts(chengdu, 'registry.expiring')) === 1, 20_000)
    const check = async () =>
      listOf((await net.node(chengdu).as(null).get('/readyz')).body.checks).find(({ name }) => String(name) === 'registry')
    expect(await check()).toMatchObject({ ok: true, en: expect.stringContaining('ends at') })

    await net.moveClock(2 * 3_600_000)
    await waitUntil(async () => (await alerts(chengdu, 'registry.expired')) === 1, 20_000)
    expect(await check()).toMatchObject({ ok: false, zh: expect.stringContaining('不再开立新办件') })
    const tried = async () =>
      await net.node(chengdu).as('officer').post('/v1/violation-notices', violationNotice.documents.notice?.examples[0]?.body)
    expect((await tried()).body).toMatchObject({ status: 503, code: 'registry-expired' })
    const correction = exampleData(violationNotice, 'correction')
    expect((await tryDocument(net, going, chengdu, 'correction', correction)).status).toBe(201)
    await net.settle()

    await net.moveClock(14 * 86_400_000)
    expect(registryTerm(exp, nowOf(chengdu))).toBe('lapsed')
    expect((await tryDocument(net, going, chengdu, 'correction', correction)).body).toMatchObject({ code: 'registry-expired' })
  })
})

it('a clock that is apart from the peer’s is reported', async () => {
  expect(await alerts(chengdu, 'clock.skew')).toBe(0)
  await net.moveClock(2 * 3_600_000, chengdu, { log: 'may-wait' })
  await waitUntil(async () => (await alerts(chengdu, 'clock.skew')) === 1, 20_000)
  const [row] = await query(
    net.node(chengdu).databaseUrl,
    "select peer, detail->>'secondsOff' as off from alerts where kind = 'clock.skew'",
  )
  expect(row?.peer).toBe(chongqing)
  expect(Math.abs(Number(row?.off) + 7_200)).toBeLessThan(10)
})
