import { type EvidenceLogProof, type LogEntry, parseLogEntry, type RefusalReason } from '@hefu/protocol'
import { leafHash, type Policy, parseTlogProof, policyFor, type VerifiedCheckpoint, verifyTlogProof } from '@hefu/translog'
import type { Findings } from './finding.ts'

/** What an entry must say to be about a document. */
export interface AboutDocument {
  readonly digest: string
  readonly iss: string
  readonly aud: string
  readonly jti: string
  readonly case: string
  /** Known when the content is held. */
  readonly procedure: string | undefined
  readonly document: string | undefined
  readonly answer: { readonly status: 'accepted' | 'refused'; readonly reason?: RefusalReason } | null
  /** Digest of its receipt, when that holds. */
  readonly receipt: string | undefined
}

/** Whose log it is, by what it says that happened. */
export type Side = 'sender' | 'receiver'

export interface ProvenHead extends VerifiedCheckpoint {
  readonly side: Side
  /** The entry names the case; one about a receipt, or a refusal, does not. */
  readonly namesCase: boolean
  /** The entry is about the receipt: since then that exists too, and not the document alone. */
  readonly holdsReceipt: boolean
}

/** The verified checkpoint when the proof shows, under the policy, that an entry about this document is in that log. */
export function judgeProof(
  { log, entry, proof }: EvidenceLogProof,
  about: AboutDocument,
  policies: readonly Policy[],
  findings: Findings,
): ProvenHead | undefined {
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
  if (!isAbout(read.entry, about)) return refuse('proof-entry', about.digest, read.entry.kind)
  const { kind } = read.entry
  const side = kind === 'message.sent' || kind === 'receipt.received' ? 'sender' : 'receiver'
  return { ...verified.value, side, namesCase: 'case' in read.entry, holdsReceipt: kind.startsWith('receipt.') }
}

function isAbout(entry: LogEntry, about: AboutDocument): boolean {
  const agrees = (said: string | undefined, is: string) => said === undefined || said === is
  switch (entry.kind) {
    case 'message.sent':
    case 'message.received':
      if (entry.digest !== about.digest || entry.iss !== about.iss || entry.aud !== about.aud || entry.jti !== about.jti) return false
      return entry.case === about.case && agrees(about.procedure, entry.procedure) && agrees(about.document, entry.document)
    case 'refusal':
      if (!('jti' in entry) || entry.digest !== about.digest || entry.jti !== about.jti || entry.iss !== about.iss) return false
      return about.answer === null || (about.answer.status === 'refused' && about.answer.reason === entry.reason)
    case 'receipt.issued':
    case 'receipt.received':
      return entry.digest === about.receipt && entry.iss === about.aud && entry.aud === about.iss
    default:
      return false
  }
}
