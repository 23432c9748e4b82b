import {
  type ContentAnswer,
  type ContentRequest,
  contentRequestClaims,
  type EvidenceContent,
  type EvidencePackage,
  type LogEntry,
  parseStrictJson,
  type VerifiedContent,
  verifyContentAnswer,
  verifyContentRequest,
} from '@hefu/protocol'
import type { Findings } from './finding.ts'
import type { Judging } from './judge-document.ts'
import { judgeKeyTime } from './judge-key-time.ts'
import { judgeProof, type Proven } from './judge-proof.ts'
import { instantOf, timesOf, witnessedBeside } from './witnessed-time.ts'

/** A request about the bytes of the case and its answer, both verified (ADR 0023). */
export interface JudgedContent {
  readonly act: 'erase' | 'recall'
  readonly by: string
  readonly to: string
  /** Digest of the document that is recalled. */
  readonly document: string | null
  /** Null: not answered, or not by an answer that verifies. */
  readonly outcome: string | null
  /** Since when the content is gone, blocked, or until when it is held. */
  readonly at: string | null
  /** Logs that prove the request and, where there is one, the answer. */
  readonly provenBy: readonly string[]
}

type Verified<Claims> = Extract<VerifiedContent<Claims>, { readonly ok: true }>
type Asked = Verified<ContentRequest>
type Answered = Verified<ContentAnswer>

/** Each text verifies under its author's key, is about this case, and each answer answers its request; logs prove both. What does not is a finding, and is not shown. */
export function judgeContent(evidence: EvidencePackage, judging: Judging, findings: Findings): JudgedContent[] {
  return (evidence.contentRequests ?? []).flatMap((content, index) => {
    const subject = `contentRequests/${index}`
    const asked = judgeRequest(content, judging)
    if (!asked.ok || asked.claims.case !== evidence.case) {
      findings.add('content-request', { subject, expected: evidence.case, found: asked.ok ? asked.claims.case : '—' })
      return []
    }
    const { claims } = asked
    const answered = judgeAnswer(content, asked, judging)
    if (answered?.ok === false) findings.add('content-answer', { subject, expected: claims.aud, found: '—' })
    const answer = answered?.ok ? answered : undefined
    const proven = judgeProofs(content, { asked, answer }, { evidence, judging, findings })
    const said = answer?.claims
    const seconds = said?.outcome === 'held' ? said.until : said === undefined || said.outcome === 'refused' ? undefined : said.at
    return [
      {
        act: claims.act,
        by: claims.iss,
        to: claims.aud,
        document: claims.act === 'recall' ? claims.document : null,
        outcome: said?.outcome ?? null,
        at: instantOf(seconds),
        provenBy: proven,
      },
    ]
  })
}

function judgeRequest({ request }: EvidenceContent, { lookUpKey }: Judging): VerifiedContent<ContentRequest> {
  const aud = audienceOf(request)
  return aud === undefined ? { ok: false } : verifyContentRequest(request, lookUpKey, aud)
}

function judgeAnswer({ answer }: EvidenceContent, asked: Asked, { lookUpKey }: Judging): VerifiedContent<ContentAnswer> | undefined {
  return answer === null ? undefined : verifyContentAnswer(answer, lookUpKey, { request: asked.claims, digest: asked.digest })
}

interface Texts {
  readonly asked: Asked
  readonly answer: Answered | undefined
}

interface Beside {
  readonly evidence: EvidencePackage
  readonly judging: Judging
  readonly findings: Findings
}

/** The logs that prove all there is. An entry about an answer that is not in the package betrays whoever left it out. */
function judgeProofs(
  { logProofs, answer: shown }: EvidenceContent,
  { asked, answer }: Texts,
  { evidence, judging, findings }: Beside,
): string[] {
  const isSaidBy = (entry: LogEntry) => isRequest(entry, asked) || isAnswer(entry, asked, answer)
  const proven = logProofs.flatMap((proof) => judgeProof(proof, { digest: asked.digest, isSaidBy }, judging.policies, findings) ?? [])
  for (const head of proven) judging.heads.add(head)
  const missing = proven.find(({ entry }) => entry.kind === 'content.answer')
  if (shown === null && missing !== undefined)
    findings.add('content-answer-missing', { subject: asked.digest, expected: digestIn(missing.entry), found: '—' })
  const texts = [{ ...asked, kind: 'content.request' }, ...(answer === undefined ? [] : [{ ...answer, kind: 'content.answer' }])]
  const logs = texts.map(({ kind, claims, digest, kid }) => {
    const own = proven.filter(({ entry }) => entry.kind === kind)
    if (own.length === 0) findings.add('content-unproven', { subject: digest, expected: '≥ 1', found: '0' })
    const witnessedAt = witnessedBeside(claims.iss, own, judging)
    judgeKeyTime(timesOf(kid, evidence, judging), { digest, witnessedAt }, findings)
    return logsOf(own)
  })
  const both = logs.reduce((some, others) => some.filter((log) => others.includes(log)))
  if (logs.every((some) => some.length > 0) && both.length < 2)
    findings.add('content-by-one', { subject: asked.digest, expected: '2', found: `${both.length}` })
  return both
}

function logsOf(proven: readonly Proven[]): string[] {
  return [...new Set(proven.map(({ log }) => log.name))]
}

function isRequest(entry: LogEntry, { claims, digest }: Asked): boolean {
  return (
    entry.kind === 'content.request' &&
    entry.digest === digest &&
    isOf(entry, claims) &&
    entry.iss === claims.iss &&
    entry.aud === claims.aud &&
    entry.reason === claims.reason
  )
}

/** Also of an answer that is not in the package. */
function isAnswer(entry: LogEntry, { claims }: Asked, answer: Answered | undefined): boolean {
  if (entry.kind !== 'content.answer' || !isOf(entry, claims) || entry.iss !== claims.aud || entry.aud !== claims.iss) return false
  return answer === undefined || (entry.digest === answer.digest && entry.outcome === answer.claims.outcome)
}

function isOf(entry: Extract<LogEntry, { readonly act: string }>, claims: ContentRequest): boolean {
  const document = claims.act === 'recall' ? claims.document : undefined
  return entry.jti === claims.jti && entry.case === claims.case && entry.act === claims.act && entry.document === document
}

function digestIn(entry: LogEntry): string {
  return entry.kind === 'content.answer' ? entry.digest : '—'
}

/** Whom the text says it is for; its signature is judged afterwards. */
function audienceOf(request: string) {
  const json = parseStrictJson(Buffer.from(request.split('.')[1] ?? '', 'base64url'))
  return json.ok ? contentRequestClaims.safeParse(json.value).data?.aud : undefined
}
