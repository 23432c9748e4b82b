import fc from 'fast-check'
import { expect, test } from 'vitest'
import known from '../test-data/identifiers.json' with { type: 'json' }
import { formatYuan, multiplyRateHalfUp, parseRate, parseYuan, type Rate } from './money.ts'

function fen(text: string): bigint {
  const parsed = parseYuan(text)
  if (!parsed.ok) throw new Error(`${text}: ${parsed.code}`)
  return parsed.value
}

function rate(text: string): Rate {
  const parsed = parseRate(text)
  if (!parsed.ok) throw new Error(`${text}: ${parsed.code}`)
  return parsed.value
}

test('the known pension transfer', () => {
  const { rows, pool, personalPrincipal, totalBeforeInterest } = known.pensionTransfer
  const sum = (share: string) => rows.reduce((total, row) => total + multiplyRateHalfUp(fen(row.monthlyBase), rate(share), row.months), 0n)
  expect(formatYuan(sum('0.12'))).toBe(pool)
  expect(formatYuan(sum('0.08'))).toBe(personalPrincipal)
  expect(formatYuan(sum('0.12') + sum('0.08'))).toBe(totalBeforeInterest)
})

test.each([
  ['0.00', 0n],
  ['0.01', 1n],
  ['-0.01', -1n],
  ['21600.00', 2_160_000n],
  ['999999999999.99', 99_999_999_999_999n],
])('%s is %s fen', (text, expected) => {
  expect(parseYuan(text)).toEqual({ ok: true, value: expected })
})

test.each([
  12,
  '12',
  '12.5',
  '12.345',
  '.50',
  '01.00',
  '-0.00',
  '+1.00',
  '1,000.00',
  ' 1.00',
  '1.00\n',
  '1e3',
  '１.００',
  '1000000000000.00',
])('%j is no amount', (value) => {
  expect(parseYuan(value)).toEqual({ ok: false, code: typeof value === 'string' ? 'format' : 'not-text' })
})

test('amounts survive the way to text and back', () => {
  const limit = 99_999_999_999_999n
  fc.assert(
    fc.property(fc.bigInt({ min: -limit, max: limit }), (value) => {
      expect(fen(formatYuan(value))).toBe(value)
    }),
  )
})

test.each([
  ['0', 0n],
  ['1', 1_000_000n],
  ['0.12', 120_000n],
  ['0.000001', 1n],
])('the rate %s is %s millionths', (text, expected) => {
  expect(parseRate(text)).toEqual({ ok: true, value: expected })
})

test.each([
  [0.12, 'not-text'],
  ['.12', 'format'],
  ['12%', 'format'],
  ['0.1234567', 'format'],
  ['2', 'format'],
  ['1.01', 'range'],
])('%j is no rate: %s', (value, code) => {
  expect(parseRate(value)).toEqual({ ok: false, code })
})

test('halves round away from zero, once', () => {
  expect(multiplyRateHalfUp(5n, rate('0.1'), 1)).toBe(1n)
  expect(multiplyRateHalfUp(4n, rate('0.1'), 1)).toBe(0n)
  expect(multiplyRateHalfUp(-5n, rate('0.1'), 1)).toBe(-1n)
  expect(multiplyRateHalfUp(4n, rate('0.1'), 12)).toBe(5n)
  expect(() => multiplyRateHalfUp(1n, rate('0.1'), 0.5)).toThrow(RangeError)
})

test('the result is never further than half a fen from the exact product', () => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: -(10n ** 14n), max: 10n ** 14n }),
      fc.bigInt({ min: 0n, max: 1_000_000n }),
      fc.integer({ min: 0, max: 600 }),
      (amount, millionths, months) => {
        const error = multiplyRateHalfUp(amount, millionths as Rate, months) * 1_000_000n - amount * millionths * BigInt(months)
        expect((error < 0n ? -error : error) <= 500_000n).toBe(true)
      },
    ),
  )
})
