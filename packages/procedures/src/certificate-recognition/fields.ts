import { parseCertificateNumber, skillLevelCodes, titleLevelCodes } from '@hefu/reference'
import { z } from 'zod'
import { bilingual, day, line, personId } from '../fields.ts'
import { open, personal } from '../personal.ts'

export { day, explanation, line, yuan } from '../fields.ts'

/** Level of a skill-level certificate: 5 (junior) to 1, X apprentice, T special grade, S chief. */
export const skillLevel = z.enum(skillLevelCodes)
export const qualificationLevel = z.enum(['1', '2', '3', '4', '5'])
export const titleLevel = z.enum(titleLevelCodes)
/** The level of any kind of certificate. */
export const level = z.enum([...skillLevelCodes, ...titleLevelCodes])

const number = (kind: 'skill-level' | 'qualification' | 'title') =>
  // Names a certificate, which the person's own numbers are kept out of.
  open(
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
      ),
  )

const described = {
  holder: z.strictObject({ name: personal('name', line(100)), idNumber: personId }),
  /** The occupation; for a title its series. */
  occupation: open(line(100)),
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
