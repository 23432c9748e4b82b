import type { EvidenceLogProof, LogEntry, RefusalReason } from '@hefu/protocol'
import type { Policy } from '@hefu/translog'
import type { Findings } from './finding.ts'
import { judgeProof, type Proven } from './judge-proof.ts'

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

export interface ProvenHead extends Proven {
  readonly side: Side
  /** The entry names the case; one about a receipt, or a refusal, does not. */
  readonly namesCase: boolean
  /** The entry is about the receipt: since then that exists too, and not the document alone. */
  readonly holdsReceipt: boolean
}

/** The verified head of a log that holds an entry about this document. */
export function judgeDocumentProof(
  proof: EvidenceLogProof,
  about: AboutDocument,
  policies: readonly Policy[],
  findings: Findings,
): ProvenHead | undefined {
  const proven = judgeProof(proof, { digest: about.digest, isSaidBy: (entry) => isAbout(entry, about) }, policies, findings)
  if (proven === undefined) return undefined
  const { kind } = proven.entry
  const side = kind === 'message.sent' || kind === 'receipt.received' ? 'sender' : 'receiver'
  return { ...proven, side, namesCase: 'case' in proven.entry, holdsReceipt: kind.startsWith('receipt.') }
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
