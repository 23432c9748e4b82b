import { z } from 'zod'
import { open } from '../personal.ts'
import {
  certificate,
  day,
  explanation,
  level,
  line,
  qualificationCertificate,
  skillLevelCertificate,
  titleCertificate,
  yuan,
} from './fields.ts'
import { recognitionRuleCodes } from './recognition-rules.ts'

export const certificateFields = ['kind', 'holder-name', 'holder-id-number', 'occupation', 'level', 'issue-date'] as const

export const request = z.strictObject({
  certificate,
  /** `subsidy` also asks whether one was paid before; `hiring` needs no decision. */
  use: z.enum(['recognition', 'subsidy', 'hiring']),
})

const issued = { issuingBody: open(line(100)) }

/** The certificate as the issuer's register has it. */
const record = z.discriminatedUnion('kind', [
  skillLevelCertificate.extend(issued),
  qualificationCertificate.extend(issued),
  titleCertificate.extend(issued),
])

/** Whether a subsidy was already paid for the same person, occupation and level. */
export const subsidyAnswer = z.discriminatedUnion('paid', [
  z.strictObject({ paid: z.literal(false) }),
  z.strictObject({
    paid: z.literal(true),
    paidOn: day,
    amountYuan: yuan,
    paidBy: open(line(100)),
  }),
])

export const verification = z.discriminatedUnion('outcome', [
  z.strictObject({ outcome: z.literal('authentic'), record, subsidyPaid: subsidyAnswer.optional() }),
  z.strictObject({ outcome: z.literal('not-found'), explanation: explanation.optional() }),
  z.strictObject({
    outcome: z.literal('mismatch'),
    /** Which fields of the request differ; not what the register has. */
    fields: z.array(z.enum(certificateFields)).min(1).max(certificateFields.length),
    explanation: explanation.optional(),
  }),
  z.strictObject({ outcome: z.literal('revoked'), revokedOn: day, reason: explanation }),
])

const byRule = {
  rule: z.enum(recognitionRuleCodes),
  ruleVersion: z
    .string()
    .max(20)
    .regex(/^\d{4}(-\d{2}){0,2}$/),
}

export const decision = z.discriminatedUnion('outcome', [
  z.strictObject({
    outcome: z.literal('recognised'),
    /** The level here that the holder is recognised at. */
    asLevel: level,
    ...byRule,
    /** Needed once a revocation has arrived. */
    reason: explanation.optional(),
  }),
  z.strictObject({ outcome: z.literal('refused'), reason: explanation, ...byRule }),
])

export const revocation = z.strictObject({ revokedOn: day, reason: explanation })

export const withdrawal = z.strictObject({
  by: z.enum(['person', 'employer']),
  explanation: explanation.optional(),
})

export type RecognitionRequest = z.infer<typeof request>
export type Verification = z.infer<typeof verification>
export type Decision = z.infer<typeof decision>
export type Revocation = z.infer<typeof revocation>
export type SubsidyAnswer = z.infer<typeof subsidyAnswer>
export type CertificateField = (typeof certificateFields)[number]
