import { type EvidenceLogProof, type LogEntry, parseLogEntry } from '@hefu/protocol'
import { leafHash, type Policy, parseTlogProof, policyFor, type VerifiedCheckpoint, verifyTlogProof } from '@hefu/translog'
import type { Findings } from './finding.ts'

/** What a proof is wanted for: the digest of a signed text, and whether an entry says what that text does. */
export interface Wanted {
  readonly digest: string
  readonly isSaidBy: (entry: LogEntry) => boolean
}

export interface Proven extends VerifiedCheckpoint {
  readonly entry: LogEntry
}

/** The verified checkpoint when the proof shows, under the policy, that an entry about this text is in that log. */
export function judgeProof(
  { log, entry, proof }: EvidenceLogProof,
  about: Wanted,
  policies: readonly Policy[],
  findings: Findings,
): Proven | undefined {
  const subject = `${about.digest} ${log}`
  const refuse = (code: 'proof-form' | 'proof-log' | 'proof-invalid' | 'proof-quorum' | 'proof-entry', expected: string, found: string) => {
    findings.add(code, { subject, expected, found })
    return undefined
  }
  const policy = policyFor(policies, log)
  if (policy === undefined) return refuse('proof-log', log, '—')
  const parsed = parseTlogProof(proof)
  if (!parsed.ok) return refuse('proof-form', '.tlog-proof', parsed.code)
  const bytes = Buffer.from(entry)
  const verified = verifyTlogProof(parsed.value, leafHash(bytes), policy)
  if (!verified.ok) return refuse(verified.code === 'quorum' ? 'proof-quorum' : 'proof-invalid', log, verified.code)
  const read = parseLogEntry(bytes)
  if (!read.ok) return refuse('proof-entry', about.digest, read.code)
  if (!about.isSaidBy(read.entry)) return refuse('proof-entry', about.digest, read.entry.kind)
  return { ...verified.value, entry: read.entry }
}
