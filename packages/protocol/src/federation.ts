import type { KeyObject } from 'node:crypto'
import type { AgencyCode, RegionId } from '@hefu/reference'
import { parseVerifierKey, type VerifierKey } from '@hefu/translog'
import { z } from 'zod'
import { SHA256_TEXT } from './base64url.ts'
import { agencyCode, plainName, regionId, toPointer, versionedName } from './claims.ts'
import { crossCheckLogs } from './federation-logs.ts'
import { importPublicJwk, type KeyOwner, thumbprint } from './keys.ts'

const name = z.strictObject({ zh: z.string().min(1).max(100), en: z.string().min(1).max(100) })

export const publicKey = z.strictObject({
  kty: z.literal('OKP'),
  crv: z.literal('Ed25519'),
  x: z.string().regex(SHA256_TEXT, '32 bytes, base64url'),
  kid: z.string().regex(SHA256_TEXT, 'an RFC 7638 thumbprint'),
})

const region = z.strictObject({
  region: regionId,
  name,
  exchangeUrl: z.string(),
  keys: z.array(publicKey).min(1),
  /** Verifier key of its exchange log, whose name is the log's origin, and of its witness (C2SP signed-note). */
  log: z.string().max(400),
  witness: z.string().max(400),
})
const agency = z.strictObject({ code: agencyCode, region: regionId, name })
const agreement = z.strictObject({
  id: plainName,
  version: z.int().min(1).max(999_999),
  /** `name/version` of the procedure it covers. */
  procedure: versionedName,
  regions: z.array(regionId).min(2),
  purposes: z.array(plainName).min(1),
  /** Version of the deadline rules that the case's clocks follow. */
  deadlineRules: z.int().min(1),
  /** Whether the owner of a register may answer automatically from it. */
  automatic: z.boolean(),
})

const federationFile = z.strictObject({
  version: z.int().min(1),
  regions: z.array(region).min(1),
  agencies: z.array(agency),
  agreements: z.array(agreement),
})

export type Region = Readonly<z.infer<typeof region>>
export type Agency = Readonly<z.infer<typeof agency>>
export type Agreement = Readonly<z.infer<typeof agreement>>
export type FederationFile = z.infer<typeof federationFile>

/** The regions that trust one another, indexed for look-up. Made only by `parseFederation`. */
export interface Federation {
  readonly version: number
  readonly regions: readonly Region[]
  readonly agencies: readonly Agency[]
  readonly agreements: readonly Agreement[]
  readonly keysByKid: ReadonlyMap<string, KeyOwner>
  readonly regionsById: ReadonlyMap<RegionId, Region>
  readonly agenciesByCode: ReadonlyMap<AgencyCode, Agency>
  readonly logKeys: ReadonlyMap<RegionId, VerifierKey>
  readonly witnessKeys: ReadonlyMap<RegionId, VerifierKey>
}

export interface FederationProblem {
  /** JSON pointer into the file. */
  readonly pointer: string
  readonly zh: string
  readonly en: string
}

export type ParsedFederation =
  | { readonly ok: true; readonly federation: Federation }
  | { readonly ok: false; readonly problems: readonly FederationProblem[] }

/** Parses and cross-checks the shared federation file and reports all problems at once. Nothing is usable while there is one. */
export function parseFederation(json: unknown): ParsedFederation {
  const parsed = federationFile.safeParse(json)
  if (!parsed.success) return { ok: false, problems: schemaProblems(json, parsed.error) }
  const problems = crossCheck(parsed.data)
  return problems.length > 0 ? { ok: false, problems } : { ok: true, federation: index(parsed.data) }
}

/** Whose key this is; undefined when nobody's. */
export function keyOwner(federation: Federation, kid: string): KeyOwner | undefined {
  return federation.keysByKid.get(kid)
}

export function regionById(federation: Federation, id: RegionId): Region | undefined {
  return federation.regionsById.get(id)
}

export function regionOfAgency(federation: Federation, code: AgencyCode): RegionId | undefined {
  return federation.agenciesByCode.get(code)?.region
}

export type AgreementQuery =
  | { readonly procedure: string; readonly regions: readonly RegionId[] }
  | { readonly id: string; readonly version: number }

