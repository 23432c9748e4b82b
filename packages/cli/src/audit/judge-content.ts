import {
  contentRequestClaims,
  type EvidencePackage,
  type KeyLookUp,
  parseStrictJson,
  verifyContentAnswer,
  verifyContentRequest,
} from '@hefu/protocol'
import type { Findings } from './finding.ts'

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
}

/** Each text verifies under its author's key, is about this case, and each answer answers its request. What does not is a finding, and is not shown. */
export function judgeContent(evidence: EvidencePackage, lookUpKey: KeyLookUp, findings: Findings): JudgedContent[] {
  return (evidence.contentRequests ?? []).flatMap(({ request, answer }, index) => {
    const subject = `contentRequests/${index}`
    const aud = audienceOf(request)
    const asked = aud === undefined ? { ok: false as const } : verifyContentRequest(request, lookUpKey, aud)
    if (!asked.ok || asked.claims.case !== evidence.case) {
      findings.add('content-request', { subject, expected: evidence.case, found: asked.ok ? asked.claims.case : '—' })
      return []
    }
    const { claims } = asked
    const answered = answer === null ? undefined : verifyContentAnswer(answer, lookUpKey, { request: claims, digest: asked.digest })
    if (answered?.ok === false) findings.add('content-answer', { subject, expected: claims.aud, found: '—' })
    const said = answered?.ok ? answered.claims : undefined
    const seconds = said?.outcome === 'held' ? said.until : said === undefined || said.outcome === 'refused' ? undefined : said.at
    return [
      {
        act: claims.act,
        by: claims.iss,
        to: claims.aud,
        document: claims.act === 'recall' ? claims.document : null,
        outcome: said?.outcome ?? null,
        at: seconds === undefined ? null : new Date(seconds * 1000).toISOString(),
      },
    ]
  })
}

/** Whom the text says it is for; its signature is judged afterwards. */
function audienceOf(request: string) {
  const json = parseStrictJson(Buffer.from(request.split('.')[1] ?? '', 'base64url'))
  return json.ok ? contentRequestClaims.safeParse(json.value).data?.aud : undefined
}
