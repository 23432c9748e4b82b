import fc from 'fast-check'
import { expect, test } from 'vitest'
import { addMonths, type DateText, dateOfDay, dayNumber, parseCompactDate, parseDateText, shanghaiDate } from './calendar-date.ts'

test.each(['2026-11-22', '2000-02-29', '2024-02-29', '0001-01-01', '9999-12-31'])('%s exists', (value) => {
  expect(parseDateText(value)).toEqual({ ok: true, value })
})

test.each([
  [20261122, 'not-text'],
  ['2026-1-2', 'format'],
  ['2026-11-22T00:00:00Z', 'format'],
  ['２０２６-11-22', 'format'],
  ['2026-13-01', 'no-such-date'],
  ['2026-00-10', 'no-such-date'],
  ['2026-04-31', 'no-such-date'],
  ['1900-02-29', 'no-such-date'],
  ['2026-02-29', 'no-such-date'],
  ['0000-01-01', 'no-such-date'],
])('%j is refused: %s', (value, code) => {
  expect(parseDateText(value)).toEqual({ ok: false, code })
})

test('compact dates', () => {
  expect(parseCompactDate('20000229')).toEqual({ ok: true, value: '2000-02-29' })
  expect(parseCompactDate('20001301')).toEqual({ ok: false, code: 'no-such-date' })
  expect(parseCompactDate('2000-02-29')).toEqual({ ok: false, code: 'format' })
})

test('the date in Shanghai turns at 16:00 UTC', () => {
  expect(shanghaiDate(Date.UTC(2026, 10, 22, 15, 59, 59, 999))).toBe('2026-11-22')
  expect(shanghaiDate(Date.UTC(2026, 10, 22, 16))).toBe('2026-11-23')
})

test('the date in Shanghai is the one of the time-zone database', () => {
  const format = new Intl.DateTimeFormat('sv-SE', { timeZone: 'Asia/Shanghai' })
  fc.assert(
    fc.property(fc.date({ min: new Date('2004-01-01'), max: new Date('2100-01-01'), noInvalidDate: true }), (date) => {
      expect(shanghaiDate(date.getTime())).toBe(format.format(date))
    }),
  )
})

test('day numbers and back', () => {
  expect(dayNumber('1970-01-02' as DateText)).toBe(1)
  fc.assert(
    fc.property(fc.integer({ min: -100_000, max: 100_000 }), (day) => {
      expect(dayNumber(dateOfDay(day))).toBe(day)
    }),
  )
})

test.each([
  ['2026-01-31', 1, '2026-02-28'],
  ['2028-01-31', 1, '2028-02-29'],
  ['2026-11-22', 3, '2027-02-22'],
  ['2026-11-22', 36, '2029-11-22'],
  ['2026-03-31', -1, '2026-02-28'],
  ['2026-01-15', -1, '2025-12-15'],
])('%s and %i months is %s', (from, months, expected) => {
  expect(addMonths(from as DateText, months)).toBe(expected)
})
