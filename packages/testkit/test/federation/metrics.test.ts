import { afterAll, beforeAll, expect, it } from 'vitest'
import { TestNetwork } from '../../src/index.ts'
import { chengdu, chongqing, notice } from '../faults/bodies.ts'

let net: TestNetwork
beforeAll(async () => {
  net = await TestNetwork.create([chengdu, chongqing])
})
afterAll(async () => await net?.[Symbol.asyncDispose]())

/** One sample of /metrics by name and labels; undefined when it is not there. */
async function sample(region: string, name: string, labels: Readonly<Record<string, string>> = {}): Promise<number | undefined> {
  const answer = await fetch(new URL('/metrics', net.node(region).as(null).base))
  expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
  const named = (await answer.text()).split('\n').filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
  const found = named.filter((line) => Object.entries(labels).every(([label, value]) => line.includes(`${label}="${value}"`)))
  expect(found.length).toBeLessThanOrEqual(1)
  return found[0] === undefined ? undefined : Number(found[0].split(' ').at(-1))
}

const sent = async (outcome: string) => (await sample(chengdu, 'hefu_messages_total', { direction: 'out', peer: chongqing, outcome })) ?? 0
const received = async (outcome: string) =>
  (await sample(chongqing, 'hefu_messages_total', { direction: 'in', peer: chengdu, outcome })) ?? 0
const requests = async (outcome: string) => (await sample(chengdu, 'hefu_delivery_requests_total', { peer: chongqing, outcome })) ?? 0
const waiting = async () => ({
  pending: await sample(chengdu, 'hefu_outbox_pending', { peer: chongqing }),
  ageSeconds: await sample(chengdu, 'hefu_outbox_age_seconds', { peer: chongqing }),
  deliverJobs: await sample(chengdu, 'hefu_queue_depth', { queue: 'deliver' }),
})
const nothing = { pending: 0, ageSeconds: 0, deliverJobs: 0 }

async function open(): Promise<void> {
  expect((await net.node(chengdu).as('officer').post('/v1/violation-notices', notice)).status).toBe(201)
}

it('a message on its way: how many wait, for how long, and the job that delivers it', async () => {
  expect(await waiting()).toEqual(nothing)
  expect(await sample(chongqing, 'hefu_inbox_unapplied')).toBe(0)
  const held = net.link(chengdu, chongqing).inject({ kind: 'hold' })
  await open()
  await held.hit()
  // Less than the lease of a delivery, which would then be tried by another.
  await net.moveClock(10_000)
  const { ageSeconds, ...now } = await waiting()
  expect(now).toEqual({ pending: 1, deliverJobs: 1 })
  expect(ageSeconds).toBeGreaterThanOrEqual(10)
  expect(ageSeconds).toBeLessThan(40)
  expect([await sent('submitted'), await sent('accepted'), await received('accepted')]).toEqual([1, 0, 0])
  held.remove()
  await net.settle()
  expect(await waiting()).toEqual(nothing)
  expect([await sent('submitted'), await sent('accepted'), await received('accepted')]).toEqual([1, 1, 1])
  expect(await requests('answered')).toBe(1)
  expect(await sample(chongqing, 'hefu_cases_applied_total', { procedure: 'violation-notice' })).toBe(1)
})

it('a message that is refused: counted as refused on both sides', async () => {
  await net.restart(chongqing, { agreements: (usual) => usual.map((one) => ({ ...one, purposes: ['another-purpose'] })) })
  await open()
  await net.settle()
  expect([await sent('submitted'), await sent('accepted'), await sent('refused')]).toEqual([2, 1, 1])
  // Its counters began anew with its process.
  expect([await received('accepted'), await received('refused')]).toEqual([0, 1])
  expect(await waiting()).toEqual(nothing)
  await net.restart(chongqing)
})

it('a link that is cut: attempts that failed, and a message that waits until it is mended', async () => {
  const failed = async () => {
    const text = await (await fetch(new URL('/metrics', net.node(chengdu).as(null).base))).text()
    const lines = text
      .split('\n')
      .filter((line) => line.startsWith('hefu_delivery_requests_total{') && !line.includes('outcome="answered"'))
    return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0)
  }
  const before = { failed: await failed(), answered: await requests('answered') }
  const cut = net.link(chengdu, chongqing).inject({ kind: 'cut', how: 'refuse' })
  await open()
  await cut.hit(2)
  await expect.poll(failed, { timeout: 10_000 }).toBeGreaterThanOrEqual(before.failed + 2)
  expect(await waiting()).toMatchObject({ pending: 1, ageSeconds: expect.any(Number) })
  expect(await requests('answered')).toBe(before.answered)
  cut.remove()
  await net.settle()
  expect(await waiting()).toEqual(nothing)
  expect(await requests('answered')).toBe(before.answered + 1)
  expect([await sent('submitted'), await sent('accepted'), await sent('refused')]).toEqual([3, 2, 1])
})
