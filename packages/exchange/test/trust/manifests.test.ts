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
import { keepManifest, MAX_A_DAY } from '../../src/trust/keep-manifest.ts'
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

test('a region that publishes without end: a day’s worth is kept, one alert is raised, and the next day its newest is taken', async () => {
  const start = Date.parse('2026-11-22T00:10:00Z')
  const region = '350100' as RegionId
  const root = generateKeyPairSync('ed25519').privateKey
  const key = record(publicJwk(generateKeyPairSync('ed25519').privateKey), start / 1000)
  let previous: string | undefined
  const publish = async (version: number, nowMs: number) => {
    const iat = Math.floor(nowMs / 1000)
    const claims: ManifestClaims = { iss: region, iat, exp: iat + 86_400, version, keys: [key], ...(previous && { previous }) }
    const token = await signManifest(claims, signerOf(root))
    previous = parseStoredManifest(token).digest
    return await keepManifest({ ...node.ctx, now: () => nowMs }, Buffer.from(token), { region, root: publicJwk(root) }, node.ctx.federation)
  }
  const answers: (string | undefined)[] = []
  for (let version = 1; version <= MAX_A_DAY + 10; version++) answers.push(await publish(version, start + version * 60_000))
  const [kept, refused] = [answers.slice(0, MAX_A_DAY), answers.slice(MAX_A_DAY)]
  expect([new Set(kept), new Set(refused)]).toEqual([new Set([undefined]), new Set(['too-many'])])
  const rows = async (table: 'manifests' | 'alerts', column: 'region' | 'peer') =>
    (
      await node.ctx.db
        .selectFrom(table)
        .select(column as never)
        .where(column as never, '=', region as never)
        .execute()
    ).length
  expect([await rows('manifests', 'region'), await rows('alerts', 'peer')]).toEqual([MAX_A_DAY, 1])
  expect(await publish(MAX_A_DAY + 11, start + 2 * 86_400_000)).toBeUndefined()
})

test('a thief of a root key fills the day; the region whom the registry gives a new root revokes at once, and nobody waits for its own folder', async () => {
  const now = Math.floor(Date.now() / 1000)
  const region = '360100' as RegionId
  const stolen = generateKeyPairSync('ed25519').privateKey
  const key = record(publicJwk(generateKeyPairSync('ed25519').privateKey), now)
  let previous: string | undefined
  const publish = async (version: number, root: typeof stolen, { keys = [key] as ManifestClaims['keys'], isOwn = false } = {}) => {
    const claims: ManifestClaims = { iss: region, iat: now, exp: now + 86_400, version, keys, ...(previous && { previous }) }
    const token = await signManifest(claims, signerOf(root))
    const refused = await keepManifest(node.ctx, Buffer.from(token), { region, root: publicJwk(root), isOwn }, node.ctx.federation)
    if (refused === undefined) previous = parseStoredManifest(token).digest
    return refused
  }
  for (let version = 1; version <= MAX_A_DAY; version++) expect(await publish(version, stolen)).toBeUndefined()
  expect(await publish(MAX_A_DAY + 1, stolen)).toBe('too-many')
  expect(await publish(MAX_A_DAY + 1, stolen, { isOwn: true })).toBeUndefined()
  const revoked = [{ ...key, revoked: { at: now, reason: 'compromised' } }] as ManifestClaims['keys']
  expect(await publish(MAX_A_DAY + 2, generateKeyPairSync('ed25519').privateKey, { keys: revoked })).toBeUndefined()
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