/**
 * By id and version: exactly that one. By procedure (`name/version`) and regions: the newest version that covers all of them;
 * of several agreements, the one whose id sorts first.
 */
export function findAgreement(federation: Federation, query: AgreementQuery): Agreement | undefined {
  if ('id' in query) return federation.agreements.find(({ id, version }) => id === query.id && version === query.version)
  return federation.agreements
    .filter(({ procedure, regions }) => procedure === query.procedure && query.regions.every((region) => regions.includes(region)))
    .toSorted((a, b) => (a.id === b.id ? b.version - a.version : a.id < b.id ? -1 : 1))[0]
}

/** How messages name an agreement: `id/version`. */
export function agreementName({ id, version }: Pick<Agreement, 'id' | 'version'>): string {
  return `${id}/${version}`
}

/** The agreement that a message names, exactly that version. */
export function agreementByName(federation: Federation, name: string): Agreement | undefined {
  return federation.agreements.find((agreement) => agreementName(agreement) === name)
}

function schemaProblems(json: unknown, error: z.ZodError): FederationProblem[] {
  // The same problems once more in Chinese: zod words them per parse, in the same order.
  const chinese = federationFile.safeParse(json, { error: z.locales.zhCN().localeError }).error?.issues ?? []
  return error.issues.map((issue, at) => ({
    pointer: toPointer(issue.path),
    en: issue.message,
    zh: chinese[at]?.message ?? issue.message,
  }))
}

function crossCheck({ regions, agencies, agreements }: FederationFile): FederationProblem[] {
  const known = new Set(regions.map(({ region }) => region))
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
    ...agreements.flatMap(({ regions: parties }, at) => [
      ...repeated(parties.map((party, partyAt) => [party, `/agreements/${at}/regions/${partyAt}`])),
      ...parties.flatMap((party, partyAt) => (known.has(party) ? [] : [unknownRegion(party, `/agreements/${at}/regions/${partyAt}`)])),
    ]),
  ]
}

/** Only an address: no credentials that would end up in logs, no query, no fragment. */
function urlProblem(text: string, pointer: string): FederationProblem[] {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const plain = url !== undefined && /^https?:$/.test(url.protocol) && url.username + url.password + url.search + url.hash === ''
  return plain
    ? []
    : [{ pointer, zh: '必须是不含用户名、查询串和片段的 http(s) 地址', en: 'must be an http(s) address without user, query or fragment' }]
}

function keyProblem(key: z.infer<typeof publicKey>, pointer: string): FederationProblem[] {
  if (key.kid === thumbprint(key)) return []
  return [{ pointer: `${pointer}/kid`, zh: '不是该公钥的指纹（RFC 7638）', en: 'is not the thumbprint of this key (RFC 7638)' }]
}

function repeated(values: readonly (readonly [value: string, pointer: string])[]): FederationProblem[] {
  const seen = new Set<string>()
  return values.flatMap(([value, pointer]) => {
    if (seen.has(value)) return [{ pointer, zh: `${value} 重复出现`, en: `${value} appears twice` }]
    seen.add(value)
    return []
  })
}

function unknownRegion(region: string, pointer: string): FederationProblem {
  return { pointer, zh: `联合体中没有区域 ${region}`, en: `the federation has no region ${region}` }
}

function index(file: FederationFile): Federation {
  const owners = file.regions.flatMap(({ region, keys }) =>
    keys.map((key): [string, KeyOwner] => [key.kid, { region, key: importPublicJwk(key) satisfies KeyObject }]),
  )
  return {
    ...file,
    keysByKid: new Map(owners),
    regionsById: new Map(file.regions.map((region) => [region.region, region])),
    agenciesByCode: new Map(file.agencies.map((agency) => [agency.code, agency])),
    logKeys: new Map(file.regions.map(({ region, log }) => [region, verifierKeyOf(log)])),
    witnessKeys: new Map(file.regions.map(({ region, witness }) => [region, verifierKeyOf(witness)])),
  }
}

/** Of a file that was cross-checked. */
function verifierKeyOf(text: string): VerifierKey {
  const parsed = parseVerifierKey(text)
  if (!parsed.ok) throw new TypeError(`not a verifier key: ${parsed.code}`)
  return parsed.value
}
