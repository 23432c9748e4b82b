import { parsePersonId } from '@hefu/reference'
import { z } from 'zod'
import { personal } from './personal.ts'

/** What is wrong, in both languages; never the value itself: messages reach logs and screens. */
export const bilingual = (code: string, zh: string, en: string) => ({ error: en, params: { code, zh, en } })

/** One line: no control characters, so that what is signed is what is shown. What it holds is `personal` or `open`. */
export const line = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .regex(/^[^\p{Cc}]*$/u)

/** Free text of several lines. */
export const explanation = personal('text', z.string().min(1).max(1000))

/** Calendar date, yyyy-mm-dd, in Asia/Shanghai. */
export const day = z.iso.date()

/** Yuan as decimal text with two places, not negative. */
export const yuan = z
  .string()
  .max(15)
  .regex(/^(0|[1-9]\d{0,11})\.\d{2}$/)

export const personId = personal(
  'id-number',
  z
    .string()
    .max(18)
    .refine(
      (value) => parsePersonId(value).ok,
      bilingual('person-id', '身份证件号码不正确，请核对', 'Not a valid identity number: check it against the document'),
    ),
)
