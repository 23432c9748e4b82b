import type { AgencyCode, RegionId } from '@hefu/reference'
import { COSIGNATURE_V1, ED25519, formatPolicies, formatVerifierKey, parsePolicies, verifierKey } from '@hefu/translog'
import { expect, test } from 'vitest'
import { exampleFederation } from '../test/make-vectors/example.ts'
import {
  CHENGDU,
  CHENGDU_LOG,
  CHENGDU_WITNESS,
  CHONGQING_LOG,
  CHONGQING_WITNESS,
  STRANGER,
  testLogKey,
} from '../test/make-vectors/test-keys.ts'
import { agreementByName, findAgreements, keyOwner, parseFederation, regionById, regionOfAgency } from './federation.ts'
import type { FederationFile } from './federation-file.ts'
import { policiesOf, policyOf, quorumOf } from './federation-logs.ts'

const pointersOf = (file: unknown): string[] => {
  const parsed = parseFederation(file)
  return parsed.ok ? [] : parsed.problems.map(({ pointer }) => pointer)
}

const changed = (change: (file: FederationFile) => unknown): FederationFile => {
  const file = structuredClone(exampleFederation)
  change(file)
  return file
}

const keyNamed = (name: string, key: typeof CHENGDU.privateKey, type: Parameters<typeof verifierKey>[1]) =>
  formatVerifierKey(verifierKey(name, type, key))

const region = (id: string) => id as RegionId

test('look-ups', () => {
  const parsed = parseFederation(exampleFederation)
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems))
  const { federation } = parsed
  expect(keyOwner(federation, CHENGDU.jwk.kid)?.region).toBe('510100')
  expect(keyOwner(federation, STRANGER.jwk.kid)).toBeUndefined()
  expect(keyOwner(federation, '__proto__')).toBeUndefined()
  expect(regionById(federation, region('500000'))?.name.en).toBe('Chongqing')
  expect(regionById(federation, region('530000'))).toBeUndefined()
  expect(regionOfAgency(federation, '510104-0001' as AgencyCode)).toBe('510100')
  expect(regionOfAgency(federation, '510104-0002' as AgencyCode)).toBeUndefined()
  expect(agreementByName(federation, 'chengdu-chongqing-violations/2')?.procedure).toBe('violation-notice/1')
  expect(agreementByName(federation, 'chengdu-chongqing-violations/1')).toBeUndefined()
})

test('the newest version of an agreement between the two regions', () => {
  const [violations] = exampleFederation.agreements
  if (violations === undefined) throw new Error('the example has no agreement')
  const parsed = parseFederation(
    changed(({ agreements }) => {
      agreements.push({ ...violations, version: 10 }, { ...violations, version: 9, automatic: true })
    }),
  )
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems))
  const { procedure, id } = violations
  const day = '2026-11-22'
  expect(
    findAgreements(parsed.federation, { procedure, regions: [region('500000'), region('510100')], day }).map((one) => one.version),
  ).toEqual([10])
  expect(agreementByName(parsed.federation, `${id}/9`)?.automatic).toBe(true)
  expect(findAgreements(parsed.federation, { procedure, regions: [region('500000'), region('530000')], day })).toEqual([])
  expect(findAgreements(parsed.federation, { procedure: 'violation-notice/2', regions: [region('500000')], day })).toEqual([])
})

test.each<[string, (file: FederationFile) => unknown, string[]]>([
  [
    'a kid that is not the thumbprint',
    ({ regions: [first] }) => first && Object.assign(first, { keys: [{ ...CHENGDU.jwk, kid: STRANGER.jwk.kid }] }),
    ['/regions/0/keys/0/kid'],
  ],
  ['one key for two regions', ({ regions: [, second] }) => second?.keys.push(CHENGDU.jwk), ['/regions/1/keys/1/kid']],
  [
    'a region twice',
    ({ regions: [first, second] }) => second && Object.assign(second, { region: first?.region }),
    ['/regions/1/region', '/agencies/1/region', '/agreements/0/regions/1', '/agreements/1/regions/1'],
  ],
  ['an agency twice', ({ agencies: [first, second] }) => second && Object.assign(second, { code: first?.code }), ['/agencies/1/code']],
  [
    'an agency of an unknown region',
    ({ agencies: [first] }) => first && Object.assign(first, { region: region('530000') }),
    ['/agencies/0/region'],
  ],
  [
    'an agreement with itself',
    ({ agreements: [first] }) => first && Object.assign(first, { regions: [region('510100'), region('510100')] }),
    ['/agreements/0/regions/1'],
  ],
  [
    'an agreement of an unknown region',
    ({ agreements: [first] }) => void first?.regions.push(region('530000')),
    ['/agreements/0/regions/2'],
  ],
  ['an agreement twice', ({ agreements }) => void (agreements[0] && agreements.push(agreements[0])), ['/agreements/2/version']],
  [
    'an address with a password',
    ({ regions: [first] }) => first && Object.assign(first, { exchangeUrl: 'https://a:b@example.com' }),
    ['/regions/0/exchangeUrl'],
  ],
  [
    'an address of another kind',
    ({ regions: [first] }) => first && Object.assign(first, { exchangeUrl: 'file:///etc/hostname' }),
    ['/regions/0/exchangeUrl'],
  ],
  [
    'an address in capitals',
    ({ regions: [first] }) => first && Object.assign(first, { exchangeUrl: 'https://A.example' }),
    ['/regions/0/exchangeUrl'],
  ],
  ['no address range', ({ regions: [first] }) => first && Object.assign(first, { addresses: [] }), ['/regions/0/addresses']],
  [
    'a range that is none',
    ({ regions: [first] }) => first && Object.assign(first, { addresses: ['10.0.0.0/8', '10.0.0.0/33'] }),
    ['/regions/0/addresses/1'],
  ],
  ['a log key that is none', ({ regions: [first] }) => first && Object.assign(first, { log: `${first.log}A` }), ['/regions/0/log']],
  ['a log without a name', ({ regions: [first] }) => first && Object.assign(first, { log: '' }), ['/regions/0/log']],
  [
    "a witness's key as that of a log, and the other way",
    ({ regions: [first] }) => first && Object.assign(first, { log: first.witness, witness: first.log }),
    ['/regions/0/log', '/regions/0/witness'],
  ],
  [
    'two logs of one name',
    ({ regions: [, second] }) => second && Object.assign(second, { log: keyNamed(CHENGDU_LOG.name, CHONGQING_LOG.privateKey, ED25519) }),
    ['/regions/1/log'],
  ],
  [
    "a witness with its log's name",
    ({ regions: [first] }) => first && Object.assign(first, { witness: testLogKey(CHENGDU_LOG.name, COSIGNATURE_V1).verifierKey }),
    ['/regions/0/witness', '/regions/0/witness'],
  ],
  [
    'one key for two witnesses',
    ({ regions: [, second] }) =>
      second && Object.assign(second, { witness: keyNamed(CHONGQING_WITNESS.name, CHENGDU_WITNESS.privateKey, COSIGNATURE_V1) }),
    ['/regions/1/witness'],
  ],
  [
    'the key of messages for the log',
    ({ regions: [first] }) => first && Object.assign(first, { log: keyNamed(CHENGDU_LOG.name, CHENGDU.privateKey, ED25519) }),
    ['/regions/0/log'],
  ],
])('%s', (_, change, pointers) => {
  expect(pointersOf(changed(change))).toEqual(pointers)
})

