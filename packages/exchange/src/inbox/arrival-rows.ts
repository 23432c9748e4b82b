import type { KnownClaims, ReceiptedOutcome } from '@hefu/protocol'
import type { Context } from '../context.ts'
import type { DocumentRow } from '../db/schema.ts'
import type { Verdict } from './judge-message.ts'

/** A message that will get a signed answer for the first time. */
export interface NewArrival {
  readonly token: string
  readonly jti: string
  readonly digest: string
  /** False when its (iss, jti) already stands for other bytes. */
  readonly first: boolean
  /** No message of its case had been accepted when it was judged. */
  readonly isNewCase: boolean
  readonly verdict: Exclude<Verdict, { status: 'deferred' }>
}

/** What proves a message in the tree of its receipt. */
export type Place = Pick<ReceiptedOutcome, 'receiptDigest' | 'index' | 'path'>

/** As rows of inbox and outbox hold it. A digest has no dot. */
export function placeColumns({ receiptDigest, index, path }: Place) {
  return { receipt: receiptDigest, leaf_index: index, path: path.join('.') }
}

/** How soon the sweep looks after a message that no job applied. */
const applyGraceMs = 2_000

export function arrivalRow({ jti, digest, first, verdict }: NewArrival, iss: string, nowMs: number, place: Place, isToApply: boolean) {
  const accepted = verdict.status === 'accepted'
  const known: KnownClaims = accepted ? verdict.claims : verdict.known
  return {
    jti,
    iss,
    digest,
    first,
    case_number: known.case ?? null,
    status: verdict.status,
    reason: accepted ? null : verdict.reason,
    received_at: new Date(Math.floor(nowMs / 1000) * 1000),
    ...placeColumns(place),
    applied_at: isToApply ? null : new Date(nowMs),
    next_apply_at: isToApply ? new Date(nowMs + applyGraceMs) : null,
  }
}

/** Held: the exact bytes. Refused: enough to show it on both sides, no content; nothing at all where it is not about a case of ours. */
export function documentRow(
  ctx: Pick<Context, 'region'>,
  { token, jti, digest, first, verdict }: NewArrival,
  nowMs: number,
): DocumentRow[] {
  const claims: KnownClaims = verdict.status === 'accepted' ? verdict.claims : verdict.known
  const { iss, aud, case: caseNumber, document, from, to, iat } = claims
  if (
    !first ||
    aud !== ctx.region ||
    caseNumber === undefined ||
    document === undefined ||
    from === undefined ||
    to === undefined ||
    iat === undefined
  )
    return []
  if (verdict.status === 'refused' && verdict.reason === 'case-participants') return []
  const held = verdict.status === 'accepted'
  return [
    {
      jti,
      iss,
      aud,
      digest,
      case_number: caseNumber,
      document,
      from_agency: from,
      to_agency: to,
      issued_at: new Date(iat * 1000),
      received_at: new Date(Math.floor(nowMs / 1000) * 1000),
      recalled_at: null,
      seen: held ? verdict.claims.seen : [],
      answers: held ? (verdict.claims.answers ?? null) : null,
      status: held ? 'held' : 'refused',
      refusal: held ? null : verdict.reason,
      message: held ? token : null,
      standing: held ? 'waiting' : 'refused',
      standing_reason: null,
      stored_at: new Date(nowMs),
    },
  ]
}
