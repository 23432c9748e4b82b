import { sign as signBytes } from 'node:crypto'
import { type ManifestClaims, messageDigest, type RegistryClaims, signManifest, signRegistry, signToken } from '../../src/index.ts'
import { exampleFederation, FAR, ISSUED_AT, JUDGED_AT, RECEIVER, SENDER } from './example.ts'
import { CHENGDU, CHONGQING, STRANGER, type TestKey, testKey } from './test-keys.ts'

export const FEDERATION_KEY = testKey('the federation')
export const CHENGDU_ROOT = testKey('510100 root')
export const CHONGQING_ROOT = testKey('500000 root')
/** The second message key of Chengdu. */
export const NEXT = testKey('510100 next')
const DAY = 86_400

const rootOf = (region: string): TestKey => (region === SENDER ? CHENGDU_ROOT : CHONGQING_ROOT)

export const exampleRegistry: RegistryClaims = {
  iss: 'chengdu-chongqing',
  version: 3,
  iat: ISSUED_AT,
  exp: FAR,
  regions: exampleFederation.regions.map(({ keys: _, ...region }) => ({ ...region, root: rootOf(region.region).jwk })),
  agencies: exampleFederation.agencies,
  agreements: exampleFederation.agreements,
}

const record = ({ jwk }: TestKey, changes: object = {}): ManifestClaims['keys'][number] => ({
  ...jwk,
  use: 'sig',
  iat: ISSUED_AT,
  exp: ISSUED_AT + 365 * DAY,
  ...changes,
})

export const exampleManifest: ManifestClaims = {
  iss: SENDER,
  iat: ISSUED_AT,
  exp: FAR,
  version: 1,
  keys: [record(CHENGDU)],
}

interface Offered {
  readonly name: string
  readonly token: string
  /** Held before, where anything was. */
  readonly held?: string
  /** `unverified`: no key or no schema passes it; `same`, `newer`; otherwise why it is refused. */
  readonly expected: string
}

const payload = (claims: object): Uint8Array => Buffer.from(JSON.stringify(claims))

