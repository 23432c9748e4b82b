/** A span of calendar months, both ends included, `yyyy-mm`. Texts compare in the order of the months. */
export interface MonthSpan {
  readonly from: string
  readonly to: string
}

export function monthsIn(span: MonthSpan): number {
  return monthNumber(span.to) - monthNumber(span.from) + 1
}

export function spansOverlap(one: MonthSpan, other: MonthSpan): boolean {
  return one.from <= other.to && other.from <= one.to
}

export function listMonths(span: MonthSpan): string[] {
  const first = monthNumber(span.from)
  return Array.from({ length: Math.max(0, monthsIn(span)) }, (_, index) => monthText(first + index))
}

function monthNumber(month: string): number {
  return Number(month.slice(0, 4)) * 12 + Number(month.slice(5)) - 1
}

function monthText(number: number): string {
  return `${Math.floor(number / 12)}-${String((number % 12) + 1).padStart(2, '0')}`
}