test('all problems of shape at once', () => {
  const broken = { ...exampleFederation, version: 0, agencies: {}, secret: 1, regions: [{ ...exampleFederation.regions[0], keys: [] }] }
  expect(pointersOf(broken)).toEqual(expect.arrayContaining(['', '/version', '/agencies', '/regions/0/keys']))
  expect(pointersOf(null)).toEqual([''])
  expect(parseFederation(changed(({ regions: [, second] }) => void second?.keys.push(STRANGER.jwk))).ok).toBe(true)
})

/** JSON pointers of everything in a JSON value. */
function pointersIn(value: unknown, at = ''): string[] {
  if (typeof value !== 'object' || value === null) return [at]
  return [at, ...Object.entries(value).flatMap(([name, member]) => pointersIn(member, `${at}/${name}`))]
}

function withValueAt(pointer: string, value: unknown): unknown {
  const file = structuredClone(exampleFederation)
  const names = pointer.split('/').slice(1)
  const last = names.pop()
  if (last === undefined) return value
  let parent = file as unknown as Record<string, unknown>
  for (const name of names) parent = parent[name] as Record<string, unknown>
  if (value === undefined) delete parent[last]
  else parent[last] = value
  return file
}

test.each(pointersIn(exampleFederation))('what is wrong at "%s" is said in both languages, each in its own', (pointer) => {
  const wrong = [undefined, null, '', '?', 'x'.repeat(200), 0, 1.5, 1e9, [], {}, [{}], { secret: 1 }]
  const found = wrong.flatMap((value) => {
    const parsed = parseFederation(withValueAt(pointer, value))
    return parsed.ok ? [] : parsed.problems
  })
  expect(found.filter((problem) => problem.pointer.startsWith(pointer)).length).toBeGreaterThan(0)
  for (const { zh, en } of found) {
    expect(zh).toMatch(/\p{Script=Han}/u)
    expect(en).toMatch(/[a-z]{2}/)
    expect(en).not.toMatch(/\p{Script=Han}/u)
    expect(zh).not.toBe(en)
  }
})

test('the policy of a region: its own log, and more than half of all others as witnesses', () => {
  const parsed = parseFederation(exampleFederation)
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems))
  const { federation } = parsed
  const policy = policyOf(federation, '510100')
  expect(policy?.log.name).toBe(CHENGDU_LOG.name)
  expect(policy?.witnesses.map(({ name }) => name)).toEqual([CHONGQING_WITNESS.name])
  expect(policy?.threshold).toBe(1)
  expect(policyOf(federation, '530000')).toBeUndefined()
  expect(parsePolicies(formatPolicies(policiesOf(federation)))).toMatchObject({
    ok: true,
    value: [{ log: { name: CHENGDU_LOG.name } }, { log: { name: CHONGQING_LOG.name } }],
  })
  expect([1, 2, 3, 4, 5].map(quorumOf)).toEqual([1, 2, 2, 3, 3])
})

test('a region without peers has no policy: nobody could witness its log', () => {
  const alone = changed((file) => {
    file.regions.splice(1)
    file.agencies.splice(1)
    file.agreements.splice(0)
  })
  const parsed = parseFederation(alone)
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems))
  expect(policyOf(parsed.federation, '510100')).toBeUndefined()
  expect(policiesOf(parsed.federation)).toEqual([])
})
