import {
  creditClassCodes,
  dispositionCodes,
  publicationClassCodes,
  statuteArticleCodes,
  violationAreaCodes,
  violationCodes,
} from '@hefu/reference'
import { z } from 'zod'
import { open, personal } from '../personal.ts'
import { agencyCode, day, divisionCode, freeText, line, uscc, yuan } from './fields.ts'

export const employer = z.strictObject({
  uscc,
  name: open(line(200)),
  registeredAddress: open(line(300)),
  /** Division of the registered address. The one inside the USCC is where it was first registered. */
  divisionCode: divisionCode.optional(),
  legalRepresentative: personal('name', line(100)),
})

const violation = z.strictObject({
  code: z.enum(violationCodes),
  area: z.enum(violationAreaCodes),
  articles: z.array(z.enum(statuteArticleCodes)).min(1).max(10),
  period: z.strictObject({ from: day, to: day }),
  workersAffected: z.int().min(0).max(1_000_000),
  /** Sum concerned (wages owed, premiums evaded), where there is one. */
  amountYuan: yuan.optional(),
})

const disposition = z.strictObject({
  code: z.enum(dispositionCodes),
  decisionNumber: open(line(100)),
  decidedOn: day,
  /** Fine, or sum to be paid. */
  amountYuan: yuan.optional(),
})

/** 重大劳动保障违法行为社会公布办法: whether it may be published, and under which of the seven classes. */
const publication = z.discriminatedUnion('publishable', [
  z.strictObject({ publishable: z.literal(true), class: z.enum(publicationClassCodes) }),
  z.strictObject({ publishable: z.literal(false) }),
])

/** Complainants have no field: their identity stays with the finder (劳动保障监察条例 9). */
const common = {
  employer,
  violations: z.array(violation).min(1).max(50),
  facts: freeText(4000),
  /** Urgency only: `major` goes at once, `ordinary` may be gathered for the quarterly notice. */
  severity: z.enum(['ordinary', 'major']),
  contactAgency: z.strictObject({ agency: agencyCode, name: open(line(200)), telephone: personal('phone', line(30)).optional() }),
}

/** 立案: restricted. Nothing in it is proven, so it has no credit class and is never published. */
const suspectedNotice = z.strictObject({ stage: z.literal('suspected'), ...common })

export const decidedNotice = z.strictObject({
  stage: z.literal('decided'),
  ...common,
  dispositions: z.array(disposition).min(1).max(20),
  creditClass: z.enum(creditClassCodes),
  /** Last day on which it may be shown, shared or used. */
  publicUntil: day,
  publication,
})

export const notice = z.discriminatedUnion('stage', [suspectedNotice, decidedNotice])

export const noticeParts = [
  'stage',
  'employer',
  'violations',
  'facts',
  'severity',
  'contactAgency',
  'dispositions',
  'creditClass',
  'publicUntil',
  'publication',
] as const

export const correction = z.strictObject({
  /** The whole notice as it should have been. */
  notice,
  changed: z.array(z.enum(noticeParts)).min(1).max(noticeParts.length),
  why: freeText(1000),
})

export const filing = z.strictObject({
  /** Entry in the employer's integrity file (守法诚信档案). */
  entryNumber: open(line(100)),
  enteredOn: day,
  keyInspectionTarget: z.boolean(),
  remarks: freeText(1000).optional(),
})

export const retraction = z.strictObject({
  reason: z.enum(['decision-annulled', 'sent-in-error']),
  /** The decision that annuls, where there is one. */
  decisionNumber: open(line(100)).optional(),
  explanation: freeText(1000),
})

export const repair = z.strictObject({
  repairedOn: day,
  decisionNumber: open(line(100)),
  explanation: freeText(1000).optional(),
})

export type Notice = z.infer<typeof notice>
export type DecidedNotice = z.infer<typeof decidedNotice>
export type Correction = z.infer<typeof correction>
export type Filing = z.infer<typeof filing>
export type Repair = z.infer<typeof repair>
