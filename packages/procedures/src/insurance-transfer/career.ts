import { formatYuan, multiplyRateHalfUp } from '@hefu/reference'
import { fen, rateOf } from './amounts.ts'
import type { YearRow } from './documents.ts'
import { monthsIn } from './months.ts'

/** One year of contributions at one base. `interest` is the yearly rate that the last balance bears. */
export interface CareerYear {
  readonly from: string
  readonly to: string
  readonly monthlyBase: string
  readonly interest: string
}

/** The yearly rows of a career since 2006, with 16 % paid by the unit and 8 % credited; every balance follows from the last. */
export function careerRows(years: readonly CareerYear[]): YearRow[] {
  let last = 0n
  return years.map(({ from, to, monthlyBase, interest }) => {
    const months = monthsIn({ from, to })
    const credited = multiplyRateHalfUp(fen(monthlyBase), rateOf('0.08'), months)
    const earned = multiplyRateHalfUp(last, rateOf(interest), 1)
    last += credited + earned
    const rates = { unit: '0.16', unitToAccount: '0', personal: '0.08' }
    return {
      year: Number(from.slice(0, 4)),
      segments: [{ from, to, monthlyBase, months, rates }],
      credited: formatYuan(credited),
      interest: formatYuan(earned),
      balance: formatYuan(last),
    }
  })
}
