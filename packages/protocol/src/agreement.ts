import { isDeepStrictEqual } from 'node:util'
import { type AgencyCode, parseDateText, type RegionId } from '@hefu/reference'
import { z } from 'zod'
import { agencyCode, plainName, regionId, versionedName } from './claims.ts'
import { ruleTexts } from './rule-texts.ts'

const calendarDate = z.string().refine((text) => parseDateText(text).ok, ruleTexts.calendarDate.en)
/** A JSON pointer into a document in which `*` stands for each element of an array; it names the value and everything in it. */
const fieldPointer = z
  .string()
  .max(300)
  .regex(/^(?:\/(?:[^/~]|~[01])+)*$/, ruleTexts.fieldPointer.en)

/** The standing rule of who may run which procedure with whom, and for what. What is optional and absent sets no limit. */
export const agreement = z.strictObject({
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
  /** Which agencies take part; absent: all of its regions. */
  agencies: z.array(agencyCode).min(1).max(20_000).exactOptional(),
  /** Who may open a case towards whom; absent: each towards each. */
  direction: z
    .array(z.strictObject({ from: regionId, to: regionId }))
    .min(1)
    .max(1_000)
    .exactOptional(),
  /** Legal bases, word for word as a document states them; absent: any. */
  basis: z.array(z.string().min(1).max(500)).min(1).max(200).exactOptional(),
  /** What may travel, per document; absent: everything. A document that is not named then carries nothing: a slip must not open what it was to close. */
  fields: z.record(plainName, z.array(fieldPointer).min(1).max(500)).exactOptional(),
  /** How long the content of a final case is kept; absent: as its procedure says. */
  retentionDays: z.int().min(1).max(36_500).exactOptional(),
  /** First and last day (Asia/Shanghai) on which a case may begin under it. */
  validFrom: calendarDate.exactOptional(),
  validTo: calendarDate.exactOptional(),
})

export type Agreement = Readonly<z.infer<typeof agreement>>

/** How messages name an agreement: `id/version`. */
export function agreementName({ id, version }: Pick<Agreement, 'id' | 'version'>): string {
  return `${id}/${version}`
}

/** What somebody wants to do under an agreement. `owner` opened the case towards `other`, or is about to. */
export interface AgreementUse {
  readonly owner: RegionId
  readonly other: RegionId
  readonly agencies: readonly AgencyCode[]
  readonly purpose: string
  readonly basis: string
  /** The day (Asia/Shanghai) on which the case begins; null for what follows: the agreement governs a case to its end. */
  readonly opensOn: string | null
}

/** The rule of an agreement that something is against. */
export type AgreementRule = 'regions' | 'validity' | 'direction' | 'agencies' | 'purposes' | 'basis'

/** The first rule that this use is against, in the order of `AgreementRule`; undefined when it is agreed. */
export function brokenRule(agreement: Agreement, use: AgreementUse): AgreementRule | undefined {
  if (!agreement.regions.includes(use.owner) || !agreement.regions.includes(use.other)) return 'regions'
  if (use.opensOn !== null && !isInForce(agreement, use.opensOn)) return 'validity'
  if (!(agreement.direction?.some(({ from, to }) => from === use.owner && to === use.other) ?? true)) return 'direction'
  if (!use.agencies.every((agency) => agreement.agencies?.includes(agency) ?? true)) return 'agencies'
  if (!agreement.purposes.includes(use.purpose)) return 'purposes'
  return (agreement.basis?.includes(use.basis) ?? true) ? undefined : 'basis'
}

export function isInForce({ validFrom, validTo }: Agreement, day: string): boolean {
  return (validFrom === undefined || validFrom <= day) && (validTo === undefined || day <= validTo)
}

/**
 * The names of the versions that say something else than they did: those are never altered, as a peer that has not read it yet would judge by what
 * it knows, and refuse for good. A version may only lose regions, which have left the federation; everything else is a new version.
 */
export function alteredAgreements(held: readonly Agreement[], offered: readonly Agreement[]): string[] {
  const before = new Map(held.map((one) => [agreementName(one), one]))
  return offered
    .filter((one) => {
      const old = before.get(agreementName(one))
      const { regions } = one
      return old !== undefined && !(isDeepStrictEqual({ ...old, regions }, one) && regions.every((region) => old.regions.includes(region)))
    })
    .map(agreementName)
}

/** At most so many are named: whoever sends a thousand is told enough. */
const MAX_NAMED = 100

/** JSON pointers to the values of a document that may not travel. */
export function fieldsNotAgreed({ fields }: Agreement, document: string, data: unknown): string[] {
  if (fields === undefined) return []
  const agreed = Object.hasOwn(fields, document) ? (fields[document] ?? []) : []
  return valuesOutside(
    data,
    '',
    agreed.map((pointer) => pointer.split('/').slice(1)),
  ).slice(0, MAX_NAMED)
}

/** `agreed`: what of this value is agreed, as the rest of each pointer that has led here; an empty rest is the whole value. */
function valuesOutside(value: unknown, pointer: string, agreed: readonly (readonly string[])[]): string[] {
  if (agreed.some((rest) => rest.length === 0)) return []
  if (typeof value !== 'object' || value === null) return [pointer]
  const members = Object.entries(value)
  if (members.length === 0) return agreed.length > 0 ? [] : [pointer]
  return members.flatMap(([name, member]) => {
    const part = name.replaceAll('~', '~0').replaceAll('/', '~1')
    const led = agreed.filter(([first]) => first === part || (first === '*' && Array.isArray(value)))
    return valuesOutside(
      member,
      `${pointer}/${part}`,
      led.map(([, ...rest]) => rest),
    )
  })
}
