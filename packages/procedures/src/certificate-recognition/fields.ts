import { parseCertificateNumber, parsePersonId, skillLevelCodes, titleLevelCodes } from '@hefu/reference'
import { z } from 'zod'

const bilingual = (code: string, zh: string, en: string) => ({ error: en, params: { code, zh, en } })

/** A line of text: no control characters, so that what is signed is what is shown. */
export const line = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .regex(/^[^\p{Cc}]*$/u)
/** Free text of several lines. */
export const explanation = z.string().min(1).max(1000)
export const day = z.iso.date()
/** Yuan as decimal text with two places, not negative. */
export const yuan = z
  .string()
  .max(15)
  .regex(/^(0|[1-9]\d{0,11})\.\d{2}$/)
/** Level of a skill-level certificate: 5 (junior) to 1, X apprentice, T special grade, S chief. */
export const skillLevel = z.enum(skillLevelCodes)
export const qualificationLevel = z.enum(['1', '2', '3', '4', '5'])
export const titleLevel = z.enum(titleLevelCodes)
/** The level of any kind of certificate. */
export const level = z.enum([...skillLevelCodes, ...titleLevelCodes])

const personId = z
  .string()
  .max(18)
  .refine(
    (value) => parsePersonId(value).ok,
    bilingual('person-id', '身份证件号码不正确，请核对', 'Not a valid identity number: check it against the document'),
  )

const number = (kind: 'skill-level' | 'qualification' | 'title') =>
  z
    .string()
    .min(4)
    .max(40)
    .refine(
      (value) => parseCertificateNumber(kind, value).ok,
      bilingual(
        'certificate-number',
        '证书编号结构不正确，请核对证书种类和编号',
        'The number does not have the structure of this kind of certificate',
      ),
    )

const described = {
  holder: z.strictObject({ name: line(100), idNumber: personId }),
  /** The occupation; for a title its series. */
  occupation: line(100),
  issueDate: day,
}

/** What stands on a certificate, by kind: number and level differ. No number has a check digit: authentic is what the issuer says. */
export const skillLevelCertificate = z.strictObject({
  kind: z.literal('skill-level'),
  number: number('skill-level'),
  ...described,
  level: skillLevel,
})
export const qualificationCertificate = z.strictObject({
  kind: z.literal('qualification'),
  number: number('qualification'),
  ...described,
  level: qualificationLevel,
})
export const titleCertificate = z.strictObject({ kind: z.literal('title'), number: number('title'), ...described, level: titleLevel })

export const certificate = z.discriminatedUnion('kind', [skillLevelCertificate, qualificationCertificate, titleCertificate])

export type Certificate = z.infer<typeof certificate>
