import { accept, type Branded, type Parsed, refuse } from './parsed.ts'

/** A calendar date `yyyy-mm-dd` that exists. Texts compare in the order of the dates. */
export type DateText = Branded<'DateText'>

export type DateError = 'not-text' | 'format' | 'no-such-date'

const dayMs = 86_400_000
/** China has kept UTC+8 without summer time since 1991-09-15; the system is younger than that. */
const shanghaiOffsetMs = 8 * 3_600_000

/** `yyyy-mm-dd`, a date that exists in the Gregorian calendar, years 0001 to 9999. */
export function parseDateText(value: unknown): Parsed<DateText, DateError> {
  if (typeof value !== 'string') return refuse('not-text')
  if (!/^\d{4}-\d{2}-\d{2}$/.test(value)) return refuse('format')
  return dateExists(Number(value.slice(0, 4)), Number(value.slice(5, 7)), Number(value.slice(8, 10)))
    ? accept(value as DateText)
    : refuse('no-such-date')
}

/** `yyyymmdd` as it stands in case numbers, ID numbers and certificates. */
export function parseCompactDate(value: string): Parsed<DateText, 'format' | 'no-such-date'> {
  if (!/^\d{8}$/.test(value)) return refuse('format')
  const parsed = parseDateText(`${value.slice(0, 4)}-${value.slice(4, 6)}-${value.slice(6)}`)
  return parsed.ok ? parsed : refuse('no-such-date')
}

/** The date in Asia/Shanghai at an instant (milliseconds since 1970 UTC). A message received at 23:59 there counts for that date. */
export function shanghaiDate(epochMs: number): DateText {
  const day = Math.floor((epochMs + shanghaiOffsetMs) / dayMs)
  // Instants of one day come in thousands.
  if (day !== lastAsked.day) lastAsked = { day, date: dateOfDay(day) }
  return lastAsked.date
}

let lastAsked = { day: 0, date: '1970-01-01' as DateText }

/** Days since 1970-01-01, which was a Thursday. */
export function dayNumber(date: DateText): number {
  return Date.parse(date) / dayMs
}

export function dateOfDay(day: number): DateText {
  return new Date(day * dayMs).toISOString().slice(0, 10) as DateText
}

/** The same day `months` later; the last day of the month where that day does not exist (31 January + 1 = 28 or 29 February). */
export function addMonths(date: DateText, months: number): DateText {
  const index = Number(date.slice(0, 4)) * 12 + Number(date.slice(5, 7)) - 1 + months
  const year = Math.floor(index / 12)
  const month = (index % 12) + 1
  const day = Math.min(Number(date.slice(8)), daysInMonth(year, month))
  return `${String(year).padStart(4, '0')}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}` as DateText
}

function dateExists(year: number, month: number, day: number): boolean {
  return year >= 1 && month >= 1 && month <= 12 && day >= 1 && day <= daysInMonth(year, month)
}

function daysInMonth(year: number, month: number): number {
  if (month !== 2) return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28
}
