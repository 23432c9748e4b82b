import type { AgencyCode, RegionId } from '@hefu/reference'
import { expect, test } from 'vitest'
import { exampleClaims, exampleFederation, ISSUED_AT, RECEIVER } from '../test/make-vectors/example.ts'
import { type Agreement, type AgreementUse, alteredAgreements, brokenRule, fieldsNotAgreed } from './agreement.ts'
import { findAgreements, parseFederation } from './federation.ts'
import { judgeClaims } from './judge-claims.ts'

const [plain] = exampleFederation.agreements as [Agreement]
const chengdu = '510100' as RegionId
const chongqing = '500000' as RegionId
const [agency = '', otherAgency = ''] = [exampleClaims.from, exampleClaims.to]
const use: AgreementUse = {
  owner: chengdu,
  other: chongqing,
  agencies: [agency as AgencyCode, otherAgency as AgencyCode],
  purpose: exampleClaims.purpose,
  basis: exampleClaims.basis,
  opensOn: '2026-11-22',
}

test.each<[string, Partial<Agreement>, Partial<AgreementUse>, string | undefined]>([
  ['nothing said, nothing limited', {}, {}, undefined],
  ['a region that takes no part', { regions: [chengdu, '510700' as RegionId] }, {}, 'regions'],
  ['before the first day', { validFrom: '2026-11-23' }, {}, 'validity'],
  ['the first day', { validFrom: '2026-11-22' }, {}, undefined],
  ['the last day', { validTo: '2026-11-22' }, {}, undefined],
  ['behind the last day', { validTo: '2026-11-21' }, {}, 'validity'],
  ['what follows, behind the last day', { validTo: '2026-11-21' }, { opensOn: null }, undefined],
  ['its direction', { direction: [{ from: chengdu, to: chongqing }] }, {}, undefined],
  ['against its direction', { direction: [{ from: chongqing, to: chengdu }] }, {}, 'direction'],
  ['an agency that takes no part', { agencies: [agency as AgencyCode] }, {}, 'agencies'],
  ['agencies that take part', { agencies: [...use.agencies] }, {}, undefined],
  ['another purpose', {}, { purpose: 'marketing' }, 'purposes'],
  ['its basis', { basis: [exampleClaims.basis] }, {}, undefined],
  ['another basis', { basis: ['《社会保险法》第十九条'] }, {}, 'basis'],
])('%s', (_, changes, asked, rule) => {
  expect(brokenRule({ ...plain, ...changes }, { ...use, ...asked })).toBe(rule)
})

test('a version says what it said: only regions may leave it', () => {
  const three = { ...plain, regions: [...plain.regions, '510700' as RegionId] }
  const name = `${plain.id}/${plain.version}`
  expect(alteredAgreements([three], [plain])).toEqual([])
  expect(alteredAgreements([plain], [three])).toEqual([name])
  expect(alteredAgreements([plain], [{ ...plain, purposes: ['marketing'] }])).toEqual([name])
  expect(alteredAgreements([plain], [{ ...plain, version: plain.version + 1, purposes: ['marketing'] }])).toEqual([])
  expect(alteredAgreements([plain], [])).toEqual([])
})

const data = {
  person: { name: '甲', idNumber: '乙' },
  rows: [{ year: 2025, credited: '1.00' }, { year: 2026 }],
  note: 'x',
  empty: {},
  none: [],
}

test.each<[string, readonly string[], readonly string[]]>([
  ['the whole document', [''], []],
  [
    'nothing',
    ['/other'],
    ['/person/name', '/person/idNumber', '/rows/0/year', '/rows/0/credited', '/rows/1/year', '/note', '/empty', '/none'],
  ],
  ['a value and all in it', ['/person', '/rows', '/note', '/empty', '/none'], []],
  ['members of elements', ['/person/name', '/rows/*/year', '/note', '/empty', '/none'], ['/person/idNumber', '/rows/0/credited']],
  [
    'a star is no member of an object',
    ['/*'],
    ['/person/name', '/person/idNumber', '/rows/0/year', '/rows/0/credited', '/rows/1/year', '/note', '/empty', '/none'],
  ],
])('fields: %s', (_, pointers, outside) => {
  expect(fieldsNotAgreed({ ...plain, fields: { letter: [...pointers] } }, 'letter', data)).toEqual(outside)
})