/** One header for another, under a signature that is good over the new text. */
function withHeader(header: object, claims: object, { privateKey, jwk }: TestKey): string {
  const input = [{ kid: jwk.kid, ...header }, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
  return `${input}.${signBytes(null, Buffer.from(input), privateKey).toString('base64url')}`
}

export async function buildTrust(): Promise<unknown> {
  return {
    judgedAt: JUDGED_AT,
    pins: [FEDERATION_KEY.jwk],
    registry: { claims: exampleRegistry, ...signed(await signRegistry(exampleRegistry, FEDERATION_KEY.signer)) },
    manifest: {
      root: CHENGDU_ROOT.jwk,
      region: SENDER,
      claims: exampleManifest,
      ...signed(await signManifest(exampleManifest, CHENGDU_ROOT.signer)),
    },
    registries: await registries(),
    manifests: await manifests(),
  }
}

function signed(token: string) {
  return { token, digest: messageDigest(token) }
}

async function registries(): Promise<Offered[]> {
  const sign = async (changes: object, key: TestKey = FEDERATION_KEY) =>
    await signToken(payload({ ...exampleRegistry, ...changes }), 'hefu-registry+jwt', key.signer)
  const held = await sign({})
  const good = await sign({ version: 4 })
  const [first, second] = exampleRegistry.regions
  const typed = { alg: 'Ed25519', typ: 'hefu-registry+jwt' }
  return [
    { name: 'the first one', token: held, expected: 'newer' },
    { name: 'the same again', token: held, held, expected: 'same' },
    { name: 'the next version', token: good, held, expected: 'newer' },
    { name: 'rollback', token: await sign({ version: 2 }), held, expected: 'older' },
    { name: 'the same version with other content', token: await sign({ agreements: [] }), held, expected: 'other-content' },
    { name: 'another federation', token: await sign({ version: 4, iss: 'another' }), held, expected: 'other-federation' },
    { name: 'expired', token: await sign({ version: 4, exp: JUDGED_AT }), held, expected: 'expired' },
    { name: 'of tomorrow', token: await sign({ version: 4, iat: JUDGED_AT + DAY }), held, expected: 'not-yet' },
    { name: 'signed by nobody who is pinned', token: await sign({ version: 4 }, STRANGER), held, expected: 'unverified' },
    { name: "signed by a region's root key", token: await sign({ version: 4 }, CHENGDU_ROOT), held, expected: 'unverified' },
    {
      name: 'another typ',
      token: await signToken(payload({ ...exampleRegistry, version: 4 }), 'jwk-set+jwt', FEDERATION_KEY.signer),
      expected: 'unverified',
    },
    { name: 'alg none', token: withHeader({ ...typed, alg: 'none' }, exampleRegistry, FEDERATION_KEY), expected: 'unverified' },
    { name: 'alg EdDSA', token: withHeader({ ...typed, alg: 'EdDSA' }, exampleRegistry, FEDERATION_KEY), expected: 'unverified' },
    { name: 'alg HS256', token: withHeader({ ...typed, alg: 'HS256' }, exampleRegistry, FEDERATION_KEY), expected: 'unverified' },
    {
      name: 'a header with its own key',
      token: withHeader({ ...typed, jwk: STRANGER.jwk }, exampleRegistry, FEDERATION_KEY),
      expected: 'unverified',
    },
    { name: 'a line more', token: `${held}\n\n`, expected: 'unverified' },
    { name: 'padding', token: `${held}==`, expected: 'unverified' },
    { name: 'an unknown member', token: await sign({ version: 4, more: 1 }), expected: 'unverified' },
    { name: 'a version above 2147483647', token: await sign({ version: 2_147_483_648 }), expected: 'unverified' },
    { name: 'exp before iat', token: await sign({ exp: ISSUED_AT }), expected: 'unverified' },
    {
      name: 'one root key for two regions',
      token: await sign({ regions: [first, { ...second, root: first?.root }] }),
      expected: 'unverified',
    },
    {
      name: 'a root whose kid is not its thumbprint',
      token: await sign({ regions: [{ ...first, root: { ...first?.root, kid: STRANGER.jwk.kid } }, second] }),
      expected: 'unverified',
    },
    {
      name: 'a member twice',
      token: await signToken(
        Buffer.from(JSON.stringify(exampleRegistry).replace('{', '{"version":9,')),
        'hefu-registry+jwt',
        FEDERATION_KEY.signer,
      ),
      expected: 'unverified',
    },
  ]
}

async function manifests(): Promise<Offered[]> {
  const root = CHENGDU_ROOT
  const sign = async (changes: object, key: TestKey = root) =>
    await signToken(payload({ ...exampleManifest, ...changes }), 'jwk-set+jwt', key.signer)
  const held = await sign({})
  const next = { version: 2, previous: messageDigest(held), keys: [record(CHENGDU), record(NEXT, { iat: ISSUED_AT + DAY })] }
  const revoked = { revoked: { at: ISSUED_AT, reason: 'superseded' } }
  const after = await sign({ ...next, keys: [record(CHENGDU, revoked), record(NEXT)] })
  const third = { version: 3, previous: messageDigest(after) }
  const typed = { alg: 'Ed25519', typ: 'jwk-set+jwt' }
  return [
    { name: 'the first one', token: held, expected: 'newer' },
    { name: 'the same again', token: held, held, expected: 'same' },
    { name: 'one key more', token: await sign(next), held, expected: 'newer' },
    { name: 'a version was missed', token: await sign({ ...next, version: 3, previous: messageDigest(after) }), held, expected: 'newer' },
    { name: 'a key revoked', token: after, held, expected: 'newer' },
    {
      name: 'a revocation taken back',
      token: await sign({ ...third, keys: [record(CHENGDU), record(NEXT)] }),
      held: after,
      expected: 'revocation-changed',
    },
    {
      name: 'a revocation for another reason',
      token: await sign({ ...third, keys: [record(CHENGDU, { revoked: { at: ISSUED_AT, reason: 'compromised' } }), record(NEXT)] }),
      held: after,
      expected: 'revocation-changed',
    },
    { name: 'a key record changed', token: await sign({ ...next, keys: [record(CHENGDU, { exp: FAR })] }), held, expected: 'key-changed' },
    { name: 'a key removed', token: await sign({ ...next, keys: [record(NEXT)] }), held, expected: 'key-removed' },
    { name: 'previous is another', token: await sign({ ...next, previous: messageDigest(after) }), held, expected: 'previous' },
    { name: 'rollback', token: held, held: after, expected: 'older' },
    { name: 'the same version with other content', token: await sign({ keys: [record(NEXT)] }), held, expected: 'other-content' },
    { name: 'expired', token: await sign({ ...next, exp: JUDGED_AT }), held, expected: 'expired' },
    { name: 'of tomorrow', token: await sign({ ...next, iat: JUDGED_AT + DAY }), held, expected: 'not-yet' },
    { name: 'signed by the message key itself', token: await sign({}, CHENGDU), expected: 'unverified' },
    { name: "signed by another region's root", token: await sign({}, CHONGQING_ROOT), expected: 'unverified' },
    { name: 'of another region', token: await sign({ iss: RECEIVER, keys: [record(CHONGQING)] }), expected: 'unverified' },
    { name: 'no previous', token: await sign({ version: 2 }), expected: 'unverified' },
    { name: 'a version above 2147483647', token: await sign({ ...next, version: 2_147_483_648 }), expected: 'unverified' },
    { name: 'the root key among the keys', token: await sign({ keys: [record(CHENGDU), record(root)] }), expected: 'unverified' },
    { name: 'a key twice', token: await sign({ keys: [record(CHENGDU), record(CHENGDU)] }), expected: 'unverified' },
    {
      name: 'a kid that is not the thumbprint',
      token: await sign({ keys: [record(CHENGDU, { kid: STRANGER.jwk.kid })] }),
      expected: 'unverified',
    },
    { name: 'a private key', token: await sign({ keys: [record(CHENGDU, { d: 'AAAA' })] }), expected: 'unverified' },
    { name: 'another algorithm', token: await sign({ keys: [record(CHENGDU, { kty: 'EC', crv: 'P-256' })] }), expected: 'unverified' },
    { name: 'alg none', token: withHeader({ ...typed, alg: 'none' }, exampleManifest, root), expected: 'unverified' },
    { name: 'a registry', token: withHeader({ ...typed, typ: 'hefu-registry+jwt' }, exampleManifest, root), expected: 'unverified' },
  ]
}
