import { transferableInsuranceTypeCodes } from '@hefu/reference'
import { z } from 'zod'
import { excludedPeriod, yearRow } from '../insurance-transfer/documents.ts'
import { exampleCareer, examplePerson } from '../insurance-transfer/examples.ts'
import { day, line, month, personId, sex, yuan } from '../insurance-transfer/fields.ts'
import { relationKey } from '../insurance-transfer/letter.ts'
import { open, personal } from '../personal.ts'
import type { Register } from './register.ts'

/** One insurance relation of one person at one agency of this region. */
export const insuredPerson = z.strictObject({
  /** The agency's own number of the relation. It stands in addresses, so it must not be an identity number. */
  relationNumber: open(z.string().regex(/^[A-Za-z0-9-]{4,40}$/)),
  agency: z
    .string()
    .regex(/^\d{6}-\d{4}$/)
    .optional(),
  person: z.strictObject({ name: personal('name', line(100)), idNumber: personId, sex, birthDate: personal('date', day) }),
  insuranceType: z.enum(transferableInsuranceTypeCodes),
  workStart: day.optional(),
  firstContribution: month,
  accountOpened: month.optional(),
  /** Periods paid here, with the months really paid. */
  periods: z
    .array(z.strictObject({ from: month, to: month, months: z.int().min(1).max(720) }))
    .min(1)
    .max(100),
  /** Balance before the first row, handed over by an earlier place; absent: 0.00. */
  openingBalance: yuan.optional(),
  /** Personal contributions accumulated before 1998-01-01; needed when the account is older. */
  pre98Personal: yuan.optional(),
  rows: z.array(yearRow).min(1).max(80),
  excludedPeriods: z.array(excludedPeriod).max(50).optional(),
  status: z.enum(['contributing', 'stopped', 'in-payment']),
  arrears: z.boolean().optional(),
  /** The relation stays here and the new place opens a temporary account (men from 50, women from 40, away from their household place). */
  relationStays: z.boolean().optional(),
})

export type InsuredPerson = z.infer<typeof insuredPerson>

export const insuredPersons: Register = {
  name: 'insured-persons',
  title: { zh: '参保人员登记簿', en: 'Insured persons' },
  id: 'relationNumber',
  schema: insuredPerson,
  lookups: ({ relationNumber, person, insuranceType }: InsuredPerson) => [
    { kind: 'relation', value: relationNumber },
    { kind: 'person', value: relationKey(person, insuranceType) },
  ],
  examples: [
    {
      title: { zh: '已停保的企业职工（可自动生成信息表）', en: 'an employee who has stopped: the form is made from this' },
      data: {
        relationNumber: '500103-110-00000001',
        agency: '500000-0001',
        person: { name: examplePerson.name, idNumber: examplePerson.idNumber, sex: examplePerson.sex, birthDate: examplePerson.birthDate },
        insuranceType: '110',
        ...exampleCareer,
        status: 'stopped',
      },
    },
    {
      title: { zh: '失业保险（只有时段和月数）', en: 'unemployment insurance: periods and months only' },
      data: {
        relationNumber: '500103-210-00000001',
        person: { name: examplePerson.name, idNumber: examplePerson.idNumber, sex: examplePerson.sex, birthDate: examplePerson.birthDate },
        insuranceType: '210',
        firstContribution: '2025-01',
        periods: [{ from: '2025-01', to: '2026-06', months: 18 }],
        rows: [
          { year: 2025, segments: [{ from: '2025-01', to: '2025-12', months: 12 }] },
          { year: 2026, segments: [{ from: '2026-01', to: '2026-06', months: 6 }] },
        ],
        status: 'stopped',
      },
    },
  ],
}
