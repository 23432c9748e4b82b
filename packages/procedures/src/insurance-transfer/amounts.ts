import { formatYuan, multiplyRateHalfUp, parseRate, parseYuan, type Rate } from '@hefu/reference'
import type { Amounts, InformationForm, Segment, YearRow } from './documents.ts'

/** Month from which the pool pays and the whole account is credited (国办发〔2009〕66号). */
const countedFrom = '1998-01'

/** What the money rules of type 110 read of a form; the register's record has the same members. */
export interface MoneyBasis {
  readonly rows: readonly YearRow[]
  readonly openingBalance?: string | undefined
  readonly accountOpened?: string | undefined
  readonly transferDate: string
}

export function moneyBasis(form: InformationForm): MoneyBasis {
  return {
    rows: form.rows,
    openingBalance: form.openingBalance,
    accountOpened: form.dates.accountOpened,
    transferDate: form.dates.transfer,
  }
}

export function fen(yuan: string): bigint {
  const parsed = parseYuan(yuan)
  if (!parsed.ok) throw new RangeError('amount was not parsed by the schema')
  return parsed.value
}

export function rateOf(text: string): Rate {
  const parsed = parseRate(text)
  if (!parsed.ok) throw new RangeError('rate was not parsed by the schema')
  return parsed.value
}

/** Segments on which the pool pays: contributions from 1998-01 on. */
export function poolSegments(rows: readonly YearRow[]): readonly Segment[] {
  return rows.flatMap((row) => row.segments).filter((segment) => segment.from >= countedFrom)
}

/** Amount (5), fen: per segment 12 % of base × months, rounded half up, then summed. A segment without a base counts as nothing. */
export function poolTransferFen(rows: readonly YearRow[]): bigint {
  const share = rateOf('0.12')
  return poolSegments(rows).reduce(
    (sum, { monthlyBase, months }) => sum + multiplyRateHalfUp(fen(monthlyBase ?? '0.00'), share, months),
    0n,
  )
}

/** The balance that (2) carries when the account was opened from 1998-01 on: that of the last row before the transfer year, fen. */
export function balanceBeforeTransferYearFen(basis: MoneyBasis): bigint {
  const transferYear = Number(basis.transferDate.slice(0, 4))
  const before = basis.rows.filter((row) => row.year < transferYear).at(-1)
  return fen(before?.balance ?? basis.openingBalance ?? '0.00')
}

export function transferYearRow(basis: MoneyBasis): YearRow | undefined {
  return basis.rows.find((row) => row.year === Number(basis.transferDate.slice(0, 4)))
}

export function openedFrom1998(accountOpened: string | undefined): boolean {
  return accountOpened !== undefined && accountOpened >= countedFrom
}

/**
 * The six amounts. `pre98Personal` (yuan) is taken from the record when the account is older than 1998, and is 0.00 otherwise;
 * what the account held beyond it at the end of the year before is (2).
 */
export function transferAmounts(basis: MoneyBasis, pre98Personal = '0.00'): Amounts {
  const first = openedFrom1998(basis.accountOpened) ? 0n : fen(pre98Personal)
  const held = balanceBeforeTransferYearFen(basis)
  const second = held > first ? held - first : 0n
  const third = fen(transferYearRow(basis)?.credited ?? '0.00')
  const fourth = first + second + third
  const fifth = poolTransferFen(basis.rows)
  return {
    pre98Personal: formatYuan(first),
    post98ToPreviousYearEnd: formatYuan(second),
    transferYearPrincipal: formatYuan(third),
    individualTransfer: formatYuan(fourth),
    poolTransfer: formatYuan(fifth),
    totalTransfer: formatYuan(fourth + fifth),
  }
}