test('without fields everything travels; with them, a document that is not named carries nothing', () => {
  expect(fieldsNotAgreed(plain, 'letter', data)).toEqual([])
  expect(fieldsNotAgreed({ ...plain, fields: { letter: [''] } }, 'form', { a: 1 })).toEqual(['/a'])
  expect(fieldsNotAgreed({ ...plain, fields: { letter: [''] } }, 'toString', { a: 1 })).toEqual(['/a'])
  expect(fieldsNotAgreed({ ...plain, fields: { letter: ['/a~1b/~0'] } }, 'letter', { 'a/b': { '~': 1, c: 2 } })).toEqual(['/a~1b/c'])
})

const federationWith = (...agreements: Partial<Agreement>[]) => {
  const parsed = parseFederation({ ...exampleFederation, agreements: agreements.map((changes) => ({ ...plain, ...changes })) })
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems))
  return parsed.federation
}

test('the newest version in force counts; where none is, the newest says why not', () => {
  const federation = federationWith(
    { version: 1 },
    { version: 2, validFrom: '2027-01-01' },
    { id: 'other', version: 1, validTo: '2020-01-01' },
  )
  const on = (day: string) =>
    findAgreements(federation, { procedure: plain.procedure, regions: [chengdu, chongqing], day }).map(
      ({ id, version }) => `${id}/${version}`,
    )
  expect(on('2026-11-22')).toEqual([`${plain.id}/1`, 'other/1'])
  expect(on('2027-01-01')).toEqual([`${plain.id}/2`, 'other/1'])
})

test.each<[string, Partial<Agreement>, object]>([
  ['in force when it was written', { validFrom: '2020-01-01', validTo: '2099-12-31' }, { status: 'accepted' }],
  ['not yet in force', { validFrom: '2099-01-01' }, { status: 'refused', reason: 'agreement' }],
  ['against its direction', { direction: [{ from: chongqing, to: chengdu }] }, { status: 'refused', reason: 'agreement' }],
  ['another basis', { basis: ['other'] }, { status: 'refused', reason: 'agreement' }],
  ['a field that is not agreed', { fields: { [exampleClaims.document]: ['/nothing'] } }, { status: 'refused', reason: 'field-not-agreed' }],
  ['all fields', { fields: { [exampleClaims.document]: [''] } }, { status: 'accepted' }],
])('on acceptance: %s', (_, changes, judgement) => {
  const federation = federationWith(changes)
  expect(judgeClaims({ ok: true, claims: exampleClaims }, { region: RECEIVER, federation, now: ISSUED_AT })).toMatchObject(judgement)
})

test('an agreement that has ended governs its cases to their end', () => {
  const federation = federationWith({ validTo: '2020-01-01' })
  const follows = { ...exampleClaims, seen: ['A'.repeat(43)] }
  expect(judgeClaims({ ok: true, claims: follows }, { region: RECEIVER, federation, now: ISSUED_AT })).toMatchObject({ status: 'accepted' })
  expect(judgeClaims({ ok: true, claims: { ...follows, seen: [] } }, { region: RECEIVER, federation, now: ISSUED_AT })).toMatchObject({
    status: 'refused',
    reason: 'agreement',
  })
})

test.each<[string, object, string]>([
  ['an agency of nowhere', { agencies: ['510104-9999'] }, '/agreements/0/agencies/0'],
  ['a region without an agency', { agencies: [agency] }, '/agreements/0/agencies'],
  ['an agency twice', { agencies: [agency, otherAgency, agency] }, '/agreements/0/agencies/2'],
  ['a direction from elsewhere', { direction: [{ from: '530000', to: chengdu }] }, '/agreements/0/direction/0'],
  ['a direction to itself', { direction: [{ from: chengdu, to: chengdu }] }, '/agreements/0/direction/0'],
  ['an end before the beginning', { validFrom: '2026-02-01', validTo: '2026-01-31' }, '/agreements/0/validTo'],
  ['no date', { validTo: '2026-02-30' }, '/agreements/0/validTo'],
  ['no pointer', { fields: { letter: ['person'] } }, '/agreements/0/fields/letter/0'],
  ['no days', { retentionDays: 0 }, '/agreements/0/retentionDays'],
])('refused with its place: %s', (_, changes, pointer) => {
  const parsed = parseFederation({ ...exampleFederation, agreements: [{ ...plain, ...changes }] })
  const problems = parsed.ok ? [] : parsed.problems
  expect(problems.map((problem) => problem.pointer)).toContain(pointer)
  for (const { zh, en } of problems) expect([/\p{Script=Han}/u.test(zh), /\p{Script=Han}/u.test(en)]).toEqual([true, false])
})
