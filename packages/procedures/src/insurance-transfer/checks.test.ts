import { describe, expect, test } from 'vitest'
import { findingsOfLast, playCase } from '../../test/played-case.ts'
import { moneyBasis, poolTransferFen, transferAmounts } from './amounts.ts'
import { careerRows } from './career.ts'
import type { Amounts, ContactLetter, InformationForm, YearRow } from './documents.ts'
import { exampleForm, exampleLetter, examples } from './examples.ts'
import { insuranceTransfer } from './procedure.ts'

const letterFindings = (letter: ContactLetter, issuedOn?: string) =>
  findingsOfLast(playCase(insuranceTransfer, [['contact-letter', letter]], undefined, issuedOn))

const formFindings = (form: InformationForm, letter: ContactLetter = exampleLetter) =>
  findingsOfLast(
    playCase(insuranceTransfer, [
      ['contact-letter', letter],
      ['information-form', form],
    ]),
  )

const withPerson = (person: Partial<ContactLetter['person']>): ContactLetter => ({
  ...exampleLetter,
  person: { ...exampleLetter.person, ...person },
})

describe('contact letter', () => {
  test('the example has no finding', () => {
    expect(letterFindings(exampleLetter)).toEqual([])
  })

  test.each([
    ['410', 'type-not-transferable'],
    ['510', 'type-not-transferable'],
    ['310', 'type-of-medical-bureau'],
    ['380', 'type-of-medical-bureau'],
    ['390', 'type-of-medical-bureau'],
  ] as const)('type %s is refused: %s', (insuranceType, code) => {
    expect(letterFindings({ ...exampleLetter, insuranceType })).toEqual([`${code} /insuranceType`])
  })

  test.each(['110', '120', '170', '210'] as const)('type %s transfers', (insuranceType) => {
    expect(letterFindings({ ...exampleLetter, insuranceType })).toEqual([])
  })

  test('the sex agrees with the identity number; an old foreign number does not say', () => {
    expect(letterFindings(withPerson({ sex: 'male' }))).toEqual(['sex-differs-from-id /person/sex'])
    expect(letterFindings(withPerson({ sex: 'male', idNumber: 'CAN110119800803' }))).toEqual([])
  })

  test('a division is judged on the day of issue', () => {
    const letter = { ...exampleLetter, outgoingAgency: { ...exampleLetter.outgoingAgency, divisionCode: '500112' } }
    expect(letterFindings(letter, '2025-11-05')).toEqual([])
    expect(letterFindings(letter, '2025-11-06')).toEqual(['division-abolished /outgoingAgency/divisionCode'])
    expect(letterFindings(withPerson({ idNumber: '50011220000229001X', sex: 'male' }))).toEqual([])
  })

  test('a division that does not exist is refused, one of another province is not', () => {
    const agency = (divisionCode: string) => ({ ...exampleLetter, incomingAgency: { ...exampleLetter.incomingAgency, divisionCode } })
    expect(letterFindings(agency('519999'))).toEqual(['division-unknown /incomingAgency/divisionCode'])
    expect(letterFindings(agency('440100'))).toEqual([])
    expect(letterFindings(agency('990000'))).toEqual(['division-unknown /incomingAgency/divisionCode'])
  })

  test('a corrected letter in a supplement is checked like a letter', () => {
    const supplement = { items: [{ item: 'insurance-type', content: '410' }], letter: { ...exampleLetter, insuranceType: '410' } }
    const [request] = examples['supplement-request']
    const played = playCase(insuranceTransfer, [
      ['contact-letter', exampleLetter],
      ['supplement-request', request?.body.data],
      ['supplement', supplement],
    ])
    expect(findingsOfLast(played)).toEqual(['type-not-transferable /letter/insuranceType'])
  })
})

