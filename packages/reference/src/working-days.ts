import calendar from 'chinese-days/dist/chinese-days.json' with { type: 'json' }
import { type DateText, dateOfDay, dayNumber } from './calendar-date.ts'

/** A due date. `provisional`: a year was counted whose official holidays are not known yet, so the date may still move. */
export type Due = { due: DateText; provisional: boolean }

const dayNumbers = (dates: object): Set<number> => new Set(Object.keys(dates).map((date) => dayNumber(date as DateText)))
const holidays = dayNumbers(calendar.holidays)
/** Saturdays and Sundays worked to make up for a holiday (调休). */
const makeUpDays = dayNumbers(calendar.workdays)

/**
 * The State Council decides each year's arrangement in the autumn before. A year counts as known when both its first and its National Day
 * are in the package: a single entry can be the edge of the neighbouring year's New Year holiday.
 */
const knownYears: ReadonlySet<string> = new Set(
  Object.keys(calendar.holidays)
    .filter((date) => date.endsWith('-01-01') && `${date.slice(0, 4)}-10-01` in calendar.holidays)
    .map((date) => date.slice(0, 4)),
)

/** Whether the official holidays and make-up working days of the date's year are known. */
export function isCalendarKnown(date: DateText): boolean {
  return knownYears.has(date.slice(0, 4))
}

/** Whether offices work on that day. In a year that is not known: Monday to Friday. */
export function isWorkingDay(date: DateText): boolean {
  return worksOn(dayNumber(date))
}

/**
 * The date `days` working days after `from`, which itself is not counted (day of receipt; 民法典 201). Zero days give `from`.
 * Throws RangeError when `days` is not a whole number from 0 up: rules are data of this system, not input.
 */
export function addWorkingDays(from: DateText, days: number): Due {
  if (!Number.isSafeInteger(days) || days < 0) throw new RangeError('working days must be a whole number from 0 up')
  let day = dayNumber(from)
  for (let left = days; left > 0; ) {
    day += 1
    if (worksOn(day)) left -= 1
  }
  const due = dateOfDay(day)
  return { due, provisional: !yearsKnown(from, due) }
}

function worksOn(day: number): boolean {
  if (holidays.has(day)) return false
  const weekday = (((day + 4) % 7) + 7) % 7
  return (weekday !== 0 && weekday !== 6) || makeUpDays.has(day)
}

function yearsKnown(from: DateText, due: DateText): boolean {
  for (let year = Number(from.slice(0, 4)); year <= Number(due.slice(0, 4)); year++) {
    if (!knownYears.has(String(year).padStart(4, '0'))) return false
  }
  return true
}
