import type { AgencyCode, RegionId } from '@hefu/reference'
import { parseVerifierKey, type VerifierKey } from '@hefu/translog'
import { type Agreement, agreementName, isInForce } from './agreement.ts'
import {
  type Agency,
  crossCheck,
  type FederationFile,
  federationFile,
  type KnownKey,
  type Region,
  schemaProblems,
} from './federation-file.ts'
import type { FederationProblem } from './federation-problem.ts'
import { type KeyTimes, mayArrive } from './judge-key-use.ts'
import { importPublicJwk, type KeyOwner } from './keys.ts'

/** The regions that trust one another, indexed for look-up. Made only by `parseFederation` and `federationOf`. */
export interface Federation {
  readonly version: number
  /** When the registry ends, epoch seconds; undefined: a file that knows of no end. */
  readonly exp?: number
  readonly regions: readonly Region[]
  readonly agencies: readonly Agency[]
  readonly agreements: readonly Agreement[]
  /** Regions that have left, with their keys. */
  readonly former?: FederationFile['former']
  /** All that were ever known, those of regions that have left too; which of them count today, `keyOwnerAt` says. */
  readonly keysByKid: ReadonlyMap<string, KeyOwner>
  readonly regionsById: ReadonlyMap<RegionId, Region>
  readonly agenciesByCode: ReadonlyMap<AgencyCode, Agency>
  readonly logKeys: ReadonlyMap<RegionId, VerifierKey>
  readonly witnessKeys: ReadonlyMap<RegionId, VerifierKey>
}

export type ParsedFederation =
  | { readonly ok: true; readonly federation: Federation }
  | { readonly ok: false; readonly problems: readonly FederationProblem[] }

/** Parses and cross-checks a federation file (what is believed, as one JSON text: for auditors and vectors) and reports all problems at once. Nothing is usable while there is one. */
export function parseFederation(json: unknown): ParsedFederation {
  const parsed = federationFile.safeParse(json)
  if (!parsed.success) return { ok: false, problems: schemaProblems(federationFile, json, parsed.error) }
  const problems = crossCheck(parsed.data)
  return problems.length > 0 ? { ok: false, problems } : { ok: true, federation: indexFederation(parsed.data) }
}

/** Whose key this is or was; undefined when nobody's. For what is old; what arrives now asks `keyOwnerAt`. */
export function keyOwner(federation: Federation, kid: string): KeyOwner | undefined {
  return federation.keysByKid.get(kid)
}

/**
 * Whose key this is, if what arrives at this time (epoch seconds) may be signed with it: a key of a region of the federation, from its first
 * day to its `exp` and the delivery horizon after that, and never after it was revoked.
 */
export function keyOwnerAt(federation: Federation, kid: string, now: number): KeyOwner | undefined {
  const owner = federation.keysByKid.get(kid)
  if (owner === undefined || !federation.regionsById.has(owner.region) || !mayArrive(owner.times ?? {}, now)) return undefined
  return owner
}

export function regionById(federation: Federation, id: RegionId): Region | undefined {
  return federation.regionsById.get(id)
}

export function regionOfAgency(federation: Federation, code: AgencyCode): RegionId | undefined {
  return federation.agenciesByCode.get(code)?.region
}

/**
 * The agreements under which a case of this procedure (`name/version`) may begin between these regions on this day (yyyy-mm-dd, Asia/Shanghai):
 * of each, its newest version that is in force then; where none is, the newest, for whoever asks why not. By id.
 */
export function findAgreements(
  federation: Federation,
  { procedure, regions, day }: { readonly procedure: string; readonly regions: readonly RegionId[]; readonly day: string },
): Agreement[] {
  const covering = federation.agreements
    .filter((agreement) => agreement.procedure === procedure && regions.every((region) => agreement.regions.includes(region)))
    .toSorted((a, b) => (a.id === b.id ? b.version - a.version : a.id < b.id ? -1 : 1))
  return [...Map.groupBy(covering, ({ id }) => id).values()].flatMap(
    (versions) => versions.find((agreement) => isInForce(agreement, day)) ?? versions.slice(0, 1),
  )
}

/** The agreement that a message names, exactly that version. */
export function agreementByName(federation: Federation, name: string): Agreement | undefined {
  return federation.agreements.find((agreement) => agreementName(agreement) === name)
}

/** Of a file that was cross-checked. */
export function indexFederation(file: FederationFile): Federation {
  const owners = [...(file.former ?? []), ...file.regions].flatMap(({ region, keys }) =>
    keys.map((key): [string, KeyOwner] => [key.kid, { region, key: importPublicJwk(key), times: timesOf(key) }]),
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

function timesOf({ iat, exp, revoked, until }: KnownKey): KeyTimes {
  return {
    ...(iat === undefined ? {} : { iat }),
    ...(exp === undefined ? {} : { exp }),
    ...(revoked === undefined ? {} : { revoked }),
    ...(until === undefined ? {} : { until }),
  }
}

function verifierKeyOf(text: string): VerifierKey {
  const parsed = parseVerifierKey(text)
  if (!parsed.ok) throw new TypeError(`not a verifier key: ${parsed.code}`)
  return parsed.value
}
