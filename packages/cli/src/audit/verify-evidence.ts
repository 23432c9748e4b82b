import {
  type EvidencePackage,
  evidencePackage,
  type Federation,
  importPublicJwk,
  type KeyLookUp,
  type KeyOwner,
  keyOwner,
  type MessageClaims,
  parseExported,
  thumbprint,
} from '@hefu/protocol'
import { type Policy, policyFor, verifyCheckpoint } from '@hefu/translog'
import { AuditError } from './audit-error.ts'
import { type Finding, Findings } from './finding.ts'
import { type JudgedContent, judgeContent } from './judge-content.ts'
import { type JudgedDocument, judgeDocument } from './judge-document.ts'
import { ProvenHeads } from './proven-heads.ts'

export interface EvidenceOptions {
  readonly policies: readonly Policy[]
  /** Decides whose key is whose; without it the package's own claims are used, and the report says so. */
  readonly federation?: Federation | undefined
}

/** What `case` says, and its `--json`. */
export interface EvidenceReport {
  readonly ok: boolean
  readonly case: string
  readonly madeBy: string
  readonly madeAt: string
  readonly documents: readonly JudgedDocument[]
  /** As the package has them: which other parties were asked for proofs from their logs, and what came of it. */
  readonly peers: EvidencePackage['peers']
  /** What was asked about the bytes, as the signed texts say; only where something was. */
  readonly contentRequests?: readonly JudgedContent[]
  /** As the package has it; not proven. */
  readonly summary: { readonly zh: string; readonly en: string }
  readonly findings: readonly Finding[]
  readonly notes: readonly Finding[]
  readonly omitted: Readonly<Partial<Record<string, number>>>
}

/** Verifies the evidence of one case by itself. Throws AuditError `evidence` when the file is no evidence package. */
export async function verifyEvidence(bytes: Uint8Array, options: EvidenceOptions): Promise<EvidenceReport> {
  const evidence = parseExported(evidencePackage, bytes)
  if (evidence === undefined) throw new AuditError('evidence', { zh: '不是可读的证据包', en: 'not an evidence package that can be read' })
  const findings = new Findings()
  const lookUpKey = judgeKeys(evidence, options.federation, findings)
  const judging = { ...options, lookUpKey, heads: new ProvenHeads(findings) }
  const documents: Awaited<ReturnType<typeof judgeDocument>>[] = []
  for (const document of evidence.documents) {
    documents.push(await judgeDocument(document, evidence, judging, findings))
  }
  judgeWhole(documents, findings)
  judgePeers(evidence, findings)
  const contentRequests = judgeContent(evidence, judging, findings)
  for (const [at, note] of evidence.checkpoints.entries())
    judgeCheckpoint(note, `checkpoints/${at}`, options.policies, judging.heads, findings)
  return {
    ok: findings.findings.length === 0,
    case: evidence.case,
    madeBy: evidence.region,
    madeAt: new Date(evidence.madeAt).toISOString(),
    documents: documents.map(({ claims: _, ...document }) => document),
    peers: evidence.peers,
    ...(contentRequests.length > 0 && { contentRequests }),
    summary: evidence.summary,
    findings: findings.findings,
    notes: findings.notes,
    omitted: findings.omitted,
  }
}

/** Whose key is whose: the federation file decides; the package's list may only agree with it. */
function judgeKeys({ keys }: EvidencePackage, federation: Federation | undefined, findings: Findings): KeyLookUp {
  const claimed = new Map<string, KeyOwner>()
  for (const { region, key } of keys) {
    const about = { subject: key.kid, expected: region }
    if (thumbprint(key) !== key.kid || claimed.has(key.kid)) findings.add('key-invalid', { ...about, found: thumbprint(key) })
    else claimed.set(key.kid, { region, key: importPublicJwk(key) })
    const owner = federation && keyOwner(federation, key.kid)
    if (federation !== undefined && owner?.region !== region) findings.add('key-unknown', { ...about, found: owner?.region ?? '—' })
  }
  if (federation !== undefined) return (kid) => keyOwner(federation, kid)
  findings.add('keys-claimed', { expected: '--federation', found: '—' })
  return (kid) => claimed.get(kid)
}

function judgePeers({ peers }: EvidencePackage, findings: Findings): void {
  for (const { region, status } of peers)
    if (status !== 'proven') findings.add('peer-unproven', { subject: region, expected: 'proven', found: status })
}

/** What the documents say of each other: whoever leaves one out has to leave out all that came after it. */
function judgeWhole(
  documents: readonly { readonly digest: string; readonly claims: MessageClaims | undefined }[],
  findings: Findings,
): void {
  const held = new Set<string>()
  for (const { digest } of documents) {
    if (held.has(digest)) findings.add('document-repeated', { subject: digest, expected: '1', found: '2' })
    held.add(digest)
  }
  const named = documents.flatMap(({ claims }) => [...(claims?.seen ?? []), ...(claims?.answers === undefined ? [] : [claims.answers])])
  for (const digest of new Set(named))
    if (!held.has(digest)) findings.add('document-missing', { subject: digest, expected: digest, found: '—' })
}

function judgeCheckpoint(note: string, subject: string, policies: readonly Policy[], heads: ProvenHeads, findings: Findings): void {
  // The first line is the origin; whether it is, the signature of that log's key decides.
  const policy = policyFor(policies, note.slice(0, note.indexOf('\n')))
  const verified = policy && verifyCheckpoint(note, policy)
  if (verified?.ok && verified.value.quorum) {
    heads.add(verified.value)
    return
  }
  const found = verified === undefined ? 'policy' : verified.ok ? 'quorum' : verified.code
  findings.add('checkpoint-unknown', { subject, expected: 'quorum', found })
}
