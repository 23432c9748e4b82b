import { describe, expect, test } from 'vitest'
import { findingsOfLast, playCase } from '../../test/played-case.ts'
import type { FoundRecords } from '../engine/procedure.ts'
import { type InsuredPerson, insuredPersons } from '../registers/insured-persons.ts'
import type { ContactLetter } from './documents.ts'
import { exampleForm, exampleLetter, examples } from './examples.ts'
import { insuranceTransfer } from './procedure.ts'

const [employee, jobless] = insuredPersons.examples.map((example) => example.data as InsuredPerson) as [InsuredPerson, InsuredPerson]
const today = '2026-11-20'

function answer(
  document: string,
  records: readonly unknown[],
  letter: ContactLetter = exampleLetter,
  further: readonly (readonly [string, unknown])[] = [],
) {
  const definition = insuranceTransfer.registerAnswers.find((one) => one.document === document)
  const { replay } = playCase(insuranceTransfer, [['contact-letter', letter], ...further])
  const found: FoundRecords = { relation: records }
  return definition?.states.includes(replay.state) ? definition.write(replay.view, found, today) : undefined
}

describe('information form from the register', () => {
  test('looks for the person and the type of the letter', () => {
    const { replay } = playCase(insuranceTransfer, [['contact-letter', exampleLetter]])
    const [wanted] = insuranceTransfer.registerAnswers.map((one) => one.lookUp(replay.view))
    expect(insuredPersons.lookups(employee as never)).toContainEqual(wanted?.relation?.lookup)
  })

  test('the example record answers the example letter by itself, without any finding', () => {
    const written = answer('information-form', [employee])
    expect(written).toMatchObject({ automatic: true, data: exampleForm })
    expect(insuranceTransfer.documents['information-form']?.schema.safeParse(written?.data).success).toBe(true)
    const played = playCase(insuranceTransfer, [
      ['contact-letter', exampleLetter],
      ['information-form', written?.data],
    ])
    expect(findingsOfLast(played)).toEqual([])
    expect(answer('return', [employee])).toBeNull()
  })

  test('another type carries periods and months only', () => {
    const written = answer(
      'information-form',
      [{ ...jobless, rows: employee.rows.slice(-2), periods: [{ from: '2025-01', to: '2026-06', months: 18 }] }],
      {
        ...exampleLetter,
        insuranceType: '210',
      },
    )
    expect(written?.automatic).toBe(true)
    expect(written?.data).not.toHaveProperty('amounts')
    expect(written?.data).toMatchObject({
      rows: [{ year: 2025 }, { year: 2026, segments: [{ from: '2026-01', to: '2026-06', months: 6 }] }],
    })
    expect(JSON.stringify(written?.data)).not.toMatch(/monthlyBase|rates|credited|interest|balance/)
  })

  test.each<[string, Partial<InsuredPerson>]>([
    ['an error: the months do not add up', { periods: [{ from: '2019-03', to: '2026-06', months: 87 }] }],
    [
      'a warning: the credited rate',
      {
        rows: employee.rows.map((row) => ({
          ...row,
          segments: row.segments.map((segment) => ({ ...segment, rates: { unit: '0.16', unitToAccount: '0.01', personal: '0.08' } })),
        })),
      },
    ],
    ['an account older than 1998 that the record does not split', { accountOpened: '1997-01' }],
    ['rows without money', { rows: employee.rows.map(({ year, segments }) => ({ year, segments })) }],
  ])('%s: a draft', (_, changed) => {
    expect(answer('information-form', [{ ...employee, ...changed }])).toMatchObject({ automatic: false, data: { version: 1 } })
  })

  test('a temporary account, and several relations, are for an officer', () => {
    expect(answer('information-form', [employee], { ...exampleLetter, accountKind: 'temporary' })?.automatic).toBe(false)
    const elsewhere = { ...employee, agency: '500103-0001' }
    expect(answer('information-form', [elsewhere, employee])?.automatic).toBe(true)
    expect(answer('information-form', [elsewhere, { ...elsewhere, relationNumber: 'other' }])?.automatic).toBe(false)
  })

  test('in a dispute the next version is drafted', () => {
    const [objection] = examples.objection
    const disputed = [
      ['information-form', exampleForm],
      ['objection', objection?.body.data],
    ] as const
    expect(answer('information-form', [employee], exampleLetter, disputed)).toMatchObject({ automatic: false, data: { version: 2 } })
    expect(answer('return', [employee], exampleLetter, disputed)).toBeUndefined()
  })
})

describe('return from the register: never automatic, never beside a form', () => {
  test.each<[string, readonly unknown[]]>([
    ['R01', [{ ...employee, person: { ...employee.person, name: '周小岚' } }]],
    ['R02', []],
    ['R02', [{ not: 'a record' }]],
    ['R03', [{ ...employee, status: 'in-payment' }]],
    ['R04', [{ ...employee, relationStays: true }]],
    ['R09', [{ ...employee, status: 'contributing' }]],
    ['R09', [{ ...employee, arrears: true }]],
  ])('%s', (code, records) => {
    const written = answer('return', records)
    expect(written).toMatchObject({ automatic: false, data: { code } })
    expect(insuranceTransfer.documents.return?.schema.safeParse(written?.data).success).toBe(true)
    expect(answer('information-form', records)).toBeNull()
  })
})

test('the register examples are valid and found by their own number first', () => {
  for (const { data } of insuredPersons.examples) {
    expect(insuredPersons.schema.safeParse(data).error).toBeUndefined()
    expect(insuredPersons.lookups(data as never)[0]?.value).toBe((data as InsuredPerson).relationNumber)
  }
})
