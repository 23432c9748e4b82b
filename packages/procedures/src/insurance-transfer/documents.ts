import { excludedPeriodReasonCodes, insuranceTypeCodes, returnReasonCodes, transferableInsuranceTypeCodes } from '@hefu/reference'
import { z } from 'zod'
import { open, personal } from '../personal.ts'
import { accountKind, day, divisionCode, explanation, line, month, personId, rate, sex, yuan } from './fields.ts'

/** Why an information form is not accepted as it stands; R10: its amounts do not add up or do not match. */
export const objectionCodes = ['R01', 'R05', 'R06', 'R07', 'R10'] as const
export const supplementItems = [
  'letter-number',
  'incoming-agency',
  'outgoing-agency',
  'person-name',
  'person-id-number',
  'person-sex',
  'household-place',
  'personal-number',
  'insurance-type',
  'account-kind',
  'written-undertaking',
  'legal-document',
] as const

const agency = z.strictObject({ divisionCode, name: open(line(100)), address: open(line(200)), contact: personal('text', line(100)) })

/** The schema admits every known insurance type, so that `check` can say why one does not transfer. */
export const contactLetter = z.strictObject({
  letterNumber: open(line(50)),
  incomingAgency: agency,
  outgoingAgency: agency,
  person: z.strictObject({
    name: personal('name', line(100)),
    idNumber: personId,
    sex,
    householdPlace: personal('address', line(200)),
    /** The person's number at the outgoing agency, when the person knows it. */
    personalNumber: personal('number', line(20)).optional(),
  }),
  insuranceType: z.enum(insuranceTypeCodes),
  accountKind,
})

export const supplementRequest = z.strictObject({
  items: z
    .array(z.strictObject({ item: z.enum(supplementItems), why: explanation }))
    .min(1)
    .max(20),
})

/** What was asked for. Where an item of the letter itself was wrong, `letter` is the whole corrected letter and stands in its place. */
export const supplement = z.strictObject({
  items: z
    .array(z.strictObject({ item: z.enum(supplementItems), content: explanation }))
    .min(1)
    .max(20),
  letter: contactLetter.optional(),
})

export const returnDocument = z.strictObject({ code: z.enum(returnReasonCodes), explanation })

/** Months of one calendar year with one base and one set of rates. Base and rates only where money is carried. */
const segment = z.strictObject({
  from: month,
  to: month,
  /** Monthly contribution base, yuan. */
  monthlyBase: yuan.optional(),
  /** Months really paid, at most those from `from` to `to`. */
  months: z.int().min(1).max(12),
  rates: z
    .strictObject({
      /** The unit's share. */
      unit: rate,
      /** The part of the unit's share that is credited to the personal account. */
      unitToAccount: rate,
      personal: rate,
    })
    .optional(),
})

/** One calendar year. A year that only bore interest has no segments. */
export const yearRow = z.strictObject({
  year: z.int().min(1951).max(2099),
  segments: z.array(segment).max(12),
  credited: yuan.optional(),
  interest: yuan.optional(),
  /** At the end of the year. */
  balance: yuan.optional(),
})

export const excludedPeriod = z.strictObject({
  from: month,
  to: month,
  code: z.enum(excludedPeriodReasonCodes),
  explanation,
  /** Day on which the person was told in writing (R07: within ten working days of the letter). */
  personToldOn: day.optional(),
})

/** The six numbered amounts of the form, yuan. */
export const amounts = z.strictObject({
  /** (1) personal contributions accumulated before 1998-01-01 */
  pre98Personal: yuan,
  /** (2) personal account from 1998-01-01 to the end of the year before the transfer */
  post98ToPreviousYearEnd: yuan,
  /** (3) principal credited in the year of the transfer; the incoming side computes its interest */
  transferYearPrincipal: yuan,
  /** (4) = (1) + (2) + (3) */
  individualTransfer: yuan,
  /** (5) 12 % of the bases since 1998-01-01 */
  poolTransfer: yuan,
  /** (6) = (4) + (5) */
  totalTransfer: yuan,
})

export const informationForm = z.strictObject({
  /** 1, and one more with every corrected form. */
  version: z.int().min(1).max(99),
  person: z.strictObject({
    name: personal('name', line(100)),
    idNumber: personId,
    sex,
    birthDate: personal('date', day),
    householdPlace: personal('address', line(200)),
  }),
  insuranceType: z.enum(transferableInsuranceTypeCodes),
  dates: z.strictObject({
    workStart: day.optional(),
    firstContribution: month,
    accountOpened: month.optional(),
    /** The year of this date is the transfer year. */
    transfer: day,
  }),
  local: z.strictObject({ from: month, to: month, months: z.int().min(1).max(720) }),
  /** Balance before the first row, handed over by an earlier place; absent: 0.00. */
  openingBalance: yuan.optional(),
  rows: z.array(yearRow).min(1).max(80),
  excludedPeriods: z.array(excludedPeriod).max(50),
  amounts: amounts.optional(),
})

export const objection = z.strictObject({
  /** JSON pointer into the form's data. */
  field: z
    .string()
    .max(200)
    .regex(/^(\/[A-Za-z0-9]{1,40}){1,8}$/),
  /** What the form has there may be a name or a number of the person. */
  expected: personal('text', line(200)),
  received: personal('text', line(200)),
  code: z.enum(objectionCodes),
  explanation: explanation.optional(),
})

export const completion = z.strictObject({
  completedOn: day,
  relationContinuedAs: z.strictObject({
    insuranceType: z.enum(transferableInsuranceTypeCodes),
    accountKind,
    /** The person's number at the incoming agency. */
    personalNumber: personal('number', line(20)).optional(),
  }),
})

export const withdrawal = z.strictObject({ code: z.literal('R13'), explanation: explanation.optional() })

export type ContactLetter = z.infer<typeof contactLetter>
export type Supplement = z.infer<typeof supplement>
export type ReturnDocument = z.infer<typeof returnDocument>
export type InformationForm = z.infer<typeof informationForm>
export type YearRow = z.infer<typeof yearRow>
export type Segment = YearRow['segments'][number]
export type Amounts = z.infer<typeof amounts>
export type Completion = z.infer<typeof completion>
