import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { DateText } from './calendar-date.ts'
import { caseNumberParts, mintCaseNumber, parseCaseNumber } from './case-number.ts'
import type { RegionId } from './region-id.ts'

const alphabet = [...'0123456789ABCDEFGHJKMNPQRSTVWXYZ']
const mint = (random: Uint8Array) => mintCaseNumber('510100' as RegionId, 'VN', '2026-11-22' as DateText, random)
const minted = fc.uint8Array({ minLength: 7, maxLength: 16 }).map(mint)

test('the example of the specification', () => {
  const parsed = parseCaseNumber('510100-VN-20261122-7K3F9QX6')
  expect(parsed.ok && caseNumberParts(parsed.value)).toEqual({ owner: '510100', code: 'VN', date: '2026-11-22' })
})

test('five bits of each random byte make the characters', () => {
  expect(mint(Uint8Array.of(7, 19, 3, 15, 9, 23, 29))).toBe('510100-VN-20261122-7K3F9QX6')
  expect(mint(Uint8Array.of(7 + 32, 19 + 64, 3 + 128, 15 + 224, 9, 23, 29))).toBe('510100-VN-20261122-7K3F9QX6')
})

test.each([
  [510100, 'not-text'],
  ['510100-VN-20261122-7k3f9qx6', 'format'],
  ['510100-VN-20261122-7K3F9QU6', 'format'],
  ['510100-VN1-20261122-7K3F9QX6', 'format'],
  ['510100-vn-20261122-7K3F9QX6', 'format'],
  ['510100-VN-20261122-7K3F9QX6\n', 'format'],
  ['510100-VN-20260230-7K3F9QX6', 'no-such-date'],
  ['510100-VN-20261122-7K3F9QX7', 'check-character'],
])('%j is refused: %s', (value, code) => {
  expect(parseCaseNumber(value)).toEqual({ ok: false, code })
})

test('what is minted parses', () => {
  fc.assert(
    fc.property(minted, (caseNumber) => {
      expect(parseCaseNumber(caseNumber)).toEqual({ ok: true, value: caseNumber })
    }),
  )
})

test('a wrong procedure code or too few bytes is a mistake of the caller', () => {
  expect(() => mintCaseNumber('510100' as RegionId, 'vn', '2026-11-22' as DateText, new Uint8Array(7))).toThrow(RangeError)
  expect(() => mint(new Uint8Array(6))).toThrow(RangeError)
})

test('every substitution of one character is found', () => {
  fc.assert(
    fc.property(minted, fc.integer({ min: 19, max: 26 }), fc.constantFrom(...alphabet), (caseNumber, at, character) => {
      fc.pre(caseNumber[at] !== character)
      expect(parseCaseNumber(caseNumber.slice(0, at) + character + caseNumber.slice(at + 1)).ok).toBe(false)
    }),
  )
})

test('every adjacent transposition is found, except 0Z and Z0, to which Luhn is blind', () => {
  fc.assert(
    fc.property(minted, fc.integer({ min: 19, max: 25 }), (caseNumber, at) => {
      const pair = caseNumber.slice(at, at + 2)
      fc.pre(pair[0] !== pair[1])
      const swapped = `${caseNumber.slice(0, at)}${pair[1]}${pair[0]}${caseNumber.slice(at + 2)}`
      expect(parseCaseNumber(swapped).ok).toBe(pair === '0Z' || pair === 'Z0')
    }),
  )
})

test('never throws', () => {
  fc.assert(
    fc.property(fc.anything(), (value) => {
      expect(parseCaseNumber(value).ok).toBe(false)
    }),
  )
})
