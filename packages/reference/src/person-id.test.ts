import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import known from '../test-data/identifiers.json' with { type: 'json' }
import type { DateText } from './calendar-date.ts'
import { birthDateOf, type PersonId, parsePersonId, parseResidentId, residentIdCheckCharacter, sexOf } from './person-id.ts'

const withCheck = (digits: string) => digits + residentIdCheckCharacter(digits)

/** Valid numbers of today's Chengdu, Chongqing and Beijing divisions. */
const residentIds = fc
  .tuple(
    fc.constantFrom('510104', '500103', '110105'),
    fc.date({ min: new Date('1930-01-01'), max: new Date('2026-01-01'), noInvalidDate: true }),
    fc.integer({ min: 0, max: 999 }),
  )
  .map(([division, born, sequence]) =>
    withCheck(`${division}${born.toISOString().slice(0, 10).replaceAll('-', '')}${String(sequence).padStart(3, '0')}`),
  )

describe('known answers', () => {
  test.each(known.residentId.valid)('%s is valid', (value) => {
    expect(parseResidentId(value)).toMatchObject({ ok: true, value })
    expect(parsePersonId(value)).toMatchObject({ ok: true, value })
  })

  test.each([
    ['check character', 'check-character'],
    ['month 13, although the check character is right', 'no-such-date'],
    ['lower-case x', 'format'],
    ['15 digits are no longer valid', 'length'],
    ['length', 'length'],
    ['a number, not text', 'not-text'],
  ])('%s', (why, code) => {
    const entry = known.residentId.invalid.find((invalid) => invalid.why === why)
    expect(parsePersonId(entry?.value)).toEqual({ ok: false, code })
    expect(parseResidentId(entry?.value)).toEqual({ ok: false, code })
  })

  test('every invalid example has its reason above', () => {
    expect(known.residentId.invalid).toHaveLength(6)
  })
})

test.each([
  ['510104199003071237', 'citizen'],
  ['810000199408230021', 'hong-kong-permit'],
  ['820000199904260010', 'macau-permit'],
  ['830000199201300022', 'taiwan-permit'],
  ['911124198108030024', 'foreign-permanent-residence'],
  ['USA110075010101', 'foreign-permanent-residence-old'],
])('%s is a %s number', (value, kind) => {
  expect(parsePersonId(value)).toEqual({ ok: true, value, kind, warnings: [] })
})

test('the old foreign number is no resident number and tells neither sex nor birth date', () => {
  const parsed = parsePersonId('USA110075010101')
  expect(parseResidentId('USA110075010101')).toEqual({ ok: false, code: 'length' })
  expect(parsed.ok && [sexOf(parsed.value), birthDateOf(parsed.value)]).toEqual([null, null])
  expect(parsePersonId('usa110075010101')).toEqual({ ok: false, code: 'length' })
})

test('an unknown province is an error, an unknown division only a warning', () => {
  expect(parsePersonId(withCheck('99010419900307123'))).toEqual({ ok: false, code: 'unknown-province' })
  expect(parsePersonId(withCheck('00010419900307123'))).toEqual({ ok: false, code: 'unknown-province' })
  expect(parsePersonId(withCheck('51022119720307123'))).toMatchObject({ ok: true, warnings: ['unknown-division'] })
  expect(parsePersonId(withCheck('13999919720307123'))).toMatchObject({ ok: true, warnings: ['unknown-division'] })
})

test('abolished divisions stay valid in numbers', () => {
  expect(parsePersonId('50011220000229001X')).toMatchObject({ ok: true, warnings: [] })
})

test('without a date nobody is born too late, with one they are', () => {
  const born = withCheck('51010420300101123')
  expect(parsePersonId(born).ok).toBe(true)
  expect(parsePersonId(born, '2029-12-31' as DateText)).toEqual({ ok: false, code: 'born-later' })
  expect(parsePersonId(born, '2030-01-01' as DateText).ok).toBe(true)
})

test('sex and birth date', () => {
  expect(sexOf('510104199003071237' as PersonId)).toBe('male')
  expect(sexOf('510107199511024567' as PersonId)).toBe('female')
  expect(birthDateOf('50011220000229001X' as PersonId)).toBe('2000-02-29')
})

test('every substitution of one character is found', () => {
  fc.assert(
    fc.property(residentIds, fc.nat(17), fc.constantFrom(...'0123456789X'), (id, at, character) => {
      fc.pre(id[at] !== character)
      expect(parseResidentId(id).ok).toBe(true)
      expect(parseResidentId(id.slice(0, at) + character + id.slice(at + 1)).ok).toBe(false)
    }),
  )
})

test('every adjacent transposition is found', () => {
  fc.assert(
    fc.property(residentIds, fc.nat(16), (id, at) => {
      fc.pre(id[at] !== id[at + 1])
      expect(parseResidentId(`${id.slice(0, at)}${id[at + 1]}${id[at]}${id.slice(at + 2)}`).ok).toBe(false)
    }),
  )
})

test('never throws', () => {
  fc.assert(
    fc.property(fc.anything(), (value) => {
      expect(typeof parsePersonId(value).ok).toBe('boolean')
    }),
  )
  fc.assert(
    fc.property(fc.string({ minLength: 18, maxLength: 18 }), (value) => {
      expect(parsePersonId(value).ok).toBe(false)
    }),
  )
})
