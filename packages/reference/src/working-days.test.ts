import * as chineseDays from 'chinese-days'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import known from '../test-data/identifiers.json' with { type: 'json' }
import { type DateText, dateOfDay, dayNumber } from './calendar-date.ts'
import { addWorkingDays, isCalendarKnown, isWorkingDay } from './working-days.ts'

const date = (text: string) => text as DateText

test.each(known.workingDays)('$received and $add working days is $due', ({ received, add, due, provisional }) => {
  expect(addWorkingDays(date(received), add)).toEqual({ due, provisional: provisional ?? false })
})

test('every day of the known years is the one of the package', () => {
  for (let day = dayNumber(date('2004-01-01')); day <= dayNumber(date('2026-12-31')); day++) {
    expect([dateOfDay(day), isWorkingDay(dateOfDay(day))]).toEqual([dateOfDay(day), chineseDays.isWorkday(dateOfDay(day))])
  }
})

test('known years are those whose arrangement is published', () => {
  expect(['2003-12-31', '2004-01-01', '2026-12-31'].map((day) => isCalendarKnown(date(day)))).toEqual([false, true, true])
})

test('a count that reaches an unknown year is provisional', () => {
  expect(addWorkingDays(date('2026-12-28'), 3)).toEqual({ due: '2026-12-31', provisional: false })
  expect(addWorkingDays(date('2026-12-28'), 4)).toEqual({ due: '2027-01-01', provisional: true })
})

test('no days give the day itself, and a broken rule throws', () => {
  expect(addWorkingDays(date('2026-02-15'), 0)).toEqual({ due: '2026-02-15', provisional: false })
  expect(() => addWorkingDays(date('2026-02-13'), -1)).toThrow(RangeError)
  expect(() => addWorkingDays(date('2026-02-13'), 1.5)).toThrow(RangeError)
})

test('the due date is a working day, and exactly so many working days lie up to it', () => {
  fc.assert(
    fc.property(fc.integer({ min: 13_000, max: 22_000 }), fc.integer({ min: 1, max: 60 }), (from, days) => {
      const { due } = addWorkingDays(dateOfDay(from), days)
      const counted = Array.from({ length: dayNumber(due) - from }, (_, at) => dateOfDay(from + at + 1)).filter(isWorkingDay)
      expect(counted).toHaveLength(days)
      expect(counted.at(-1)).toBe(due)
    }),
  )
})
