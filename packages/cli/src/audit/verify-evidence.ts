import {
  type EvidenceDocument,
  type EvidencePackage,
  evidencePackage,
  type Federation,
  importPublicJwk,
  type KeyLookUp,
  type KeyOwner,
  type KeyTimes,
  keyOwner,
  type MessageClaims,
  messageDigest,
  parseExported,
  receiptLeafHash,
  thumbprint,
  verifyMessage,
  verifyReceipt,
} from '@hefu/protocol'
import type { RegionId } from '@hefu/reference'
import { type Policy, policyFor, type VerifiedCheckpoint, verifyCheckpoint, verifyInclusion } from '@hefu/translog'
import { AuditError } from './audit-error.ts'
import { type Finding, Findings } from './finding.ts'
import { type JudgedContent, judgeContent } from './judge-content.ts'
import { judgeKeyTime } from './judge-key-time.ts'
import { type AboutDocument, judgeProof, type ProvenHead, type Side } from './judge-proof.ts'

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
  readonly documents: readonly {
    readonly digest: string
    readonly document: string | null
    readonly iss: string
    readonly aud: string
    readonly status: 'accepted' | 'refused' | 'open'
    /** Logs that prove it, under the policy. */
    readonly provenBy: readonly string[]
    /** Earliest cosignature over a log that holds it, by somebody other than its sender. */
    readonly witnessedAt: string | null
  }[]
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
  const heads = new Heads(findings)
  const documents: (EvidenceReport['documents'][number] & { readonly claims: MessageClaims | undefined })[] = []
  for (const document of evidence.documents) {
    documents.push(await judgeDocument(document, evidence, { ...options, lookUpKey, heads }, findings))
  }
  judgeWhole(documents, findings)
  judgePeers(evidence, findings)
  const contentRequests = judgeContent(evidence, lookUpKey, findings)
  for (const [at, note] of evidence.checkpoints.entries()) judgeCheckpoint(note, `checkpoints/${at}`, options.policies, heads, findings)
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

/** Roots seen by log and size: two of one size are two histories, however well each is signed. */
class Heads {
  readonly #findings: Findings
  readonly #roots = new Map<string, string>()

  constructor(findings: Findings) {
    this.#findings = findings
  }

  add({ checkpoint: { origin, size, root } }: VerifiedCheckpoint): void {
    const key = `${size} ${origin}`
    const text = Buffer.from(root).toString('base64')
    const before = this.#roots.get(key)
    if (before !== undefined && before !== text) this.#findings.add('checkpoint-fork', { subject: key, expected: before, found: text })
    this.#roots.set(key, text)
  }
}

interface Judging extends EvidenceOptions {
  readonly lookUpKey: KeyLookUp
  readonly heads: Heads
}

async function judgeDocument(document: EvidenceDocument, evidence: EvidencePackage, judging: Judging, findings: Findings) {
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
  const proven = document.logProofs.flatMap((proof) => judgeProof(proof, about, judging.policies, findings) ?? [])
  proven.forEach((checkpoint) => {
    judging.heads.add(checkpoint)
  })
  judgeLogs(digest, proven, findings)
  // A refusal names no case, and of what was refused its receiver keeps no content.
  if (document.message === null && document.answer?.status !== 'refused' && proven.length > 0 && !proven.some(({ namesCase }) => namesCase))
    findings.add('case-unproven', { subject: digest, expected: evidence.case, found: '—' })
  const witnessedAt = firstWitnessed(judging, proven, iss)
  const judgeKeyOf = (kid: string, signature: { readonly digest: string; readonly witnessedAt: number | undefined }) =>
    // What the federation file says of a key goes before what the package says.
    judgeKeyTime(timesIn(judging, kid) ?? evidence.keys.find(({ key }) => key.kid === kid), signature, findings)
  if (signed !== undefined) judgeKeyOf(signed.kid, { digest, witnessedAt })
  if (answer !== undefined) {
    const heads = proven.filter(({ holdsReceipt }) => holdsReceipt)
    judgeKeyOf(answer.kid, { digest: answer.digest, witnessedAt: firstWitnessed(judging, heads, aud) })
  }
  return {
    digest,
    document: signed?.claims.document ?? null,
    iss,
    aud,
    status: document.answer?.status ?? ('open' as const),
    provenBy: [...new Set(proven.map(({ log }) => log.name))],
    witnessedAt: witnessedAt === undefined ? null : new Date(witnessedAt * 1000).toISOString(),
    claims: signed?.claims,
  }
}

/** Earliest cosignature by others than the signer, who could date its own back: only theirs say since when a signature exists. */
function firstWitnessed({ federation }: Judging, proven: readonly ProvenHead[], signer: RegionId): number | undefined {
  const own = federation?.witnessKeys.get(signer)?.name
  const times = proven.flatMap(({ cosignatures }) => cosignatures.flatMap(({ key, time }) => (key.name === own ? [] : [time])))
  return times.length === 0 ? undefined : Math.min(...times)
}

/** Undefined: the federation file knows no times of this key, and a package may know more. */
function timesIn({ federation }: Judging, kid: string): KeyTimes | undefined {
  const times = federation && keyOwner(federation, kid)?.times
  return times === undefined || Object.keys(times).length === 0 ? undefined : times
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

function judgePeers({ peers }: EvidencePackage, findings: Findings): void {
  for (const { region, status } of peers)
    if (status !== 'proven') findings.add('peer-unproven', { subject: region, expected: 'proven', found: status })
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

function judgeCheckpoint(note: string, subject: string, policies: readonly Policy[], heads: Heads, findings: Findings): void {
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
