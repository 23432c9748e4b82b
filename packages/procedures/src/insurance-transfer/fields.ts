import { parseRate } from '@hefu/reference'
import { z } from 'zod'
import { bilingual } from '../fields.ts'

export { day, explanation, line, personId, yuan } from '../fields.ts'

/** Calendar month, yyyy-mm. */
export const month = z.string().regex(/^(19|20)\d{2}-(0[1-9]|1[0-2])$/)
export const divisionCode = z.string().regex(/^\d{6}$/)
export const sex = z.enum(['male', 'female'])
export const accountKind = z.enum(['general', 'temporary'])

/** A share of the contribution base as decimal text, e.g. `0.08` for 8 %. */
export const rate = z
  .string()
  .max(8)
  .regex(/^(0|1)(\.\d{1,6})?$/)
  .refine((value) => parseRate(value).ok, bilingual('rate', '比例须在 0 与 1 之间', 'A rate lies between 0 and 1'))
