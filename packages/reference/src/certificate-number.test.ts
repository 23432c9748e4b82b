import fc from 'fast-check'
import { expect, test } from 'vitest'
import known from '../test-data/identifiers.json' with { type: 'json' }
import { type CertificateNumber, certificateNumberParts, parseCertificateNumber } from './certificate-number.ts'
import { type certificateKindCodes, skillLevelCodes } from './codes/certificates.ts'

function partsOf(kind: (typeof certificateKindCodes)[number], text: string) {
  const parsed = parseCertificateNumber(kind, text)
  return parsed.ok ? certificateNumberParts(kind, parsed.value) : parsed
}

test('the known skill-level certificate', () => {
  const { example } = known.certificateNumber.skillLevel
  expect(partsOf('skill-level', example)).toEqual({ kind: 'skill-level', province: '51', year: 2019, level: '5' })
})

test('every skill level may stand in a number', () => {
  for (const level of skillLevelCodes) {
    expect(partsOf('skill-level', `S00015000000124${level}000001`)).toEqual({ kind: 'skill-level', province: '50', year: 2024, level })
  }
})

test('a qualification certificate', () => {
  expect(partsOf('qualification', '1651010012300001')).toEqual({ kind: 'qualification', province: '51', year: 2016, level: '3' })
  expect(partsOf('qualification', '9850010012300001')).toMatchObject({ year: 1998 })
})

test('a title has no structure to check beyond its characters', () => {
  expect(partsOf('title', '川职称〔2024〕0123')).toEqual({ kind: 'title', province: null, year: null, level: null })
  expect(partsOf('title', '<script>')).toEqual({ ok: false, code: 'format' })
})

test.each([
  ['skill-level', 'Y000151000001196000001', 'format'],
  ['skill-level', 'A000151000001195000001', 'format'],
  ['skill-level', 'Y00015100000119500001', 'format'],
  ['skill-level', 'Y000199000001195000001', 'unknown-province'],
  ['qualification', '1651015012300001', 'format'],
  ['qualification', '1651010012600001', 'format'],
  ['qualification', '1699010012300001', 'unknown-province'],
  ['qualification', 1651010012300001, 'not-text'],
] as const)('%s %s is refused: %s', (kind, value, code) => {
  expect(parseCertificateNumber(kind, value)).toEqual({ ok: false, code })
})

test('what the published patterns refuse is refused', () => {
  const { skillLevel, qualification } = known.certificateNumber
  const digits = fc.string({ unit: fc.constantFrom(...'0123456789YS'), minLength: 15, maxLength: 23 })
  fc.assert(
    fc.property(digits, (text) => {
      if (!new RegExp(qualification.pattern).test(text)) expect(parseCertificateNumber('qualification', text).ok).toBe(false)
      if (!/[TSX]/.test(text.slice(1)) && !new RegExp(skillLevel.pattern).test(text)) {
        expect(parseCertificateNumber('skill-level', text).ok).toBe(false)
      }
    }),
  )
})

test('what matches the published patterns with a known province is accepted', () => {
  const { skillLevel, qualification } = known.certificateNumber
  fc.assert(
    fc.property(fc.stringMatching(new RegExp(skillLevel.pattern)), fc.stringMatching(new RegExp(qualification.pattern)), (skill, paper) => {
      expect(parseCertificateNumber('skill-level', `${skill.slice(0, 5)}51${skill.slice(7)}`).ok).toBe(true)
      expect(parseCertificateNumber('qualification', `${paper.slice(0, 2)}51${paper.slice(4)}`).ok).toBe(true)
    }),
  )
})

test('parts of a text that no parser accepted are a mistake of the caller', () => {
  expect(() => certificateNumberParts('qualification', 'x' as CertificateNumber)).toThrow(RangeError)
})
