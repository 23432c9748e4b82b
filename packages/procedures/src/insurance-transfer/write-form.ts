import type { CaseView } from '../engine/procedure.ts'
import type { InsuredPerson } from '../registers/insured-persons.ts'
import { openedFrom1998, transferAmounts } from './amounts.ts'
import { nextVersion } from './checks.ts'
import type { ContactLetter, InformationForm, YearRow } from './documents.ts'
import { isSameProvince } from './letter.ts'

/** The information form that a register record makes for a letter. `today` (yyyy-mm-dd) is the date of the transfer. */
export function writeForm(view: CaseView, letter: ContactLetter, record: InsuredPerson, today: string): InformationForm {
  const carriesMoney = record.insuranceType === '110'
  const form: InformationForm = {
    version: nextVersion(view),
    // The household place is the letter's: the register here need not know it.
    person: { ...record.person, householdPlace: letter.person.householdPlace },
    insuranceType: record.insuranceType,
    dates: {
      ...(record.workStart !== undefined && { workStart: record.workStart }),
      firstContribution: record.firstContribution,
      ...(record.accountOpened !== undefined && { accountOpened: record.accountOpened }),
      transfer: today,
    },
    local: localPeriod(record),
    ...(carriesMoney && record.openingBalance !== undefined && { openingBalance: record.openingBalance }),
    rows: carriesMoney ? record.rows : record.rows.map(withoutMoney),
    excludedPeriods: record.excludedPeriods ?? [],
  }
  if (!carriesMoney || isSameProvince(view)) return form
  return { ...form, amounts: transferAmounts({ ...record, transferDate: today }, record.pre98Personal) }
}

/** An account older than 1998 is split by (1), which only the record can give. */
export function isSplitKnown(record: InsuredPerson): boolean {
  return record.insuranceType !== '110' || openedFrom1998(record.accountOpened) || record.pre98Personal !== undefined
}

function localPeriod({ periods }: InsuredPerson): InformationForm['local'] {
  const starts = periods.map((period) => period.from).sort()
  const ends = periods.map((period) => period.to).sort()
  return {
    from: starts[0] as string,
    to: ends.at(-1) as string,
    months: periods.reduce((months, period) => months + period.months, 0),
  }
}

function withoutMoney(row: YearRow): YearRow {
  return { year: row.year, segments: row.segments.map(({ from, to, months }) => ({ from, to, months })) }
}
