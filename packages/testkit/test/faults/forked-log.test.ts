import { policyOf } from '@hefu/protocol'
import type { RegionId } from '@hefu/reference'
import { formatNote, parseNote, verifyCheckpoint } from '@hefu/translog'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Json, TestNetwork } from '../../src/index.ts'
import { waitUntil } from '../../src/processes/wait-until.ts'
import { chengdu, chongqing, notice } from './bodies.ts'
import { addCheckpoint, type CraftedLog, storedLog } from './craft-log.ts'
import { count, query } from './observe.ts'

const mianyang = '510700'
let net: TestNetwork
beforeAll(async () => {
  net = await TestNetwork.create([chengdu, chongqing, mianyang])
})
afterAll(async () => await net?.[Symbol.asyncDispose]())

const show = async (region: string, body: string) => await addCheckpoint(net.node(region).node.exchange ?? '', body)
const recorded = async (region: string, origin: string) =>
  await count(net.node(region).databaseUrl, 'select size from witnessed_heads where origin = $1', [origin])
const alerts = async (region: string, kind: string): Promise<Json[]> =>
  (await net.node(region).as('operator').all('/v1/alerts')).filter((alert) => String(alert.kind) === kind)
const detailOf = (alert: Json | undefined) => (alert?.detail ?? {}) as Json

it('a log that shows two histories to two witnesses: neither gets a quorum, and each witness that sees the other has the proof', async () => {
  const { node, databaseUrl } = net.node(chengdu)
  await net.settle()
  await node.stop()
  const owner = node.ctx.exchangeLog
  const log = await storedLog(owner, databaseUrl)
  const forks: [CraftedLog, CraftedLog] = [log.grown('to one'), log.grown('to the other')]
  const lines = await Promise.all(
    [chongqing, mianyang].map(async (region, at) => {
      const from = await recorded(region, owner.key.name)
      const answer = await show(region, await (forks[at] as CraftedLog).request(from))
      expect(answer.status).toBe(200)
      return answer.text
    }),
  )
  const policy = policyOf(net.node(chongqing).node.ctx.federation, chengdu as RegionId)
  if (!policy) throw new Error('no policy')
  for (const [at, fork] of forks.entries()) {
    expect(verifyCheckpoint(`${await fork.note()}${lines[at]}`, policy)).toMatchObject({ ok: true, value: { quorum: false } })
    // The other witness's line is over the other text: with it nobody takes the note at all.
    expect(verifyCheckpoint(`${await fork.note()}${lines.join('')}`, policy)).toMatchObject({ ok: false, code: 'bad-signature' })
  }
  for (const [at, region] of [chongqing, mianyang].entries()) {
    const [own, other] = [forks[at] as CraftedLog, forks[1 - at] as CraftedLog]
    const answer = await show(region, await other.request(own.leaves.length))
    expect(answer).toMatchObject({ status: 422, text: await own.note() })
    const [alert] = await alerts(region, 'witness.contradiction')
    expect(alert).toMatchObject({
      peer: chengdu,
      detail: { why: 'same-size-other-root', cosigned: await own.note(), shown: await other.note() },
    })
    // A third history of that size proves no more: whoever signs them without end fills no table.
    const third = log.grown('to a third')
    expect(third.leaves.length).toBe(own.leaves.length)
    expect((await show(region, await third.request(own.leaves.length))).status).toBe(422)
    expect(await alerts(region, 'witness.contradiction')).toHaveLength(1)
    // Nor does it go on with the other history.
    expect((await show(region, await other.grown('more').request(own.leaves.length))).status).toBe(422)
  }
})

it('a running log that a witness contradicts is sealed at once, with what the witness cosigned as evidence', async () => {
  const { node, databaseUrl } = net.node(chongqing)
  const owner = node.ctx.exchangeLog
  const officer = net.node(chongqing).as('officer')
  const submit = async () => await officer.post('/v1/violation-notices', { ...notice, from: '500000-0001', to: '510700-0001' })
  await waitUntil(async () => {
    const head = await count(databaseUrl, 'select size from log_heads')
    return (await recorded(mianyang, owner.key.name)) === head && (await count(databaseUrl, 'select count(*) from log_pending')) === 0
  }, 15_000)
  // Somebody who has the log's key has shown this witness another history.
  const fork = (await storedLog(owner, databaseUrl)).grown('never written here')
  expect((await show(mianyang, await fork.request(fork.leaves.length - 1))).status).toBe(200)
  expect((await submit()).status).toBe(201)
  await waitUntil(async () => (await submit()).status === 503, 15_000)
  expect(await submit()).toMatchObject({ status: 503, body: { code: 'log-sealed' } })
  const [alert] = await alerts(chongqing, 'log.sealed')
  expect(alert).toMatchObject({ peer: mianyang, detail: { why: 'other-history', origin: owner.key.name } })
  const evidence = (detailOf(alert).evidence ?? {}) as Json
  expect(String(evidence.cosigned)).toBe(withoutCosignatures(await fork.note()))
  expect(String(evidence.own)).toContain(`${owner.key.name}\n`)
  const [seal] = await query<{ witness: string }>(databaseUrl, 'select witness from log_seals where epoch = 0')
  expect(seal?.witness).toBe(`hefu.sandbox/${mianyang}/witness`)
  const size = await count(databaseUrl, 'select size from log_heads')
  await query(databaseUrl, "insert into log_pending (at, kind, entry) values (now(), 'heartbeat', '{}')")
  await new Promise((resolve) => setTimeout(resolve, 1_500))
  expect(await count(databaseUrl, 'select size from log_heads')).toBe(size)
  expect((await net.node(chongqing).as('auditor').get('/v1/cases')).status).toBe(200)
  expect((await net.node(chongqing).as(null).get('/readyz')).status).toBe(503)
})

function withoutCosignatures(text: string): string {
  const note = parseNote(text)
  if (!note.ok) throw new Error(note.code)
  return formatNote({ text: note.value.text, signatures: note.value.signatures.slice(0, 1) })
}
