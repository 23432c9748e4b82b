import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseCompactDate, parseDateText } from './calendar-date.ts'
import { parseCaseNumber } from './case-number.ts'
import { parseCertificateNumber } from './certificate-number.ts'
import { certificateKinds } from './codes/certificates.ts'
import { parseRate, parseYuan } from './money.ts'
import { parsePersonId, parseResidentId } from './person-id.ts'
import { parseAgencyCode, parseDivisionCode, parseRegionId } from './region-id.ts'
import { parseUscc } from './uscc.ts'

/** Every parser of what a user may write, with a value that it takes. */
const parsers: readonly (readonly [name: string, parse: (value: unknown) => { readonly ok: boolean }, valid: string])[] = [
  ['a resident ID', parseResidentId, '500103198812310020'],
  ['an identity number', parsePersonId, '500103198812310020'],
  ['a credit code', parseUscc, '91500112MA5U7B2C22'],
  ...certificateKinds.map(
    ({ code }) =>
      [
        `a certificate number (${code})`,
        (value: unknown) => parseCertificateNumber(code, value),
        code === 'skill-level' ? 'S000150000001243000017' : code === 'title' ? '渝职评字01012020000008' : '2250010129100006',
      ] as const,
  ),
  ['a case number', parseCaseNumber, '510100-VN-20261122-7K3F9QX6'],
  ['a region', parseRegionId, '510100'],
  ['a division', parseDivisionCode, '510104'],
  ['an agency', parseAgencyCode, '510104-0001'],
  ['an amount', parseYuan, '36000.00'],
  ['a rate', parseRate, '0.08'],
  ['a date', parseDateText, '2026-11-22'],
  ['a compact date', (value) => (typeof value === 'string' ? parseCompactDate(value) : { ok: false, code: 'not-text' }), '20261122'],
]

describe.each(parsers)('%s', (_, parse, valid) => {
  test('is taken as it should be written', () => {
    expect(parse(valid)).toMatchObject({ ok: true })
  })

  test('of whatever value: an answer with a reason, never an exception, and nothing but a text is taken', () => {
    const near = fc
      .tuple(fc.nat(valid.length), fc.string({ unit: 'binary', maxLength: 3 }), fc.nat(3))
      .map(([at, text, cut]) => valid.slice(0, at) + text + valid.slice(at + cut))
    fc.assert(
      fc.property(fc.oneof(near, fc.string({ unit: 'binary', maxLength: 40 }), fc.anything()), (value) => {
        const parsed = parse(value)
        if (!parsed.ok) expect(parsed).toMatchObject({ ok: false, code: expect.stringMatching(/^[a-z-]+$/) })
        else expect(String(value)).toBe(value)
      }),
      { numRuns: 300 },
    )
  })
})
