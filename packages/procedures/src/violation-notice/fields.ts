import { parseAgencyCode, parseDivisionCode, parseUscc, parseYuan } from '@hefu/reference'
import { z } from 'zod'
import { bilingual } from '../fields.ts'
import { personal } from '../personal.ts'

export { day, line } from '../fields.ts'

/** Free text of several lines. */
export const freeText = (max: number) => personal('text', z.string().min(1).max(max))

export const uscc = z
  .string()
  .max(18)
  .refine(
    (value) => parseUscc(value).ok,
    bilingual('uscc', '统一社会信用代码不正确，请核对营业执照', 'Not a unified social credit code: check it against the business licence'),
  )

export const divisionCode = z
  .string()
  .max(6)
  .refine((value) => parseDivisionCode(value).ok, bilingual('division-code', '行政区划代码为六位数字', 'A division code is six digits'))

export const agencyCode = z
  .string()
  .max(11)
  .refine(
    (value) => parseAgencyCode(value).ok,
    bilingual('agency-code', '机构代码为六位行政区划代码、连字符和四位数字', 'An agency code is a division code, a hyphen and four digits'),
  )

export const yuan = z
  .string()
  .max(15)
  .refine(
    (value) => {
      const amount = parseYuan(value)
      return amount.ok && amount.value >= 0n
    },
    bilingual('yuan', '金额为两位小数的十进制文本，不得为负', 'An amount is decimal text with two places, not negative'),
  )
