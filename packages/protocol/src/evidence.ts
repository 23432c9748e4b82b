import { z } from 'zod'
import { caseNumber, digest, jti, regionId } from './claims.ts'
import { MAX_MESSAGES, REFUSAL_REASONS } from './constants.ts'
import { publicKey, revocation } from './federation-file.ts'

const origin = z.string().min(1).max(255)

const logProof = z.strictObject({
  /** Origin of the log. */
  log: origin,
  /** The entry's exact text. */
  entry: z.string().max(65_535),
  /** `.tlog-proof` of that entry. */
  proof: z.string().max(256 * 1024),
})

/** How the receiver answered; `receipt` is the exact JWS, `index` and `path` lead from this document's leaf to its root. */
const answered = {
  status: z.enum(['accepted', 'refused']),
  reason: z.enum(REFUSAL_REASONS).exactOptional(),
  receipt: z.string(),
  index: z.int().min(0).max(MAX_MESSAGES),
  path: z.array(digest).max(64),
}

const document = z.strictObject({
  jti,
  digest,
  iss: regionId,
  aud: regionId,
  /** The exact JWS; null where the content is not held here, was erased, or is not the reader's to see. */
  message: z.string().nullable(),
  /** Null while there is none. */
  answer: z.strictObject(answered).nullable(),
  logProofs: z.array(logProof).max(16),
})

const time = z.int().min(0)

/** One file that proves one case to somebody who can reach no node: `GET /v1/cases/{n}/evidence`. */
export const evidencePackage = z.strictObject({
  v: z.literal(1),
  case: caseNumber,
  /** The region that made the package, and when (epoch milliseconds). Not signed: nothing rests on it. */
  region: regionId,
  madeAt: z.int().min(0).max(253_402_300_799_999),
  documents: z.array(document).min(1).max(10_000),
  /**
   * The other parties, which were asked to prove the documents from their own logs: all of them proven, not all, `away` (no answer in time),
   * or the federation names no log of theirs. Not signed: the proofs speak for themselves.
   */
  peers: z.array(z.strictObject({ region: regionId, status: z.enum(['proven', 'incomplete', 'away', 'no-log']) })).max(512),
  /** Message keys with their times (epoch seconds). What the package says of keys is a claim: a federation file decides. */
  keys: z
    .array(
      z.strictObject({
        region: regionId,
        key: publicKey,
        iat: time.exactOptional(),
        exp: time.exactOptional(),
        /** `since`: when the manifest was issued that said so first. */
        revoked: revocation.extend({ since: time.exactOptional() }).exactOptional(),
      }),
    )
    .max(10_000),
  /** Further witnessed checkpoints, for instance the newest of each log. */
  checkpoints: z.array(z.string().max(128 * 1024)).max(512),
  /**
   * What the parties asked each other about the bytes (ADR 0023), and the answers: exact JWS, no personal data. Only where there is something; the
   * answer is null while there is none. The proofs are of the log entries of both texts.
   */
  contentRequests: z
    .array(
      z.strictObject({
        request: z.string().max(8192),
        answer: z.string().max(8192).nullable(),
        logProofs: z.array(logProof).max(16),
      }),
    )
    .max(10_000)
    .exactOptional(),
  /** For people; proves nothing. */
  summary: z.strictObject({ zh: z.string().max(100_000), en: z.string().max(100_000) }),
})

export type EvidencePackage = Readonly<z.infer<typeof evidencePackage>>
export type EvidenceDocument = EvidencePackage['documents'][number]
export type EvidenceContent = NonNullable<EvidencePackage['contentRequests']>[number]
export type EvidenceLogProof = EvidenceDocument['logProofs'][number]

/** Largest file that is read. */
export const MAX_EVIDENCE_BYTES = 256 * 1024 * 1024
