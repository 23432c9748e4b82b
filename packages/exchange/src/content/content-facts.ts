import type { ContentAnswer, ContentRequest, LogFact } from '@hefu/protocol'
import type { ContentRequestRow } from '../db/schema.ts'
import type { ContentOutcome, NewContentRequest } from './content-store.ts'

// One place turns the signed texts into rows and log entries: both sides write the same.

export function requestRow(
  request: ContentRequest,
  signed: { readonly token: string; readonly digest: string },
  nowMs: number,
): NewContentRequest {
  return {
    jti: request.jti,
    iss: request.iss,
    aud: request.aud,
    act: request.act,
    case_number: request.case,
    document: request.act === 'recall' ? request.document : null,
    reason: request.reason,
    request: signed.token,
    digest: signed.digest,
    created_at: new Date(nowMs),
    next_at: null,
  }
}

/** `next_at`: after `held until` the question is put again, by the side that asked. */
export function outcomeOf(
  answer: ContentAnswer,
  signed: { readonly token: string; readonly digest: string },
  nowMs: number,
): ContentOutcome {
  const seconds = (at: number) => new Date(at * 1000)
  return {
    answer: signed.token,
    answer_digest: signed.digest,
    outcome: answer.outcome,
    outcome_reason: answer.outcome === 'refused' ? answer.reason : null,
    at: answer.outcome === 'erased' || answer.outcome === 'recalled' ? seconds(answer.at) : null,
    held_until: answer.outcome === 'held' ? seconds(answer.until) : null,
    basis: answer.outcome === 'held' ? `${answer.basis.kind}:${answer.basis.rule}` : null,
    answered_at: new Date(nowMs),
    next_at: null,
  }
}

export function requestFact({ iss, aud, jti, digest, case_number, act, document, reason }: NewContentRequest): LogFact {
  return { kind: 'content.request', ...partsOf({ iss, aud, jti, case_number, act, document }), digest, reason } as LogFact
}

/** In an answer it is the side that was asked that speaks. */
export function answerFact(
  row: Pick<ContentRequestRow, 'iss' | 'aud' | 'jti' | 'case_number' | 'act' | 'document'>,
  outcome: ContentOutcome,
): LogFact {
  const parts = partsOf({ ...row, iss: row.aud, aud: row.iss })
  return { kind: 'content.answer', ...parts, digest: outcome.answer_digest, outcome: outcome.outcome } as LogFact
}

function partsOf(row: Pick<ContentRequestRow, 'iss' | 'aud' | 'jti' | 'case_number' | 'act' | 'document'>) {
  const { iss, aud, jti, act, document } = row
  return { iss, aud, jti, case: row.case_number, act, ...(document === null ? {} : { document }) }
}
