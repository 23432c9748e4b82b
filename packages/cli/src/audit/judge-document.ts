import {
  type EvidenceDocument,
  type EvidencePackage,
  type Federation,
  type KeyLookUp,
  type MessageClaims,
  messageDigest,
  receiptLeafHash,
  verifyMessage,
  verifyReceipt,
} from '@hefu/protocol'
import { type Policy, verifyInclusion } from '@hefu/translog'
import type { Findings } from './finding.ts'
import { type AboutDocument, judgeDocumentProof, type ProvenHead, type Side } from './judge-document-proof.ts'
import { judgeKeyTime } from './judge-key-time.ts'
import type { ProvenHeads } from './proven-heads.ts'
import { instantOf, timesOf, witnessedBeside } from './witnessed-time.ts'

export interface Judging {
  readonly policies: readonly Policy[]
  readonly federation?: Federation | undefined
  readonly lookUpKey: KeyLookUp
  readonly heads: ProvenHeads
}

export interface JudgedDocument {
  readonly digest: string
  readonly document: string | null
  readonly iss: string
  readonly aud: string
  readonly status: 'accepted' | 'refused' | 'open'
  /** Logs that prove it, under the policy. */
  readonly provenBy: readonly string[]
  /** Earliest cosignature over a log that holds it, by somebody other than its sender. */
  readonly witnessedAt: string | null
}

/** One document by itself: its bytes, signature, receipt and path, the logs that prove it, and its key at the time when it was first witnessed. */
export async function judgeDocument(
  document: EvidenceDocument,
  evidence: EvidencePackage,
  judging: Judging,
  findings: Findings,
): Promise<JudgedDocument & { readonly claims: MessageClaims | undefined }> {
  const { digest, iss, aud } = document
  const signed = await judgeMessage(document, evidence.case, judging.lookUpKey, findings)
  const answer = await judgeAnswer(document, judging.lookUpKey, findings)
  const about: AboutDocument = {
    ...document,
    case: evidence.case,
    receipt: answer?.digest,
    procedure: signed?.claims.procedure,
    document: signed?.claims.document,
  }
  const proven = document.logProofs.flatMap((proof) => judgeDocumentProof(proof, about, judging.policies, findings) ?? [])
  proven.forEach((checkpoint) => {
    judging.heads.add(checkpoint)
  })
  judgeLogs(digest, proven, findings)
  // A refusal names no case, and of what was refused its receiver keeps no content.
  if (document.message === null && document.answer?.status !== 'refused' && proven.length > 0 && !proven.some(({ namesCase }) => namesCase))
    findings.add('case-unproven', { subject: digest, expected: evidence.case, found: '—' })
  const witnessedAt = witnessedBeside(iss, proven, judging)
  if (signed !== undefined) judgeKeyTime(timesOf(signed.kid, evidence, judging), { digest, witnessedAt }, findings)
  if (answer !== undefined) {
    const heads = proven.filter(({ holdsReceipt }) => holdsReceipt)
    const receipt = { digest: answer.digest, witnessedAt: witnessedBeside(aud, heads, judging) }
    judgeKeyTime(timesOf(answer.kid, evidence, judging), receipt, findings)
  }
  return {
    digest,
    document: signed?.claims.document ?? null,
    iss,
    aud,
    status: document.answer?.status ?? ('open' as const),
    provenBy: [...new Set(proven.map(({ log }) => log.name))],
    witnessedAt: instantOf(witnessedAt),
    claims: signed?.claims,
  }
}

/** Each party's log should prove the document: then neither can deny it alone. */
function judgeLogs(digest: string, proven: readonly ProvenHead[], findings: Findings): void {
  const logs = [...new Set(proven.map(({ log }) => log.name))]
  if (logs.length === 0) findings.add('document-unproven', { subject: digest, expected: '≥ 1', found: '0' })
  // A log that tells both sides itself is still one log.
  const of = (side: Side) => proven.filter((one) => one.side === side)
  const isByBoth = of('sender').some(({ log }) => of('receiver').some((other) => other.log.name !== log.name))
  if (logs.length > 0 && !isByBoth) findings.add('proven-by-one', { subject: digest, expected: '2', found: logs.join(' + ') })
}

async function judgeMessage({ message, ...said }: EvidenceDocument, caseNumber: string, lookUpKey: KeyLookUp, findings: Findings) {
  const subject = said.digest
  if (message === null) {
    findings.add('content-not-held', { subject, expected: '—', found: '—' })
    return undefined
  }
  const digest = messageDigest(message)
  if (digest !== said.digest) {
    findings.add('document-digest', { subject, expected: said.digest, found: digest })
    return undefined
  }
  const verified = verifyMessage(message, lookUpKey)
  if (!verified.ok || !verified.claims.ok) {
    findings.add('document-signature', { subject, expected: said.iss, found: verified.ok ? 'schema' : '—' })
    return undefined
  }
  const { claims } = verified.claims
  const [expected, found] = [said, claims].map(({ iss, aud, jti }) => `${iss} ${aud} ${jti}`) as [string, string]
  if (expected !== found || claims.case !== caseNumber)
    findings.add('document-case', { subject, expected: `${caseNumber} ${expected}`, found: `${claims.case} ${found}` })
  return { kid: verified.kid, claims }
}

/** The receipt's digest and key when it proves this document's answer. */
async function judgeAnswer({ answer, digest, jti, iss, aud }: EvidenceDocument, lookUpKey: KeyLookUp, findings: Findings) {
  if (answer === null) {
    findings.add('receipt-open', { subject: digest, expected: aud, found: '—' })
    return undefined
  }
  const verified = verifyReceipt(answer.receipt, { lookUpKey, issuer: aud, audience: iss })
  if (!verified.ok) {
    findings.add('receipt-signature', { subject: digest, expected: aud, found: verified.why })
    return undefined
  }
  const { size, root } = verified.receipt.tree
  const leaf = receiptLeafHash({ jti, digest, status: answer.status, reason: answer.reason })
  const path = answer.path.map((hash) => Buffer.from(hash, 'base64url'))
  if (!verifyInclusion({ leaf, index: answer.index, size, path, root: Buffer.from(root, 'base64url') })) {
    findings.add('receipt-path', { subject: digest, expected: root, found: '≠' })
    return undefined
  }
  return { digest: verified.digest, kid: verified.kid }
}
