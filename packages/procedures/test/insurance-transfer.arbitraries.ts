import type { CaseView, Finding } from '../src/engine/procedure.ts'
import { moneyBasis, transferAmounts } from '../src/insurance-transfer/amounts.ts'
import { careerRows } from '../src/insurance-transfer/career.ts'
import { nextVersion } from '../src/insurance-transfer/checks.ts'
import type {
  Completion,
  ContactLetter,
  InformationForm,
  ReturnDocument,
  Supplement,
  YearRow,
} from '../src/insurance-transfer/documents.ts'
import { exampleLetter } from '../src/insurance-transfer/examples.ts'
import { currentLetter, isSameProvince } from '../src/insurance-transfer/letter.ts'
import { insuranceTransfer } from '../src/insurance-transfer/procedure.ts'
import type { HistoryModel } from './history.ts'
import type { Rng } from './rng.ts'

const people = [
  { name: '周晓岚', idNumber: '500103198812310020', sex: 'female', birthDate: '1988-12-31' },
  { name: '李维', idNumber: '510107199511024567', sex: 'female', birthDate: '1995-11-02' },
  { name: '王敏', idNumber: '510104199003071237', sex: 'male', birthDate: '1990-03-07' },
  { name: '陈立', idNumber: '50011220000229001X', sex: 'male', birthDate: '2000-02-29' },
] as const

const voidReasons = ['form-version']

/**
 * Random transfers. Now and then a form carries the version of an earlier one. Submit would refuse that, so here it only warns: the
 * author is a node that does not ask, and replay has to say the same on both sides.
 */
export const insuranceTransferModel: HistoryModel = {
  procedure: {
    ...insuranceTransfer,
    check: (view, document) => [
      ...insuranceTransfer
        .check(view, document)
        .map((found) => (voidReasons.includes(found.code) ? { ...found, severity: 'warning' as const } : found)),
      ...(document.document === 'withdrawal' && isHeldBack(document.data) ? [heldBack] : []),
    ],
  },
  voidReasons,
  data: (document, view, rng) => write[document]?.(view, rng),
}

/** Withdrawing is possible nearly everywhere and ends the case: most authors think better of it, or few histories would get far. */
const heldBack: Finding = { severity: 'error', code: 'held-back', pointer: '', zh: '暂不撤销', en: 'not withdrawn after all' }
const isHeldBack = (data: unknown) => (data as { explanation?: string }).explanation === heldBack.zh

const write: Readonly<Record<string, (view: CaseView, rng: Rng) => unknown>> = {
  'contact-letter': (_, rng) => letter(rng),
  'supplement-request': (_, rng) => ({ items: [{ item: rng.pick(['person-name', 'household-place', 'account-kind']), why: '请补正' }] }),
  supplement: (view, rng): Supplement => ({
    items: [{ item: 'household-place', content: '重庆市渝中区' }],
    ...(rng.chance(0.3) && { letter: { ...(currentLetter(view) ?? letter(rng)), letterNumber: `LX-${rng.int(1, 9999)}` } }),
  }),
  return: (_, rng): ReturnDocument => ({ code: rng.pick(['R01', 'R02', 'R03', 'R04', 'R08', 'R09', 'R11']), explanation: '退回' }),
  'information-form': form,
  objection: (_, rng) => ({
    field: rng.pick(['/local/months', '/amounts/poolTransfer']),
    expected: '1',
    received: '2',
    code: rng.pick(['R05', 'R10']),
  }),
  completion: (view): Completion => {
    const continued = currentLetter(view)?.insuranceType === '210' ? '210' : '110'
    return { completedOn: '2026-02-12', relationContinuedAs: { insuranceType: continued, accountKind: 'general' } }
  },
  withdrawal: (_, rng) => ({ code: 'R13', ...(rng.chance(0.9) && { explanation: heldBack.zh }) }),
}

function letter(rng: Rng): ContactLetter {
  const { name, idNumber, sex } = rng.pick(people)
  return {
    ...exampleLetter,
    letterNumber: `LX-${rng.int(1, 9999)}`,
    person: { name, idNumber, sex, householdPlace: rng.pick(['重庆市渝中区', '成都市锦江区']) },
    insuranceType: rng.pick(['110', '210']),
    accountKind: rng.pick(['general', 'temporary']),
  }
}

function form(view: CaseView, rng: Rng): InformationForm {
  const { person, insuranceType } = currentLetter(view) ?? letter(rng)
  const firstYear = rng.int(2023, 2025)
  const months = rng.int(1, 12)
  const rows = careerRows(
    Array.from({ length: rng.int(1, 2026 - firstYear) }, (_, at) => ({
      from: `${firstYear + at}-01`,
      to: `${firstYear + at}-${String(months).padStart(2, '0')}`,
      monthlyBase: `${rng.int(3000, 30000)}.${rng.int(10, 99)}`,
      interest: '0.03',
    })),
  )
  const last = rows.at(-1) as YearRow
  const plain: InformationForm = {
    version: view.state === 'disputed' && rng.chance(0.5) ? 1 : nextVersion(view),
    person: {
      name: person.name,
      idNumber: person.idNumber,
      sex: person.sex,
      householdPlace: person.householdPlace,
      birthDate: people.find(({ idNumber }) => idNumber === person.idNumber)?.birthDate ?? '1988-12-31',
    },
    insuranceType: insuranceType === '210' ? '210' : '110',
    dates: { firstContribution: `${firstYear}-01`, accountOpened: `${firstYear}-01`, transfer: '2026-02-12' },
    local: { from: `${firstYear}-01`, to: `${last.year}-12`, months: months * rows.length },
    rows,
    excludedPeriods: [],
  }
  if (plain.insuranceType === '210') return { ...plain, rows: rows.map(withoutMoney) }
  return isSameProvince(view) ? plain : { ...plain, amounts: transferAmounts(moneyBasis(plain)) }
}

function withoutMoney({ year, segments }: YearRow): YearRow {
  return { year, segments: segments.map(({ from, to, months }) => ({ from, to, months })) }
}
