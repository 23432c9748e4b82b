import { type ErrorCode, HefuError } from '@hefu/exchange'
import { z } from 'zod'
import { type Language, localise } from './language.ts'
import { problems } from './problems.ts'

export const PROBLEM_TYPE = 'application/problem+json'

/** RFC 9457 with the members of protocol.md section 5. */
export const problemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    instance: z.string(),
    code: z.enum(Object.keys(problems) as [ErrorCode, ...ErrorCode[]]),
    errors: z.array(z.object({ pointer: z.string(), code: z.string(), detail: z.string() })),
    traceId: z.string(),
  })
  .meta({ id: 'Problem' })

export type Problem = z.infer<typeof problemSchema>

/** `instance` names the one occurrence, not the address: addresses of registers may hold an identifier of a person. */
export function problemOf(error: HefuError, language: Language, traceId: string): Problem {
  const entry = problems[error.code]
  return {
    type: `urn:hefu:problem:${error.code}`,
    title: localise(entry.title, language),
    status: entry.status,
    detail: localise(error.detail ?? entry.detail, language),
    instance: `urn:hefu:request:${traceId}`,
    code: error.code,
    errors: error.errors.map((one) => ({ pointer: one.pointer, code: one.code, detail: localise(one, language) })),
    traceId,
  }
}

/** Fastify's own refusals (body limit, media type, malformed address) by their status; what is unknown is internal. */
export function asHefuError(error: unknown): HefuError {
  if (error instanceof HefuError) return error
  const status = error instanceof Error && 'statusCode' in error ? error.statusCode : undefined
  return new HefuError(codeOfStatus(status), { cause: error })
}

function codeOfStatus(status: unknown): ErrorCode {
  switch (status) {
    case 404:
    // An address longer than any of ours.
    case 414:
      return 'not-found'
    case 413:
      return 'too-large'
    case 415:
      return 'media-type'
    case 503:
      return 'unavailable'
    default:
      return typeof status === 'number' && status >= 400 && status < 500 ? 'malformed-request' : 'internal'
  }
}