describe('information form: person, type, version', () => {
  test('the example has no finding', () => {
    expect(formFindings(exampleForm)).toEqual([])
  })

  test('the person equals the letter', () => {
    expect(formFindings({ ...exampleForm, person: { ...exampleForm.person, name: '周小岚' } })).toEqual(['person-differs /person/name'])
    expect(formFindings({ ...exampleForm, person: { ...exampleForm.person, householdPlace: '成都市' } })).toEqual([
      'person-differs /person/householdPlace',
    ])
    const other = { ...exampleForm.person, idNumber: '510107199511024567', birthDate: '1995-11-02' }
    expect(formFindings({ ...exampleForm, person: other })).toEqual(['person-differs /person/idNumber'])
  })

  test('sex and birth date agree with the identity number', () => {
    expect(formFindings({ ...exampleForm, person: { ...exampleForm.person, sex: 'male' } })).toEqual([
      'person-differs /person/sex',
      'sex-differs-from-id /person/sex',
    ])
    expect(formFindings({ ...exampleForm, person: { ...exampleForm.person, birthDate: '1988-12-30' } })).toEqual([
      'birth-date-differs-from-id /person/birthDate',
    ])
  })

  test('the type equals the letter, the version is the next', () => {
    expect(formFindings(exampleForm, { ...exampleLetter, insuranceType: '120' })).toEqual(['insurance-type-differs /insuranceType'])
    expect(formFindings({ ...exampleForm, version: 2 })).toEqual(['form-version /version'])
  })
})

describe('information form: periods', () => {
  const unemployment = examples['information-form'][1]?.body.data as InformationForm
  const letter: ContactLetter = { ...exampleLetter, insuranceType: '210' }
  const rows = (...years: YearRow[]): InformationForm => ({ ...unemployment, rows: years, excludedPeriods: [] })
  const year = (year: number, from: string, to: string, months: number): YearRow => ({ year, segments: [{ from, to, months }] })

  test('the example has no finding', () => {
    expect(formFindings(unemployment, letter)).toEqual([])
  })

  test('segment months are the local months', () => {
    expect(formFindings({ ...unemployment, local: { ...unemployment.local, months: 16 } }, letter)).toEqual(['months-sum /local/months'])
  })

  test('segments do not overlap each other', () => {
    const form = rows({
      year: 2025,
      segments: [...year(2025, '2025-01', '2025-08', 8).segments, ...year(2025, '2025-08', '2025-12', 5).segments],
    })
    expect(formFindings({ ...form, local: { ...form.local, months: 13 } }, letter)).toEqual(['segment-overlap /rows/0/segments/1'])
  })

  test('segments lie inside the period and inside their year', () => {
    expect(formFindings(rows(year(2024, '2024-10', '2024-12', 3), year(2025, '2025-01', '2025-12', 12)), letter)).toEqual([
      'segment-outside-period /rows/0/segments/0',
    ])
    const crossing = rows(year(2025, '2025-12', '2026-02', 3))
    expect(formFindings({ ...crossing, local: { ...crossing.local, months: 3 } }, letter)).toEqual([
      'segment-outside-year /rows/0/segments/0',
    ])
  })

  test('a segment has no more months than its span, and does not run backwards', () => {
    expect(formFindings(rows(year(2025, '2025-01', '2025-11', 12), year(2026, '2026-01', '2026-03', 3)), letter)).toEqual([
      'span-months /rows/0/segments/0/months',
    ])
    expect(formFindings(rows(year(2025, '2025-12', '2025-01', 12), year(2026, '2026-01', '2026-03', 3)), letter)).toEqual([
      'span-reversed /rows/0/segments/0',
    ])
  })

  test('years are in order, each once', () => {
    expect(formFindings(rows(year(2026, '2026-01', '2026-03', 3), year(2025, '2025-01', '2025-12', 12)), letter)).toEqual([
      'row-order /rows/1/year',
    ])
  })

  test('an excluded period is not transferred as well', () => {
    const excluded = {
      ...unemployment,
      excludedPeriods: [{ from: '2025-09', to: '2025-12', code: 'R06' as const, explanation: '一次性缴费' }],
    }
    expect(formFindings(excluded, letter)).toEqual(['segment-excluded /rows/0/segments/0'])
  })

  test('types other than 110 carry no money', () => {
    expect(formFindings({ ...unemployment, amounts: exampleForm.amounts }, letter)).toEqual(['amounts-not-carried /amounts'])
    const paid = {
      ...unemployment,
      openingBalance: '1.00',
      rows: unemployment.rows.map((row, at) => (at === 0 ? { ...row, credited: '1.00' } : row)),
    }
    expect(formFindings(paid, letter)).toEqual(['row-money-not-carried /rows/0', 'row-money-not-carried /openingBalance'])
  })
})

