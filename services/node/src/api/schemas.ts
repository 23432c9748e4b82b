import { parseCaseNumber } from '@hefu/reference'
import { z } from 'zod'

/** Shapes that several answers share. Answers pass through these: a member that is not named here never leaves the node. */
export const text = z.object({ zh: z.string(), en: z.string() }).meta({ id: 'Text' })
export const digest = z.string()
export const instant = z.string().meta({ format: 'date-time' })
const rfc3339 = z.iso.datetime({ offset: true })
/** RFC 3339, in years that a database and a calendar both know. */
export const filterInstant = z
  .string()
  .refine((value) => /^(?:19|20)/.test(value) && rfc3339.safeParse(value).success, {
    params: {
      code: 'invalid-format',
      zh: '须为带时区的时间，例如 2026-11-01T00:00:00+08:00（在地址的查询部分，+ 写作 %2B）',
      en: 'Must be a time with its zone, such as 2026-11-01T00:00:00+08:00 (in the query of an address, + is written %2B)',
    },
  })
  .meta({ format: 'date-time' })
export const day = z.string().meta({ format: 'date' })
export const region = z.string()
/** A region as a caller names it; there need not be one. */
export const regionCode = z.string().regex(/^\d{6}$/)

export const caseNumber = z
  .string()
  .refine((value) => parseCaseNumber(value).ok)
  .meta({ pattern: '^\\d{6}-[A-Z]{2}-\\d{8}-[0-9A-HJKMNP-TV-Z]{8}$', examples: ['510100-VN-20261122-7K3F9QX6'] })
export const uuid = z.uuid()

export const caseParams = z.strictObject({ caseNumber })
export const idParams = z.strictObject({ id: uuid })
