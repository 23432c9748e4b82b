import { type DateText, dateOfDay, dayNumber } from '@hefu/reference'
import { firstUuidOf } from '../db/ensure-partitions.ts'

/** The smallest UUIDv7 of the day in Asia/Shanghai, and of the next day. */
export interface DayBounds {
  readonly day: string
  readonly first: string
  readonly next: string
}

export function boundsOf(day: string): DayBounds {
  return { day, first: firstUuidOf(startMs(day)), next: firstUuidOf(startMs(day) + 86_400_000) }
}

/** How many days from the first to the last, both counted; less than one when they are the wrong way round. */
export function dayCount(from: string, to: string): number {
  return dayNumber(to as DateText) - dayNumber(from as DateText) + 1
}

/** The date so many days before. */
export function daysBefore(day: string, days: number): DateText {
  return dateOfDay(dayNumber(day as DateText) - days)
}

export function eachDay(from: string, to: string): DayBounds[] {
  const first = dayNumber(from as DateText)
  return Array.from({ length: Math.max(0, dayCount(from, to)) }, (_, n) => boundsOf(dateOfDay(first + n)))
}

/** China has had one zone without summer time since 1992; a day before that holds no UUIDv7 of a message. */
function startMs(day: string): number {
  return Date.parse(`${day}T00:00:00+08:00`)
}