describe('information form: money of type 110', () => {
  const amounts = exampleForm.amounts as Amounts
  const withAmounts = (changed: Partial<Amounts>): InformationForm => ({ ...exampleForm, amounts: { ...amounts, ...changed } })
  const withRow = (at: number, changed: Partial<YearRow>): InformationForm => ({
    ...exampleForm,
    rows: exampleForm.rows.map((row, index) => (index === at ? { ...row, ...changed } : row)),
  })

  test('known answer: 5000 × 12, 5500 × 12, 6000 × 9', () => {
    const rows = careerRows([
      { from: '2023-01', to: '2023-12', monthlyBase: '5000.00', interest: '0' },
      { from: '2024-01', to: '2024-12', monthlyBase: '5500.00', interest: '0' },
      { from: '2025-01', to: '2025-09', monthlyBase: '6000.00', interest: '0' },
    ])
    const basis = { rows, accountOpened: '2023-01', transferDate: '2025-10-15' }
    expect(transferAmounts(basis)).toEqual({
      pre98Personal: '0.00',
      post98ToPreviousYearEnd: '10080.00',
      transferYearPrincipal: '4320.00',
      individualTransfer: '14400.00',
      poolTransfer: '21600.00',
      totalTransfer: '36000.00',
    })
    const form: InformationForm = {
      ...exampleForm,
      dates: { firstContribution: '2023-01', accountOpened: '2023-01', transfer: '2025-10-15' },
      local: { from: '2023-01', to: '2025-09', months: 33 },
      rows,
      amounts: transferAmounts(basis),
    }
    expect(formFindings(form)).toEqual([])
  })

  test('(4) = (1) + (2) + (3)', () => {
    expect(formFindings(withAmounts({ individualTransfer: '1.00', totalTransfer: addYuan('1.00', amounts.poolTransfer) }))).toEqual([
      'individual-sum /amounts/individualTransfer',
    ])
  })

  test('(6) = (4) + (5)', () => {
    expect(formFindings(withAmounts({ totalTransfer: '1.00' }))).toEqual(['total-sum /amounts/totalTransfer'])
  })

  test('(5) is 12 % since 1998, within a fen for each segment', () => {
    const pool = (fen: bigint) => {
      const poolTransfer = yuanText(poolTransferFen(exampleForm.rows) + fen)
      return formFindings(withAmounts({ poolTransfer, totalTransfer: addYuan(amounts.individualTransfer, poolTransfer) }))
    }
    const segments = BigInt(exampleForm.rows.length)
    expect(pool(segments)).toEqual([])
    expect(pool(-segments)).toEqual([])
    expect(pool(segments + 1n)).toEqual(['pool-amount /amounts/poolTransfer'])
    expect(pool(-segments - 1n)).toEqual(['pool-amount /amounts/poolTransfer'])
  })

  test('the pool does not pay for months before 1998', () => {
    const rates = { unit: '0.16', unitToAccount: '0.08', personal: '0.03' }
    const row = (year: number): YearRow => ({
      year,
      segments: [{ from: `${year}-01`, to: `${year}-12`, monthlyBase: '400.01', months: 12, rates }],
    })
    expect(poolTransferFen([row(1997), row(1998)])).toBe(57601n)
  })

  test('a balance is the last one plus credited plus interest', () => {
    expect(formFindings(withRow(0, { interest: '0.01' }))).toEqual(['balance /rows/0/balance'])
    const opened = exampleForm.rows.map((row) => ({ ...row, balance: addYuan(row.balance ?? '', '100.00') }))
    const carried: InformationForm = { ...exampleForm, openingBalance: '100.00', rows: opened }
    expect(formFindings({ ...carried, amounts: transferAmounts(moneyBasis(carried)) })).toEqual([])
  })

  test('(3) is what was credited in the transfer year, and nothing without such a row', () => {
    expect(formFindings({ ...exampleForm, dates: { ...exampleForm.dates, transfer: '2027-01-05' } })).toEqual([
      'transfer-year-principal /amounts/transferYearPrincipal',
      'previous-balance /amounts/post98ToPreviousYearEnd',
    ])
  })

  test('the transfer year bears no interest', () => {
    const last = exampleForm.rows.length - 1
    const row = exampleForm.rows[last] as YearRow
    expect(formFindings(withRow(last, { interest: '1.00', balance: addYuan(row.balance ?? '', '1.00') }))).toEqual([
      `transfer-year-interest /rows/${last}/interest`,
    ])
  })

  test('an account opened from 1998 on has nothing before, and (2) is the last balance', () => {
    const shifted = { pre98Personal: '1.00', post98ToPreviousYearEnd: addYuan(amounts.post98ToPreviousYearEnd, '-1.00') }
    expect(formFindings(withAmounts(shifted))).toEqual([
      'pre-1998-amount /amounts/pre98Personal',
      'previous-balance /amounts/post98ToPreviousYearEnd',
    ])
    const older = { ...withAmounts(shifted), dates: { ...exampleForm.dates, accountOpened: '1997-12' } }
    expect(formFindings(older)).toEqual([])
  })

  test('the month in which the account was opened is not left out', () => {
    const { accountOpened: _, ...dates } = exampleForm.dates
    expect(formFindings({ ...exampleForm, dates })).toEqual(['account-opened-missing /dates/accountOpened'])
  })

  test('rows carry money, and amounts move between provinces only', () => {
    const { amounts: _, ...without } = exampleForm
    expect(formFindings(without)).toEqual(['amounts-missing /amounts'])
    const { credited, ...bare } = exampleForm.rows[0] as YearRow
    expect(formFindings({ ...exampleForm, rows: [bare, ...exampleForm.rows.slice(1)] })).toEqual(['row-money-missing /rows/0'])
    const inProvince = (form: InformationForm) =>
      findingsOfLast(
        playCase(
          insuranceTransfer,
          [
            ['contact-letter', exampleLetter],
            ['information-form', form],
          ],
          { owner: '510100', other: '510700' },
        ),
      )
    expect(inProvince(without)).toEqual([])
    expect(inProvince(exampleForm)).toEqual(['amounts-not-carried /amounts'])
  })

  test('a credited rate other than the rule of its time is a warning', () => {
    const credited = (year: number, personal: string): string[] => {
      const segment = {
        from: `${year}-01`,
        to: `${year}-12`,
        monthlyBase: '1000.00',
        months: 12,
        rates: { unit: '0.2', unitToAccount: '0.03', personal },
      }
      const rows = [{ year, segments: [segment], credited: '960.00', interest: '0.00', balance: '960.00' }]
      const form: InformationForm = {
        ...exampleForm,
        dates: { firstContribution: `${year}-01`, accountOpened: `${year}-01`, transfer: '2026-11-20' },
        local: { from: `${year}-01`, to: `${year}-12`, months: 12 },
        rows,
      }
      const amounts = transferAmounts(moneyBasis(form), '960.00')
      return formFindings({ ...form, amounts })
    }
    expect(credited(1997, '0.03')).toEqual([])
    expect(credited(2005, '0.08')).toEqual([])
    expect(credited(2005, '0.05')).toEqual(['credited-rate /rows/0/segments/0/rates'])
    expect(credited(2006, '0.05')).toEqual([])
    expect(credited(2006, '0.08')).toEqual(['credited-rate /rows/0/segments/0/rates'])
  })
})

describe('completion', () => {
  const completed = (completedOn: string) =>
    findingsOfLast(
      playCase(insuranceTransfer, [
        ['contact-letter', exampleLetter],
        ['information-form', exampleForm],
        ['completion', { completedOn, relationContinuedAs: { insuranceType: '110', accountKind: 'general' } }],
      ]),
    )

  test('is not dated after its day of issue', () => {
    expect(completed('2026-11-20')).toEqual([])
    expect(completed('2026-11-21')).toEqual(['completed-later /completedOn'])
  })
})

function addYuan(one: string, other: string): string {
  return yuanText(BigInt(one.replace('.', '')) + BigInt(other.replace('.', '')))
}

function yuanText(fen: bigint): string {
  return `${fen / 100n}.${String(fen % 100n).padStart(2, '0')}`
}
