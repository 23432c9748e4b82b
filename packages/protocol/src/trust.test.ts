import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { SENDER } from '../test/make-vectors/example.ts'
import { buildTrust, CHENGDU_ROOT, exampleManifest, exampleRegistry, FEDERATION_KEY, NEXT } from '../test/make-vectors/trust.ts'
import {
  federationOf,
  judgeManifest,
  judgeRegistry,
  keyOwner,
  keyOwnerAt,
  type Manifest,
  type PublicJwk,
  type Registry,
  registryTerm,
  signManifest,
  signRegistry,
  verifyManifest,
  verifyRegistry,
} from './index.ts'

interface Vectors {
  readonly judgedAt: number
  readonly pins: readonly PublicJwk[]
  readonly registry: { readonly token: string; readonly digest: string }
  readonly manifest: { readonly root: PublicJwk; readonly region: string; readonly token: string; readonly digest: string }
  readonly registries: readonly Offered[]
  readonly manifests: readonly Offered[]
}
interface Offered {
  readonly name: string
  readonly token: string
  readonly held?: string
  readonly expected: string
}
const vectors = JSON.parse(await readFile(new URL('../vectors/trust.json', import.meta.url), 'utf8')) as Vectors
const { judgedAt, pins, manifest } = vectors

const registryOf = async (token: string): Promise<Registry | undefined> => {
  const verified = verifyRegistry(token, pins)
  return verified.ok ? verified.registry : undefined
}
const manifestOf = async (token: string): Promise<Manifest | undefined> => verifyManifest(token, manifest)

test('the vectors are what their generator makes, and known answers', async () => {
  expect(JSON.parse(JSON.stringify(await buildTrust()))).toEqual(vectors)
  expect(await registryOf(vectors.registry.token)).toMatchObject({ digest: vectors.registry.digest, claims: exampleRegistry })
  expect(await manifestOf(manifest.token)).toMatchObject({ digest: manifest.digest, claims: exampleManifest })
})

test.each(vectors.registries)('registry: $name', async ({ token, held, expected }) => {
  const offered = await registryOf(token)
  if (offered === undefined) return expect('unverified').toBe(expected)
  const judged = judgeRegistry(held === undefined ? undefined : await registryOf(held), offered, judgedAt)
  expect(typeof judged === 'string' ? judged : judged.refused).toBe(expected)
})

test.each(vectors.manifests)('manifest: $name', async ({ token, held, expected }) => {
  const offered = await manifestOf(token)
  if (offered === undefined) return expect('unverified').toBe(expected)
  const judged = judgeManifest(held === undefined ? undefined : await manifestOf(held), offered, judgedAt)
  expect(typeof judged === 'string' ? judged : judged.refused).toBe(expected)
})

test('a registry is warned of, then in its grace, then over', () => {
  const day = 86_400
  expect([-31, -30, -1, 0, 13, 14].map((days) => registryTerm(1_000 * day, (1_000 + days) * day))).toEqual([
    'current',
    'expiring',
    'expiring',
    'grace',
    'grace',
    'lapsed',
  ])
})

test('whoever left is known, and nothing of theirs arrives any more; a compromised key bears the time of the manifest that said so', async () => {
  const registry = (await registryOf(vectors.registry.token)) as Registry
  const first = (await manifestOf(manifest.token)) as Manifest
  const [record] = exampleManifest.keys
  if (record === undefined) throw new Error('the example has a key')
  const now = judgedAt
  expect(keyOwnerAt(federationOf(registry, [first]), record.kid, now)?.region).toBe('510100')

  const keys = [
    { ...record, revoked: { at: now - 50, reason: 'compromised' as const } },
    { ...record, ...NEXT.jwk },
  ]
  const token = await signManifest({ ...exampleManifest, iat: now - 10, version: 2, previous: first.digest, keys }, CHENGDU_ROOT.signer)
  const second = (await manifestOf(token)) as Manifest
  const federation = federationOf(registry, [first, second])
  expect(keyOwnerAt(federation, record.kid, now)).toBeUndefined()
  expect(keyOwner(federation, record.kid)?.times?.revoked).toEqual({ at: now - 50, reason: 'compromised', since: now - 10 })
  expect(keyOwnerAt(federation, NEXT.jwk.kid, now)?.region).toBe('510100')

  const regions = exampleRegistry.regions.filter(({ region }) => region !== SENDER)
  const without = (await registryOf(
    await signRegistry({ ...exampleRegistry, version: 4, regions, agencies: [], agreements: [] }, FEDERATION_KEY.signer),
  )) as Registry
  const after = federationOf(without, [first, second])
  expect(keyOwner(after, NEXT.jwk.kid)?.region).toBe('510100')
  expect(keyOwnerAt(after, NEXT.jwk.kid, now)).toBeUndefined()
})

test('signing refuses what no node could read', async () => {
  await expect(signRegistry({ ...exampleRegistry, exp: 0 }, FEDERATION_KEY.signer)).rejects.toThrow('/exp')
})
