import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { TestNetwork } from '../../src/index.ts'
import { chengdu, chongqing, notice } from './bodies.ts'
import { count } from './observe.ts'

const outageMs = 30_000

it('thirty seconds without a link in either direction: both halves match within seconds of its return', async () => {
  await using net = await TestNetwork.create([chengdu, chongqing])
  const one = net.node(chengdu).as('officer')
  const other = net.node(chongqing).as('officer')
  const back = { ...notice, from: '500000-0001', to: '510100-0001' }
  expect((await one.post('/v1/violation-notices', notice)).status).toBe(201)
  await net.settle()

  const cuts = [
    net.link(chengdu, chongqing).inject({ kind: 'cut', how: 'refuse' }),
    // A link that swallows packets looks different from one that refuses: the sender waits for its own time limit.
    net.link(chongqing, chengdu).inject({ kind: 'cut', how: 'hang' }),
  ]
  const begun = performance.now()
  while (performance.now() - begun < outageMs) {
    expect((await one.post('/v1/violation-notices', notice)).status).toBe(201)
    expect((await other.post('/v1/violation-notices', back)).status).toBe(201)
    await sleep(1_000)
  }
  const written = await count(net.node(chengdu).databaseUrl, 'select count(*) from outbox')
  expect(await count(net.node(chengdu).databaseUrl, 'select count(*) from outbox where state = $1', ['delivered'])).toBe(1)
  // Probes, not a storm: every four seconds at most once the circuit is open; and a probe is no attempt of its message.
  expect(cuts[0]?.hits()).toBeLessThan(25)
  expect(await count(net.node(chengdu).databaseUrl, 'select max(attempts) from outbox')).toBeLessThanOrEqual(3)

  for (const cut of cuts) cut.remove()
  await net.settle({ timeoutMs: 10_000 })
  expect(await net.differences()).toEqual([])
  expect(await count(net.node(chongqing).databaseUrl, "select count(*) from inbox where iss = '510100'")).toBe(written)
}, 90_000)
