import type { AgencyCode, RegionId } from '@hefu/reference'
import { expect, test } from 'vitest'
import { exampleFederation } from '../test/make-vectors/example.ts'
import { CHENGDU, STRANGER } from '../test/make-vectors/test-keys.ts'
import { agreementByName, type FederationFile, findAgreement, keyOwner, parseFederation, regionById, regionOfAgency } from './federation.ts'

const pointersOf = (file: unknown): string[] => {
  const parsed = parseFederation(file)
  return parsed.ok ? [] : parsed.problems.map(({ pointer }) => pointer)
}

const changed = (change: (file: FederationFile) => unknown): FederationFile => {
  const file = structuredClone(exampleFederation)
  change(file)
  return file
}

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
  expect(findAgreement(parsed.federation, { procedure, regions: [region('500000'), region('510100')] })?.version).toBe(10)
  expect(findAgreement(parsed.federation, { id, version: 9 })?.automatic).toBe(true)
  expect(findAgreement(parsed.federation, { procedure, regions: [region('500000'), region('530000')] })).toBeUndefined()
  expect(findAgreement(parsed.federation, { procedure: 'violation-notice/2', regions: [region('500000')] })).toBeUndefined()
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
