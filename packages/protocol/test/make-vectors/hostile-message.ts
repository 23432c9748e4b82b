import type { DeferralReason, RefusalReason } from '../../src/index.ts'

/** A message that must not be accepted, and what the receiver answers instead. */
export interface HostileMessage {
  readonly name: string
  readonly why: string
  /** Body of a single-message request. Some hold line ends or other non-token characters: send them as they are. */
  readonly token: string
  readonly expected:
    | { readonly status: 'refused'; readonly reason: RefusalReason }
    | { readonly status: 'deferred'; readonly reason: DeferralReason }
}

export function unverifiable(name: string, why: string, token: string): HostileMessage {
  return deferred('unverifiable', name, why, token)
}

export function deferred(reason: DeferralReason, name: string, why: string, token: string): HostileMessage {
  return { name, why, token, expected: { status: 'deferred', reason } }
}

export function refused(reason: RefusalReason, name: string, why: string, token: string): HostileMessage {
  return { name, why, token, expected: { status: 'refused', reason } }
}
