import { caseNumberParts, type RegionId, shanghaiDate } from '@hefu/reference'
import { type Agreement, brokenRule, fieldsNotAgreed } from './agreement.ts'
import type { KnownClaims, MessageClaims, ParsedClaims } from './claims.ts'
import { CLOCK_TOLERANCE_SECONDS, type DeferralReason, type RefusalReason } from './constants.ts'
import { agreementByName, type Federation, regionOfAgency } from './federation.ts'
import { uuidV7TimeMs } from './uuid-v7.ts'

export type Judgement =
  | { readonly status: 'accepted'; readonly claims: MessageClaims; readonly agreement: Agreement }
  | { readonly status: 'refused'; readonly reason: RefusalReason }
  | { readonly status: 'deferred'; readonly reason: DeferralReason }

type Stop = Exclude<Judgement, { status: 'accepted' }>

export interface Receiver {
  readonly region: RegionId
  readonly federation: Federation
  /** Epoch seconds. */
  readonly now: number
}

/**
 * The checks after the signature that need no database, in the order of protocol.md section 1: `aud`, time, agreement, schema of the
 * claims, fields that may travel. The receiver answers what it has answered before (replay) ahead of this, and judges procedure, data and case after it.
 */
export function judgeClaims(parsed: Exclude<ParsedClaims, { refusal: 'unverifiable' }>, receiver: Receiver): Judgement {
  const known: KnownClaims = parsed.ok ? parsed.claims : parsed.known
  const stop =
    judgeId(known, receiver.now) ??
    judgeAudience(known, receiver) ??
    judgeTime(known, receiver.now) ??
    judgeAgreement(known, receiver.federation)
  if (stop !== undefined) return stop
  if (!parsed.ok) return refused('schema')
  // Undefined only for an unknown agreement, which was deferred above; checked and not assumed.
  const agreement = agreementByName(receiver.federation, parsed.claims.agreement)
  if (agreement === undefined) return deferred('registry')
  const { document, data } = parsed.claims
  return fieldsNotAgreed(agreement, document, data).length > 0
    ? refused('field-not-agreed')
    : { status: 'accepted', claims: parsed.claims, agreement }
}

/**
 * An id from the future is the clock's matter, whoever it is meant for, and nothing is kept: ids say where rows are stored, and one of a later year
 * would sit where that year's partition is to be.
 */
function judgeId({ jti }: KnownClaims, now: number): Stop | undefined {
  return uuidV7TimeMs(jti) / 1000 > now + CLOCK_TOLERANCE_SECONDS ? deferred('clock') : undefined
}

function judgeAudience({ aud }: KnownClaims, { region }: Receiver): Stop | undefined {
  return aud === region ? undefined : refused('audience')
}

function judgeTime({ iat, exp }: KnownClaims, now: number): Stop | undefined {
  if (iat !== undefined && iat > now + CLOCK_TOLERANCE_SECONDS) return deferred('clock')
  // `exp` at or before `iat` needs no rule of its own: a message that is not ahead has then expired.
  if (exp !== undefined && exp <= now) return refused('expired')
  return undefined
}

/**
 * Whether the agreement covers this procedure between these regions for this purpose, and the agencies belong to them. What this node's
 * federation file may only not know yet is deferred; what it knows to be otherwise is refused.
 */
function judgeAgreement(known: KnownClaims, federation: Federation): Stop | undefined {
  const { iss, aud, agreement: name, procedure, purpose, basis, from, to, case: number, seen, iat } = known
  // A claim that is missing or malformed is the schema's to refuse.
  if (!aud || !name || !procedure || !purpose || !basis || !from || !to || !number || !seen || iat === undefined) return undefined
  const agreement = agreementByName(federation, name)
  if (agreement === undefined) return mayBeNewer(name, federation) ? deferred('registry') : refused('agreement')
  if (agreement.procedure !== procedure || !agreement.regions.includes(iss) || !agreement.regions.includes(aud)) return refused('agreement')
  const { owner } = caseNumberParts(number)
  // Only what opens a case has seen nothing. It counts when it was written: a delivery may take longer than the agreement lasts.
  const opensOn = seen.length === 0 ? shanghaiDate(iat * 1000) : null
  const use = { owner, other: owner === iss ? aud : iss, agencies: [from, to], purpose, basis, opensOn }
  if (brokenRule(agreement, use) !== undefined) return refused('agreement')
  return judgeAgency(regionOfAgency(federation, from), iss) ?? judgeAgency(regionOfAgency(federation, to), aud)
}

function judgeAgency(owner: RegionId | undefined, expected: RegionId): Stop | undefined {
  if (owner === undefined) return deferred('registry')
  return owner === expected ? undefined : refused('agreement')
}

/** An id never heard of, or a version above all known ones: the sender may have read a newer federation file. */
function mayBeNewer(name: string, { agreements }: Federation): boolean {
  const [id, version] = name.split('/')
  return agreements.every((agreement) => agreement.id !== id || agreement.version < Number(version))
}

function refused(reason: RefusalReason): Stop {
  return { status: 'refused', reason }
}

function deferred(reason: DeferralReason): Stop {
  return { status: 'deferred', reason }
}
