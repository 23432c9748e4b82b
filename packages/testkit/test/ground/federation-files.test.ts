import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { procedures } from '@hefu/procedures'
import { findAgreements, loadSigner, parseFederation } from '@hefu/protocol'
import type { RegionId } from '@hefu/reference'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { writeFederation } from '../../src/federation-files.ts'

const regions = ['510100', '500000', '510700'] as RegionId[]
const exchangeUrls = { '510100': 'http://127.0.0.1:1', '500000': 'http://127.0.0.1:2', '510700': 'http://127.0.0.1:3' }

let dir: string
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'hefu-files-'))
})
afterEach(() => rm(dir, { recursive: true, force: true }))

async function federationOf(path: string) {
  const parsed = parseFederation(JSON.parse(await readFile(path, 'utf8')))
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems))
  return parsed.federation
}

test('every node can load its files, and they fit together', async () => {
  const files = await writeFederation(dir, { regions, exchangeUrls })
  for (const region of regions) {
    const own = files[region]
    if (own === undefined) throw new Error('no files')
    const federation = await federationOf(own.federation)
    const signer = await loadSigner(join(own.keys, 'key.pem'))
    expect(federation.keysByKid.get(signer.kid)?.region).toBe(region)
    expect(federation.agencies.find(({ code }) => code === `${region}-0001`)?.region).toBe(region)
    for (const { name, version } of procedures)
      expect(findAgreements(federation, { procedure: `${name}/${version}`, regions, day: '2026-11-22' })).toMatchObject([
        { id: `${name}-2026`, automatic: true },
      ])
    for (const path of [
      join(own.keys, 'key.pem'),
      own.clients,
      own.tokenKey,
      ...Object.values(own.clientFiles).map(({ keyFile }) => keyFile),
    ])
      expect((await stat(path)).mode & 0o777).toBe(0o600)
  }
})

test('districts have bureaus, and no agency belongs to two regions', async () => {
  const files = await writeFederation(dir, { regions, exchangeUrls })
  const { agencies } = await federationOf(files['510100']?.federation ?? '')
  expect(agencies.find(({ code }) => code === '510104-0001')).toMatchObject({
    region: '510100',
    name: { zh: '锦江区人力资源和社会保障局' },
  })
  expect(agencies.find(({ code }) => code === '500105-0001')?.region).toBe('500000')
  expect(new Set(agencies.map(({ code }) => code)).size).toBe(agencies.length)
})

test('the clients file holds two administrators and nothing secret', async () => {
  const files = await writeFederation(dir, { regions, exchangeUrls })
  const text = await readFile(files['500000']?.clients ?? '', 'utf8')
  const key = { kty: 'OKP', crv: 'Ed25519', x: expect.any(String), kid: expect.any(String) }
  expect(JSON.parse(text).clients).toEqual([
    { client: 'sandbox-security', role: 'security', keys: [key] },
    { client: 'sandbox-security2', role: 'security', keys: [key] },
  ])
  expect(text).not.toContain('"d"')
})

test('writing again keeps keys; the version grows only with a change', async () => {
  const first = await writeFederation(dir, { regions, exchangeUrls })
  const key = await readFile(join(first['510100']?.keys ?? '', 'key.pem'), 'utf8')
  const clients = await readFile(first['510100']?.clients ?? '', 'utf8')
  const again = await writeFederation(dir, { regions, exchangeUrls })
  expect(again).toEqual(first)
  expect((await federationOf(again['510100']?.federation ?? '')).version).toBe(1)
  const moved = await writeFederation(dir, { regions, exchangeUrls: { ...exchangeUrls, '500000': 'http://127.0.0.1:9' } })
  expect((await federationOf(moved['510100']?.federation ?? '')).version).toBe(2)
  const moved510100 = moved['510100']
  expect([await readFile(join(moved510100?.keys ?? '', 'key.pem'), 'utf8'), await readFile(moved510100?.clients ?? '', 'utf8')]).toEqual([
    key,
    clients,
  ])
})

test('a link can have another address for one region alone', async () => {
  const linkUrl = (from: string, to: string) => (from === '510100' && to === '500000' ? 'http://127.0.0.1:7' : undefined)
  const files = await writeFederation(dir, { regions, exchangeUrls, linkUrl })
  const urlSeenBy = async (region: string) =>
    (await federationOf(files[region]?.federation ?? '')).regionsById.get('500000' as RegionId)?.exchangeUrl
  expect([await urlSeenBy('510100'), await urlSeenBy('500000'), await urlSeenBy('510700')]).toEqual([
    'http://127.0.0.1:7',
    'http://127.0.0.1:2',
    'http://127.0.0.1:2',
  ])
})
