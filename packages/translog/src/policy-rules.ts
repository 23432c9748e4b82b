import type { Policy } from './policy.ts'
import { COSIGNATURE_V1, ED25519, type VerifierKey } from './verifier-key.ts'

export const MAX_WITNESSES = 512

/**
 * `key-type`: a log key that is not of type 01, or a witness key that is not of type 04; `threshold`: k below 1 or above n;
 * `two-quorums`: 2k ≤ n; `duplicate-log`; `duplicate-key`: one public key in two places where each must be somebody else;
 * `idle-witness`: a witness that no quorum counts.
 */
export type PolicyRule = 'key-type' | 'threshold' | 'two-quorums' | 'duplicate-log' | 'duplicate-key' | 'idle-witness'

/** The first rule that these policies break. */
export function checkPolicies(policies: readonly Policy[]): PolicyRule | undefined {
  const origins = new Set(policies.map(({ log }) => log.name))
  const logs = new Set(policies.map(({ log }) => keyText(log)))
  if (origins.size !== policies.length || logs.size !== policies.length) return 'duplicate-log'
  for (const policy of policies) {
    const broken = checkPolicy(policy, logs)
    if (broken !== undefined) return broken
  }
  return undefined
}

function checkPolicy({ log, witnesses, threshold }: Policy, logs: ReadonlySet<string>): PolicyRule | undefined {
  if (log.type !== ED25519 || witnesses.some(({ type }) => type !== COSIGNATURE_V1)) return 'key-type'
  // By the key itself: another name would make one witness count twice. A log's key must not be a witness's either, here or elsewhere.
  const keys = new Set(witnesses.map(keyText))
  if (keys.size !== witnesses.length || [...keys].some((key) => logs.has(key))) return 'duplicate-key'
  if (threshold < 1 || threshold > witnesses.length) return 'threshold'
  return 2 * threshold <= witnesses.length ? 'two-quorums' : undefined
}

function keyText({ publicKey }: VerifierKey): string {
  return Buffer.from(publicKey).toString('hex')
}
