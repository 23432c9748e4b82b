import { CLOCK_TOLERANCE_SECONDS, DELIVERY_HORIZON_SECONDS } from './constants.ts'

export const REVOCATION_REASONS = ['unspecified', 'compromised', 'superseded'] as const
export type RevocationReason = (typeof REVOCATION_REASONS)[number]

/** When a key was good, in epoch seconds. Without times: always. */
export interface KeyTimes {
  /** Nothing is signed with it before. */
  readonly iat?: number
  /** Nothing is signed with it after. */
  readonly exp?: number
  readonly revoked?: {
    readonly at: number
    readonly reason: RevocationReason
    /** When the manifest that said so first was issued; where nobody knows, the time of the revocation itself. */
    readonly since?: number
  }
  /** What is known of it is known until then. */
  readonly until?: number
}

/**
 * Whether a text that arrives now may be signed with this key: a key's `exp` ends signing; what it signed may be on its way for the
 * delivery horizon after that. A revoked key signs nothing that is still to come, whatever the reason.
 */
export function mayArrive({ iat, exp, revoked, until }: KeyTimes, now: number): boolean {
  if (until !== undefined && now > until) return false
  if (iat !== undefined && iat > now + CLOCK_TOLERANCE_SECONDS) return false
  if (exp !== undefined && now > exp + DELIVERY_HORIZON_SECONDS) return false
  return revoked === undefined || revoked.at > now
}

/** Whether a node may sign with its own key now. */
export function maySign({ iat, exp, revoked }: KeyTimes, now: number): boolean {
  return (iat === undefined || iat <= now) && (exp === undefined || now < exp) && revoked === undefined
}

/** `early`, `late`: not in its time; `compromised`: witnessed only when everybody could know; `unwitnessed`: nobody says since when it exists. */
export type KeyUse =
  | { readonly verdict: 'good' }
  | { readonly verdict: 'bad'; readonly why: 'early' | 'late' | 'compromised' | 'unwitnessed' }
  | { readonly verdict: 'doubtful' }

/**
 * Judges an old signature (protocol.md section 3). `witnessedAt`: earliest cosignature, of a witness other than the signer's own, over a
 * log entry of either party that holds the digest; undefined when there is none. A key that was compromised is no judge of time: only
 * that cosignature says whether a signature is older than the theft.
 */
export function judgeKeyUse({ iat, exp, revoked }: KeyTimes, witnessedAt: number | undefined): KeyUse {
  if (witnessedAt === undefined) return revoked?.reason === 'compromised' ? { verdict: 'bad', why: 'unwitnessed' } : { verdict: 'good' }
  if (iat !== undefined && witnessedAt < iat - CLOCK_TOLERANCE_SECONDS) return { verdict: 'bad', why: 'early' }
  if (exp !== undefined && witnessedAt > exp + DELIVERY_HORIZON_SECONDS) return { verdict: 'bad', why: 'late' }
  if (revoked?.reason !== 'compromised' || witnessedAt < revoked.at) return { verdict: 'good' }
  return witnessedAt < (revoked.since ?? revoked.at) ? { verdict: 'doubtful' } : { verdict: 'bad', why: 'compromised' }
}
