import { generateKeyPairSync } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  generateKeyFile,
  keyOwner,
  loadSigner,
  type ManifestClaims,
  parsePins,
  parseStoredManifest,
  publicJwk,
  signerOf,
  signManifest,
} from '@hefu/protocol'
import type { RegionId } from '@hefu/reference'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { offlineIn, writeFederation } from '../../../testkit/src/federation-files.ts'
import { testDatabase } from '../../../testkit/src/postgres/test-database.ts'
import { keepManifest } from '../../src/trust/keep-manifest.ts'
import { KeyMisses } from '../../src/trust/key-misses.ts'
import { openTrust } from '../../src/trust/open-trust.ts'
import { type NodeContext, openNodeContext } from '../registers/node-context.ts'

const HOUR = 3_600_000
const database = testDatabase()
const [chengdu, chongqing] = ['510100', '500000'] as [RegionId, RegionId]
let node: NodeContext
let folder: string
beforeAll(async () => {
  node = await openNodeContext(database.url)
  folder = await mkdtemp(join(tmpdir(), 'hefu-manifests-'))
})
afterAll(async () => {
  await node[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

const record = (jwk: ReturnType<typeof publicJwk>, iat: number) => ({ ...jwk, use: 'sig', iat, exp: iat + 86_400 }) as const

test('two regions that list one key at the same moment: one of them is believed', async () => {
  const now = Math.floor(Date.now() / 1000)
  const shared = publicJwk(generateKeyPairSync('ed25519').privateKey)
  const regions = (['330100', '440100'] as RegionId[]).map((region) => ({ region, root: generateKeyPairSync('ed25519').privateKey }))
  const kept = await Promise.all(
    regions.map(async ({ region, root }) => {
      const claims: ManifestClaims = { iss: region, iat: now, exp: now + 86_400, version: 1, keys: [record(shared, now)] }
      const text = Buffer.from(await signManifest(claims, signerOf(root)))
      return await keepManifest(node.ctx, text, { region, root: publicJwk(root) }, node.ctx.federation)
    }),
  )
  expect(kept.toSorted()).toEqual(['foreign-key', undefined])
  const stored = await node.ctx.db.selectFrom('manifests').select('region').where('region', 'in', ['330100', '440100']).execute()
  expect(stored).toHaveLength(1)
})

test('an own manifest from a machine whose clock is ahead is believed when its time has come, without a restart', async () => {
  const files = (
    await writeFederation(folder, {
      regions: [chengdu, chongqing],
      exchangeUrls: { [chengdu]: 'http://127.0.0.1:1', [chongqing]: 'http://127.0.0.1:1' },
    })
  )[chengdu]
  if (files === undefined) throw new Error('no files')
  let nowMs = Date.now()
  const pins = parsePins(JSON.parse(await readFile(files.federationKeys, 'utf8'))) ?? []
  const sources = { pins, registry: files.registry, keys: files.keys }
  const trust = await openTrust({
    ...node.ctx,
    now: () => nowMs,
    region: chengdu,
    sources,
    peerTls: () => undefined,
    keyMisses: new KeyMisses(),
  })
  const first = parseStoredManifest((await readFile(join(files.keys, 'manifest.jwt'), 'utf8')).trim())
  const added = await generateKeyFile(join(files.keys, 'added.pem'))
  const iat = Math.floor((nowMs + HOUR) / 1000)
  const claims = { ...first.claims, iat, version: 2, previous: first.digest, keys: [...first.claims.keys, record(added, iat)] }
  const root = await loadSigner(offlineIn(folder).rootKey(chengdu))
  await writeFile(join(files.keys, 'manifest.jwt'), await signManifest(claims, root))

  const looked = async () => {
    await trust.refresh(AbortSignal.timeout(10_000), { fetches: false })
    return keyOwner(trust.federation, added.kid) !== undefined
  }
  const refused = async () =>
    (await node.ctx.db.selectFrom('alerts').selectAll().where('kind', '=', 'manifest.refused').where('peer', '=', chengdu).execute()).length
  await expect.poll(async () => [await looked(), await refused()], { timeout: 10_000 }).toEqual([false, 1])
  nowMs += 2 * HOUR
  await expect.poll(looked, { timeout: 10_000 }).toBe(true)
})
