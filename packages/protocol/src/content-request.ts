import type { RegionId } from '@hefu/reference'
import { z } from 'zod'
import { caseNumber, digest, epochSeconds, jti, regionId, versionedName } from './claims.ts'
import { CONTENT_ANSWER_TYP, CONTENT_REQUEST_TYP, type TokenTyp } from './constants.ts'
import { messageDigest, signingInputDigest } from './digest.ts'
import type { KeyLookUp, Signer } from './keys.ts'
import { signToken } from './message.ts'
import { parseStrictJson } from './strict-json.ts'
import { verifyToken } from './verify-signature.ts'

// What one region asks another about bytes that both hold, and the signed answer (ADR 0023). Codes, dates and digests only: both texts
// stay when the content is gone, and are part of the case's evidence.

/** Why a document is taken back. */
export const RECALL_REASONS = ['wrong-addressee', 'wrong-person', 'wrong-document'] as const
export type RecallReason = (typeof RECALL_REASONS)[number]

/** Why the content of a case is erased: its retention has ended, or somebody with that right ordered it. */
export const ERASURE_REASONS = ['retention-ended', 'person-request', 'unlawful', 'ordered'] as const
export type ErasureReason = (typeof ERASURE_REASONS)[number]

/** On what a region goes on holding content: the agreement's term, its procedure's, a published effect that still runs, or a case that is not final. */
export const HELD_BASES = ['agreement', 'procedure', 'in-effect', 'case-open'] as const

/** Why a recall is refused: the case has run its course (its own documents undo it), its content is gone, or no such document was ever accepted. */
export const RECALL_REFUSALS = ['case-final', 'erased', 'document-unknown'] as const

const frame = { iss: regionId, aud: regionId, jti, iat: epochSeconds, case: caseNumber }

export const contentRequestClaims = z.discriminatedUnion('act', [
  /** `erasedAt`: since when the asking region itself holds nothing any more. */
  z.strictObject({ ...frame, act: z.literal('erase'), reason: z.enum(ERASURE_REASONS), erasedAt: epochSeconds }),
  /** `document`: digest of a document that the asking region wrote. */
  z.strictObject({ ...frame, act: z.literal('recall'), reason: z.enum(RECALL_REASONS), document: digest }),
])
export type ContentRequest = Readonly<z.infer<typeof contentRequestClaims>>

/** `request`: digest of the request that is answered, whose `jti` it bears. */
const answering = { ...frame, request: digest }

export const contentAnswerClaims = z.discriminatedUnion('outcome', [
  /** `at`: since when the content is gone; of a case that never came here it is when that was said. */
  z.strictObject({ ...answering, outcome: z.literal('erased'), at: epochSeconds }),
  z.strictObject({
    ...answering,
    outcome: z.literal('held'),
    /** Asked again after that. */
    until: epochSeconds,
    basis: z.strictObject({ kind: z.enum(HELD_BASES), rule: versionedName }),
  }),
  z.strictObject({ ...answering, outcome: z.literal('recalled'), at: epochSeconds }),
  z.strictObject({ ...answering, outcome: z.literal('refused'), reason: z.enum(RECALL_REFUSALS) }),
])
export type ContentAnswer = Readonly<z.infer<typeof contentAnswerClaims>>

export interface SignedContent {
  readonly token: string
  readonly digest: string
}

/** Throws ZodError on claims that no peer could read. */
export async function signContentRequest(claims: ContentRequest, signer: Signer): Promise<SignedContent> {
  return await sign(contentRequestClaims.parse(claims), CONTENT_REQUEST_TYP, signer)
}

/** Throws ZodError on claims that no peer could read. */
export async function signContentAnswer(claims: ContentAnswer, signer: Signer): Promise<SignedContent> {
  return await sign(contentAnswerClaims.parse(claims), CONTENT_ANSWER_TYP, signer)
}

async function sign(claims: unknown, typ: TokenTyp, signer: Signer): Promise<SignedContent> {
  const token = await signToken(Buffer.from(JSON.stringify(claims)), typ, signer)
  return { token, digest: messageDigest(token) }
}

export type VerifiedContent<Claims> =
  | { readonly ok: true; readonly claims: Claims; readonly digest: string; readonly kid: string }
  | { readonly ok: false }

/** Signature, claims, that `iss` owns the key, and that it is meant for `audience`; every failure looks the same. */
export function verifyContentRequest(token: string, lookUpKey: KeyLookUp, audience: RegionId): VerifiedContent<ContentRequest> {
  return verify(token, CONTENT_REQUEST_TYP, lookUpKey, audience, contentRequestClaims)
}

/**
 * The same of an answer, and that it answers this very request of that peer, in a way that fits what was asked: an answer cannot be passed off
 * as that to another request.
 */
export function verifyContentAnswer(
  token: string,
  lookUpKey: KeyLookUp,
  asked: { readonly request: ContentRequest; readonly digest: string },
): VerifiedContent<ContentAnswer> {
  const { request } = asked
  const verified = verify(token, CONTENT_ANSWER_TYP, lookUpKey, request.iss, contentAnswerClaims)
  if (!verified.ok) return verified
  const { claims } = verified
  const fits = claims.iss === request.aud && claims.jti === request.jti && claims.case === request.case && claims.request === asked.digest
  const outcomes = request.act === 'erase' ? ['erased', 'held'] : ['recalled', 'refused']
  return fits && outcomes.includes(claims.outcome) ? verified : { ok: false }
}

function verify<Claims extends { readonly iss: RegionId; readonly aud: RegionId }>(
  token: string,
  typ: TokenTyp,
  lookUpKey: KeyLookUp,
  audience: RegionId,
  schema: z.ZodType<Claims>,
): VerifiedContent<Claims> {
  const verified = verifyToken(token, typ, lookUpKey)
  if (!verified.ok) return { ok: false }
  const json = parseStrictJson(verified.payload)
  const claims = json.ok ? schema.safeParse(json.value).data : undefined
  if (claims === undefined || claims.iss !== verified.owner.region || claims.aud !== audience) return { ok: false }
  return { ok: true, claims, digest: signingInputDigest(verified.signingInput), kid: verified.kid }
}
