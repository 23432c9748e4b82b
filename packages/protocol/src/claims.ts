import { type AgencyCode, type CaseNumber, parseAgencyCode, parseCaseNumber, parseRegionId, type RegionId } from '@hefu/reference'
import { z } from 'zod'
import { base64urlPattern, SHA256_TEXT } from './base64url.ts'
import { CLOCK_TOLERANCE_SECONDS, MAX_SEEN } from './constants.ts'
import { ruleTexts } from './rule-texts.ts'
import { parseStrictJson } from './strict-json.ts'
import { UUID_V7, uuidV7TimeMs } from './uuid-v7.ts'

// Strings with a check rather than custom schemas: OpenAPI can show them.
export const regionId = z
  .string(ruleTexts.region.en)
  .refine((text) => parseRegionId(text).ok, ruleTexts.region.en)
  .meta({ pattern: '^\\d{6}$' }) as unknown as z.ZodType<RegionId, RegionId>
export const agencyCode = z.custom<AgencyCode>((value) => parseAgencyCode(value).ok, ruleTexts.agency.en)
export const caseNumber = z
  .string(ruleTexts.caseNumber.en)
  .refine((text) => parseCaseNumber(text).ok, ruleTexts.caseNumber.en)
  .meta({ pattern: '^\\d{6}-[A-Z]{2}-\\d{8}-[0-9A-HJKMNP-TV-Z]{8}$' }) as unknown as z.ZodType<CaseNumber, CaseNumber>
export const jti = z.string().regex(UUID_V7, ruleTexts.jti.en)
export const digest = z.string().regex(SHA256_TEXT, ruleTexts.digest.en)
/** Epoch seconds, up to the end of the year 9999. */
export const epochSeconds = z.int().min(0).max(253_402_300_799)
/** `name/version`, for procedures and agreements. */
export const versionedName = z.string().regex(/^[a-z][a-z0-9-]{0,63}\/[1-9][0-9]{0,5}$/, ruleTexts.versionedName.en)
export const plainName = z.string().regex(/^[a-z][a-z0-9-]{0,63}$/, ruleTexts.plainName.en)

/** The document itself. Its schema is the procedure's matter; here it is only known to be an object that came through strict JSON. */
const documentData = z.custom<Readonly<Record<string, unknown>>>(isObject, ruleTexts.documentData.en)

const claimShape = {
  iss: regionId,
  aud: regionId,
  jti,
  salt: z.string().regex(base64urlPattern(16), ruleTexts.salt.en),
  iat: epochSeconds,
  exp: epochSeconds,
  procedure: versionedName,
  document: plainName,
  case: caseNumber,
  agreement: versionedName,
  seen: z.array(digest).max(MAX_SEEN),
  answers: digest.exactOptional(),
  from: agencyCode,
  to: agencyCode,
  purpose: plainName,
  basis: z.string().min(1).max(500),
  data: documentData,
}

/** The claims of a message (protocol.md section 1), strict: an unknown member is a refusal, never ignored. */
export const messageClaims = z
  .strictObject(claimShape)
  .refine((claims) => new Set(claims.seen).size === claims.seen.length, { path: ['seen'], error: 'a digest twice' })
  .refine(({ jti, iat }) => Math.abs(uuidV7TimeMs(jti) / 1000 - iat) <= CLOCK_TOLERANCE_SECONDS, {
    path: ['jti'],
    error: `its time is more than ${CLOCK_TOLERANCE_SECONDS} s away from iat`,
  })

export type MessageClaims = Readonly<z.infer<typeof messageClaims>>

/** The claims that are valid on their own, of a message that is not valid as a whole. `iss` and `jti` always are. */
export type KnownClaims = Pick<MessageClaims, 'iss' | 'jti'> & Partial<MessageClaims>

export interface ClaimProblem {
  /** JSON pointer into the payload. */
  readonly pointer: string
  readonly detail: string
}

export type ParsedClaims =
  | { readonly ok: true; readonly claims: MessageClaims }
  | { readonly ok: false; readonly refusal: 'schema'; readonly known: KnownClaims; readonly problems: readonly ClaimProblem[] }
  | { readonly ok: false; readonly refusal: 'unverifiable' }

/**
 * Parses a payload whose signature has been verified, in two tiers. Without `iss` and `jti` there is nobody to answer and nothing to
 * call it by: unverifiable. With both, whatever else is wrong is a signed refusal `schema`, and `known` holds what could be read.
 */
export function parseClaims(payload: Uint8Array): ParsedClaims {
  const json = parseStrictJson(payload)
  if (!json.ok) return { ok: false, refusal: 'unverifiable' }
  const whole = messageClaims.safeParse(json.value)
  if (whole.success) return { ok: true, claims: whole.data }
  if (!replyable.safeParse(json.value).success) return { ok: false, refusal: 'unverifiable' }
  const problems = whole.error.issues.map((issue) => ({ pointer: toPointer(issue.path), detail: issue.message }))
  return { ok: false, refusal: 'schema', known: knownClaims(json.value as Record<string, unknown>), problems }
}

const replyable = z.looseObject({ iss: regionId, jti })

function knownClaims(value: Readonly<Record<string, unknown>>): KnownClaims {
  const valid = Object.entries(claimShape).filter(([name, schema]) => Object.hasOwn(value, name) && schema.safeParse(value[name]).success)
  return Object.fromEntries(valid.map(([name]) => [name, value[name]])) as unknown as KnownClaims
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** RFC 6901. */
export function toPointer(path: readonly PropertyKey[]): string {
  return path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}
