import { formatYuan, multiplyRateHalfUp, parseRate } from '@hefu/reference'
import { twoDigits } from './place.ts'
import type { Random } from './random.ts'

/** Yearly interest on personal accounts; before 2016 the deposit rates that places used. */
const interestRates: Readonly<Record<number, string>> = {
  2016: '0.0831',
  2017: '0.0712',
  2018: '0.0829',
  2019: '0.0761',
  2020: '0.0604',
  2021: '0.0669',
  2022: '0.0612',
  2023: '0.0397',
  2024: '0.0262',
  2025: '0.015',
  // The year of a transfer bears its interest at the new place.
  2026: '0',
}
const earlierInterest = '0.0275'

export interface Career {
  readonly firstYear: number
  readonly firstMonth: number
  readonly lastYear: number
  readonly lastMonth: number
  /** yyyy-mm, months left out on their own: excluded periods. */
  readonly without?: { readonly from: string; readonly to: string }
}

type Row = ReturnType<typeof yearRow>['row']

/**
 * Yearly rows of a pension relation (type 110) as a register holds them, to the end of 2025 at least: after the last
 * contribution a year only bears interest. The base rises with the years; in the years that `random` picks, it changes in July.
 */
export function pensionRows(random: Random, career: Career): Row[] {
  const rows: Row[] = []
  let last = 0n
  let base = BigInt(random.int(9, 16)) * 100_00n + BigInt(career.firstYear - 1996) * 120_00n
  for (let year = career.firstYear; year <= Math.max(career.lastYear, 2025); year++) {
    const row = yearRow(random, career, year, base, last)
    rows.push(row.row)
    last = row.balance
    base += BigInt(random.int(80, 420)) * 1_00n
  }
  return rows
}

function yearRow(random: Random, career: Career, year: number, base: bigint, last: bigint) {
  const raised = base + BigInt(random.int(50, 300)) * 1_00n
  const spans = spansOf(career, year, random.int(1, 5) === 1)
  const segments = spans.map(({ from, to }, at) => ({
    from: `${year}-${twoDigits(from)}`,
    to: `${year}-${twoDigits(to)}`,
    monthlyBase: formatYuan(at === 0 ? base : raised),
    months: to - from + 1,
    rates: ratesOf(year),
  }))
  const credited = spans.reduce(
    (sum, { from, to }, at) => sum + multiplyRateHalfUp(at === 0 ? base : raised, rate(year < 2006 ? '0.11' : '0.08'), to - from + 1),
    0n,
  )
  const interest = multiplyRateHalfUp(last, rate(interestRates[year] ?? earlierInterest), 1)
  const balance = last + credited + interest
  const row = { year, segments, credited: formatYuan(credited), interest: formatYuan(interest), balance: formatYuan(balance) }
  return { row, balance }
}

/** Months paid in a year, 1 to 12: what lies in the career, in one span, or two when the base changes in July or a period is left out. */
function spansOf({ firstYear, firstMonth, lastYear, lastMonth, without }: Career, year: number, changesInJuly: boolean) {
  const paid = Array.from({ length: 12 }, (_, at) => at + 1).filter((month) => {
    const text = `${year}-${twoDigits(month)}`
    const inCareer = text >= `${firstYear}-${twoDigits(firstMonth)}` && text <= `${lastYear}-${twoDigits(lastMonth)}`
    return inCareer && (without === undefined || text < without.from || text > without.to)
  })
  const spans: { from: number; to: number }[] = []
  for (const month of paid) {
    const current = spans.at(-1)
    if (current === undefined || month !== current.to + 1 || (changesInJuly && month === 7)) spans.push({ from: month, to: month })
    else current.to = month
  }
  return spans
}

/** 11 % of the base was credited until 2005, 3 points of it from the unit's share; 8 %, all the person's, since 2006. */
function ratesOf(year: number) {
  if (year < 2006) return { unit: '0.2', unitToAccount: '0.03', personal: '0.08' }
  return { unit: year < 2019 ? '0.2' : '0.16', unitToAccount: '0', personal: '0.08' }
}

function rate(text: string) {
  const parsed = parseRate(text)
  if (!parsed.ok) throw new RangeError('not a rate')
  return parsed.value
}
