import type { Finding } from '../engine/procedure.ts'
import {
  balanceBeforeTransferYearFen,
  fen,
  moneyBasis,
  openedFrom1998,
  poolSegments,
  poolTransferFen,
  rateOf,
  transferYearRow,
} from './amounts.ts'
import { placedSegments } from './check-periods.ts'
import type { Amounts, InformationForm, Segment, YearRow } from './documents.ts'
import { finding } from './findings.ts'

/**
 * Money as data per type: version 1 has type 110. Its rows always carry money; the six amounts only move between provinces.
 * Other types carry periods and months only.
 */
export function checkMoney(form: InformationForm, sameProvince: boolean): Finding[] {
  const amountsCarried = form.amounts === undefined ? [] : [finding('amounts-not-carried', '/amounts')]
  if (form.insuranceType !== '110') return [...moneyNotCarried(form), ...amountsCarried]
  const missing = moneyMissing(form)
  if (missing.length > 0) return missing
  const rows = [...checkBalances(form), ...checkRates(form), ...checkTransferYearInterest(form)]
  if (sameProvince) return [...rows, ...amountsCarried]
  return form.amounts === undefined ? [...rows, finding('amounts-missing', '/amounts')] : [...rows, ...checkAmounts(form, form.amounts)]
}

function checkAmounts(form: InformationForm, amounts: Amounts): Finding[] {
  const found: Finding[] = []
  const basis = moneyBasis(form)
  const first = fen(amounts.pre98Personal)
  const second = fen(amounts.post98ToPreviousYearEnd)
  const third = fen(amounts.transferYearPrincipal)
  const fourth = fen(amounts.individualTransfer)
  const fifth = fen(amounts.poolTransfer)
  if (fourth !== first + second + third) found.push(finding('individual-sum', '/amounts/individualTransfer'))
  if (fen(amounts.totalTransfer) !== fourth + fifth) found.push(finding('total-sum', '/amounts/totalTransfer'))
  // Systems round a segment up, down or to even: one fen for each is tolerated.
  const difference = fifth - poolTransferFen(form.rows)
  const tolerance = BigInt(poolSegments(form.rows).length)
  if (difference > tolerance || -difference > tolerance) found.push(finding('pool-amount', '/amounts/poolTransfer'))
  if (third !== fen(transferYearRow(basis)?.credited ?? '0.00'))
    found.push(finding('transfer-year-principal', '/amounts/transferYearPrincipal'))
  if (openedFrom1998(form.dates.accountOpened)) {
    if (first !== 0n) found.push(finding('pre-1998-amount', '/amounts/pre98Personal'))
    if (second !== balanceBeforeTransferYearFen(basis)) found.push(finding('previous-balance', '/amounts/post98ToPreviousYearEnd'))
  }
  return found
}

function checkTransferYearInterest(form: InformationForm): Finding[] {
  const row = transferYearRow(moneyBasis(form))
  if (row === undefined || fen(row.interest ?? '0.00') === 0n) return []
  return [finding('transfer-year-interest', `/rows/${form.rows.indexOf(row)}/interest`)]
}

function checkBalances(form: InformationForm): Finding[] {
  const found: Finding[] = []
  let last = fen(form.openingBalance ?? '0.00')
  for (const [at, row] of form.rows.entries()) {
    const balance = fen(row.balance ?? '0.00')
    if (balance !== last + fen(row.credited ?? '0.00') + fen(row.interest ?? '0.00')) found.push(finding('balance', `/rows/${at}/balance`))
    last = balance
  }
  return found
}

/** 11 % of the base from 1998-01 to 2005-12, 8 % since; before 1998 places had rates of their own. */
function checkRates(form: InformationForm): Finding[] {
  return placedSegments(form).flatMap(({ segment, pointer }) => {
    if (segment.rates === undefined || segment.from < '1998-01') return []
    const expected = rateOf(segment.from < '2006-01' ? '0.11' : '0.08')
    const credited = rateOf(segment.rates.unitToAccount) + rateOf(segment.rates.personal)
    return credited === expected ? [] : [finding('credited-rate', `${pointer}/rates`)]
  })
}

function moneyMissing(form: InformationForm): Finding[] {
  const complete = (row: YearRow) =>
    row.credited !== undefined &&
    row.interest !== undefined &&
    row.balance !== undefined &&
    row.segments.every((segment) => segment.monthlyBase !== undefined && segment.rates !== undefined)
  const rows = form.rows.flatMap((row, at) => (complete(row) ? [] : [finding('row-money-missing', `/rows/${at}`)]))
  // Which amounts are possible depends on it: left out, it would switch their checks off.
  return form.dates.accountOpened === undefined ? [finding('account-opened-missing', '/dates/accountOpened'), ...rows] : rows
}

function moneyNotCarried(form: InformationForm): Finding[] {
  const bare = (segment: Segment) => segment.monthlyBase === undefined && segment.rates === undefined
  const clean = (row: YearRow) =>
    row.credited === undefined && row.interest === undefined && row.balance === undefined && row.segments.every(bare)
  const rows = form.rows.flatMap((row, at) => (clean(row) ? [] : [finding('row-money-not-carried', `/rows/${at}`)]))
  return form.openingBalance === undefined ? rows : [...rows, finding('row-money-not-carried', '/openingBalance')]
}
