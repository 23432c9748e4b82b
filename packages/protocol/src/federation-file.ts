import { z } from 'zod'
import { isAddressRange, isExchangeUrl } from './address-range.ts'
import { agreement, agreementName } from './agreement.ts'
import { crossCheckAgreement } from './agreement-problems.ts'
import { SHA256_TEXT } from './base64url.ts'
import { agencyCode, epochSeconds, regionId, toPointer } from './claims.ts'
import { crossCheckLogs } from './federation-logs.ts'
import { type FederationProblem, repeated, unknownRegion } from './federation-problem.ts'
import { thumbprint } from './keys.ts'
import { ruleInChinese, ruleTexts } from './rule-texts.ts'

export const name = z.strictObject({ zh: z.string().min(1).max(100), en: z.string().min(1).max(100) })

export const publicKey = z.strictObject({
  kty: z.literal('OKP'),
  crv: z.literal('Ed25519'),
  x: z.string().regex(SHA256_TEXT, ruleTexts.keyBytes.en),
  kid: z.string().regex(SHA256_TEXT, ruleTexts.thumbprint.en),
})

export const revocation = z.strictObject({ at: epochSeconds, reason: z.enum(['unspecified', 'compromised', 'superseded']) })

/** A key of messages, receipts and requests with what was published of it; a key without times is good at any time. */
const knownKey = publicKey.extend({
  iat: epochSeconds.exactOptional(),
  exp: epochSeconds.exactOptional(),
  /** `since`: when the manifest was issued that said so first. */
  revoked: revocation.extend({ since: epochSeconds.exactOptional() }).exactOptional(),
  /** What is known of it is known until then: the `exp` of the manifest that says so. */
  until: epochSeconds.exactOptional(),
})

export const regionShape = {
  region: regionId,
  name,
  exchangeUrl: z.string().max(2048),
  /** Where that address may lead: IPv4 and IPv6 ranges. */
  addresses: z.array(z.string().max(64).refine(isAddressRange, ruleTexts.addressRange.en)).min(1).max(64),
  /** Verifier key of its exchange log, whose name is the log's origin, and of its witness (C2SP signed-note). */
  log: z.string().max(400),
  witness: z.string().max(400),
}

const region = z.strictObject({ ...regionShape, keys: z.array(knownKey).min(1).max(1_000) })
export const agency = z.strictObject({ code: agencyCode, region: regionId, name })
/** What is known of regions that have left: their old signatures stay what they were. */
const former = z.strictObject({ region: regionId, keys: z.array(knownKey).max(1_000) })

export const federationFile = z.strictObject({
  version: z.int().min(1),
  regions: z.array(region).min(1),
  agencies: z.array(agency),
  agreements: z.array(agreement),
  /** Of the registry it was made from. */
  exp: epochSeconds.exactOptional(),
  former: z.array(former).max(1_000).exactOptional(),
})

export type KnownKey = Readonly<z.infer<typeof knownKey>>
export type Region = Readonly<z.infer<typeof region>>
export type Agency = Readonly<z.infer<typeof agency>>
export type FederationFile = z.infer<typeof federationFile>

export function schemaProblems(schema: z.ZodType, json: unknown, error: z.ZodError): FederationProblem[] {
  // zod's own rules once more in Chinese: it words them per parse, in the same order.
  const chinese = schema.safeParse(json, { error: z.locales.zhCN().localeError }).error?.issues ?? []
  return error.issues.map((issue, at) => ({
    pointer: toPointer(issue.path),
    en: issue.message,
    zh: ruleInChinese(issue.message) ?? chinese[at]?.message ?? issue.message,
  }))
}

export function crossCheck({
  regions,
  agencies,
  agreements,
}: Pick<FederationFile, 'regions' | 'agencies' | 'agreements'>): FederationProblem[] {
  const known = new Set(regions.map(({ region }) => region))
  const home = new Map(agencies.map(({ code, region }) => [code, region]))
  return [
    ...regions.flatMap((region, at) => urlProblem(region.exchangeUrl, `/regions/${at}/exchangeUrl`)),
    ...regions.flatMap(({ keys }, at) => keys.flatMap((key, keyAt) => keyProblem(key, `/regions/${at}/keys/${keyAt}`))),
    ...crossCheckLogs(regions),
    ...repeated(regions.map(({ region }, at) => [region, `/regions/${at}/region`])),
    // Also refuses a key listed under two regions: `kid` alone decides who signed.
    ...repeated(regions.flatMap(({ keys }, at) => keys.map(({ kid }, keyAt) => [kid, `/regions/${at}/keys/${keyAt}/kid`] as const))),
    ...repeated(agencies.map(({ code }, at) => [code, `/agencies/${at}/code`])),
    ...repeated(agreements.map((agreement, at) => [agreementName(agreement), `/agreements/${at}/version`])),
    ...agencies.flatMap(({ region }, at) => (known.has(region) ? [] : [unknownRegion(region, `/agencies/${at}/region`)])),
    ...agreements.flatMap((agreement, at) => crossCheckAgreement(agreement, `/agreements/${at}`, known, home)),
  ]
}

function urlProblem(text: string, pointer: string): FederationProblem[] {
  if (isExchangeUrl(text)) return []
  return [
    {
      pointer,
      zh: '必须是规范写法的 http(s) 地址，不含用户名、查询串和片段',
      en: 'must be an http(s) address in its canonical text, without user, query or fragment',
    },
  ]
}

function keyProblem(key: z.infer<typeof publicKey>, pointer: string): FederationProblem[] {
  if (key.kid === thumbprint(key)) return []
  return [{ pointer: `${pointer}/kid`, zh: '不是该公钥的指纹（RFC 7638）', en: 'is not the thumbprint of this key (RFC 7638)' }]
}
