import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import known from '../test-data/identifiers.json' with { type: 'json' }
import { organisationCheckCharacter, parseUscc, type Uscc, usccCheckCharacter, usccDivision } from './uscc.ts'

const alphabet = [...'0123456789ABCDEFGHJKLMNPQRTUWXY']

const usccs = fc
  .tuple(
    fc.constantFrom('91', '92', '93', '52', '81'),
    fc.constantFrom('510100', '500112'),
    fc.array(fc.constantFrom(...alphabet), { minLength: 8, maxLength: 8 }),
  )
  .map(([kind, division, organisation]) => {
    const code = organisation.join('')
    const body = `${kind}${division}${code}${organisationCheckCharacter(code)}`
    return body + usccCheckCharacter(body)
  })

describe('known answers', () => {
  test.each(known.uscc.valid)('%s is valid', (value) => {
    expect(parseUscc(value)).toEqual({ ok: true, value })
  })

  test.each([
    ['check character', 'check-character'],
    ['letter O is not in the alphabet', 'format'],
    ['length', 'length'],
  ])('%s', (why, code) => {
    const entry = known.uscc.invalid.find((invalid) => invalid.why === why)
    expect(parseUscc(entry?.value)).toEqual({ ok: false, code })
  })

  test('every invalid example has its reason above', () => {
    expect(known.uscc.invalid).toHaveLength(3)
  })
})

test('a wrong organisation code is found although the last character fits', () => {
  const body = '91510100MA6CK0A17'
  expect(parseUscc(body + usccCheckCharacter(body))).toEqual({ ok: false, code: 'organisation-check' })
})

test('lower case and numbers are refused', () => {
  expect(parseUscc('91510100ma6ck0a1xc')).toEqual({ ok: false, code: 'format' })
  expect(parseUscc(Number('914403001922038216'))).toEqual({ ok: false, code: 'not-text' })
})

test('the division of registration', () => {
  expect(usccDivision('91500112MA5U7B2C22' as Uscc)).toBe('500112')
})

test('every substitution of one character is found', () => {
  fc.assert(
    fc.property(usccs, fc.nat(17), fc.constantFrom(...alphabet), (uscc, at, character) => {
      fc.pre(uscc[at] !== character)
      expect(parseUscc(uscc).ok).toBe(true)
      expect(parseUscc(uscc.slice(0, at) + character + uscc.slice(at + 1)).ok).toBe(false)
    }),
  )
})

test('every adjacent transposition is found', () => {
  fc.assert(
    fc.property(usccs, fc.nat(16), (uscc, at) => {
      fc.pre(uscc[at] !== uscc[at + 1])
      expect(parseUscc(`${uscc.slice(0, at)}${uscc[at + 1]}${uscc[at]}${uscc.slice(at + 2)}`).ok).toBe(false)
    }),
  )
})

test('never throws', () => {
  fc.assert(
    fc.property(fc.anything(), (value) => {
      expect(parseUscc(value).ok).toBe(false)
    }),
  )
})
