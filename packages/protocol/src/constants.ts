/** Media types of the inbox (protocol.md section 1). */
export const MESSAGE_CONTENT_TYPE = 'application/hefu-message+jwt'
export const MESSAGES_CONTENT_TYPE = 'application/hefu-messages'

/** `typ` of the signed texts: each kind has its own, so that one can never be passed off as another (RFC 8725 section 3.11). */
export const MESSAGE_TYP = 'hefu-message+jwt'
export const RECEIPT_TYP = 'hefu-receipt+jwt'
export const REQUEST_TYP = 'hefu-request+jwt'
/** The federation's registry, and a region's key manifest (protocol.md section 3). */
export const REGISTRY_TYP = 'hefu-registry+jwt'
export const MANIFEST_TYP = 'jwk-set+jwt'
/** Access tokens of the local API (RFC 9068). */
export const ACCESS_TOKEN_TYP = 'at+jwt'
/** A client's statement of who it is, to the token endpoint (RFC 7523). */
export const CLIENT_ASSERTION_TYP = 'client-authentication+jwt'
/** What is asked of the bytes that both sides hold, and the answer (ADR 0023). */
export const CONTENT_REQUEST_TYP = 'hefu-content-request+jwt'
export const CONTENT_ANSWER_TYP = 'hefu-content-answer+jwt'
export type TokenTyp =
  | typeof MESSAGE_TYP
  | typeof RECEIPT_TYP
  | typeof REQUEST_TYP
  | typeof REGISTRY_TYP
  | typeof MANIFEST_TYP
  | typeof ACCESS_TOKEN_TYP
  | typeof CLIENT_ASSERTION_TYP
  | typeof CONTENT_REQUEST_TYP
  | typeof CONTENT_ANSWER_TYP

/** The only algorithm now; fully specified (RFC 9864), never the polymorphic `EdDSA`. */
export const ALGORITHM = 'Ed25519'

export const MAX_MESSAGE_BYTES = 256 * 1024
export const MAX_BODY_BYTES = 8 * 1024 * 1024
export const MAX_MESSAGES = 500
export const MAX_SEEN = 64

/** Tolerance between clocks in seconds: `iat` ahead, `jti` against `iat`, `receivedAt` against the sender's clock. */
export const CLOCK_TOLERANCE_SECONDS = 120

/** Default delivery horizon in seconds (`exp` − `iat`): 30 days. */
export const DELIVERY_HORIZON_SECONDS = 30 * 24 * 60 * 60

export const REFUSAL_REASONS = ['expired', 'audience', 'agreement', 'schema', 'field-not-agreed', 'case-participants', 'reused-id'] as const
export type RefusalReason = (typeof REFUSAL_REASONS)[number]

export const DEFERRAL_REASONS = ['unverifiable', 'clock', 'registry', 'version', 'case-unknown'] as const
export type DeferralReason = (typeof DEFERRAL_REASONS)[number]
