import { readFile } from 'node:fs/promises'
import type { RegionId } from '@hefu/reference'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Federation, startFederation } from '../../src/sandbox/start-federation.ts'

let federation: Federation
beforeAll(async () => {
  federation = await startFederation({ regions: ['510100', '500000'] as RegionId[], faultProxies: true, durable: false })
})
afterAll(() => federation.stop())

const statusOf = (region: string) => {
  const { api, tokens } = federation.node(region)
  return fetch(`${api}/v1/cases`, { headers: { authorization: `Bearer ${tokens.officer}` } }).then(({ status }) => status)
}

test('each region is told to reach its peer through the proxy of that link, and itself directly', async () => {
  const urlsSeenBy = async (region: string) => {
    const file = JSON.parse(await readFile(federation.node(region).files.federation, 'utf8')) as { regions: { exchangeUrl: string }[] }
    return file.regions.map(({ exchangeUrl }) => exchangeUrl)
  }
  const [chengdu, chongqing] = federation.nodes.map(({ exchange }) => exchange)
  expect(await urlsSeenBy('510100')).toEqual([chengdu, federation.link('510100', '500000').url])
  expect(await urlsSeenBy('500000')).toEqual([federation.link('500000', '510100').url, chongqing])
})

test('the proxy leads to the exchange API of the other region, unless the link is cut', async () => {
  const link = federation.link('510100', '500000')
  const direct = await fetch(`${federation.node('500000').exchange}/exchange/v1/inbox`)
  expect((await fetch(`${link.url}/exchange/v1/inbox`)).status).toBe(direct.status)
  link.inject({ kind: 'cut', how: 'refuse' })
  await expect(fetch(`${link.url}/exchange/v1/inbox`)).rejects.toThrow()
  link.heal()
})

test('a killed node stays away until it is started, then has the same addresses', async () => {
  const node = federation.node('500000')
  const before = { api: node.api, exchange: node.exchange, pid: node.pid() }
  expect(await node.kill('SIGKILL')).toMatchObject({ signal: 'SIGKILL' })
  expect(node.running()).toBe(false)
  await expect(statusOf('500000')).rejects.toThrow()
  expect(await statusOf('510100')).toBe(200)
  await node.start()
  expect(await statusOf('500000')).toBe(200)
  expect({ api: node.api, exchange: node.exchange }).toEqual({ api: before.api, exchange: before.exchange })
  expect(node.pid()).not.toBe(before.pid)
})

test('SIGTERM ends a node in good order', async () => {
  const node = federation.node('510100')
  expect(await node.stop(20_000)).toMatchObject({ code: 0, signal: null })
  await node.start()
  expect(await statusOf('510100')).toBe(200)
})

test('a wrong setting ends the start with the problem and without the value', async () => {
  const node = federation.node('510100')
  await node.stop(20_000)
  await expect(node.start({ HEFU_ROLES: 'kitchen' })).rejects.toMatchObject({
    exit: { code: 2 },
    stderr: expect.stringContaining('HEFU_ROLES'),
  })
  await node.start()
  expect(node.stderr()).not.toContain('kitchen')
})

test('a region that is not there is an error, not undefined', () => {
  expect(() => federation.node('510700')).toThrow('510700')
  expect(() => federation.link('510100', '510100')).toThrow('510100')
})
