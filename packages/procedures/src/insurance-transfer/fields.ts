import { parsePersonId, parseRate } from '@hefu/reference'
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
/** Calendar month, yyyy-mm. */
export const month = z.string().regex(/^(19|20)\d{2}-(0[1-9]|1[0-2])$/)
export const divisionCode = z.string().regex(/^\d{6}$/)
export const sex = z.enum(['male', 'female'])
export const accountKind = z.enum(['general', 'temporary'])

export const personId = z
  .string()
  .max(18)
  .refine(
    (value) => parsePersonId(value).ok,
    bilingual('person-id', '身份证件号码不正确，请核对', 'Not a valid identity number: check it against the document'),
  )

/** Yuan as decimal text with two places, not negative. */
export const yuan = z
  .string()
  .max(15)
  .regex(/^(0|[1-9]\d{0,11})\.\d{2}$/)

/** A share of the contribution base as decimal text, e.g. `0.08` for 8 %. */
export const rate = z
  .string()
  .max(8)
  .regex(/^(0|1)(\.\d{1,6})?$/)
  .refine((value) => parseRate(value).ok, bilingual('rate', '比例须在 0 与 1 之间', 'A rate lies between 0 and 1'))
