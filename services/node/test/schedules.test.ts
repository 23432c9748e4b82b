import { afterAll, beforeAll, expect, it } from 'vitest'
import { storedSchedules } from '../../../packages/exchange/test/queue/stored-schedules.ts'
import { TestNetwork } from '../../../packages/testkit/src/index.ts'

const regions = ['510100', '500000', '510700']

let net: TestNetwork
beforeAll(async () => {
  net = await TestNetwork.create(regions)
})
afterAll(async () => await net?.[Symbol.asyncDispose]())

const hour = new Intl.DateTimeFormat('en-GB', { timeZone: 'Asia/Shanghai', timeStyle: 'medium' })

it.each(regions)('%s compares its half with every peer at half past two at night, and has no other schedule', async (region) => {
  const before = Date.now()
  const stored = await storedSchedules({ url: net.node(region).databaseUrl, prefix: `hefu-${region}` })
  const peers = regions.filter((one) => one !== region)
  const reconcile = stored.get('reconcile') ?? []
  expect(reconcile.map(({ key }) => key).toSorted()).toEqual(peers.map((peer) => `reconcile-${peer}`).toSorted())
  for (const { key, pattern, tz, template, next } of reconcile) {
    expect({ key, pattern, tz, data: template?.data }).toEqual({
      key,
      pattern: '30 2 * * *',
      tz: 'Asia/Shanghai',
      data: { name: 'reconcile', peer: key.replace('reconcile-', ''), nightly: true },
    })
    // What the queue made of it: the coming night in China, whatever the zone of this machine.
    expect(hour.format(next)).toBe('02:30:00')
    expect(Number(next) - before).toBeGreaterThan(0)
    expect(Number(next) - before).toBeLessThanOrEqual(86_400_000)
  }
  for (const name of ['deliver', 'apply', 'import'] as const) expect(stored.get(name)).toEqual([])
})
