import { setImmediate as nextTurn } from 'node:timers/promises'
import type { RegionId } from '@hefu/reference'
import { toBase64url } from './base64url.ts'
import { type ClaimProblem, type MessageClaims, type ParsedClaims, parseClaims } from './claims.ts'
import { ALGORITHM, MESSAGE_TYP, type TokenTyp } from './constants.ts'
import { messageDigest, signingInputDigest } from './digest.ts'
import type { KeyLookUp, Signer } from './keys.ts'
import { verifyToken } from './verify-signature.ts'

export interface SignedMessage {
  /** JWS compact text: stored, sent and hashed exactly as it is, never serialised again. */
  readonly token: string
  readonly digest: string
}

/** Thrown instead of signing what every peer would have to refuse. */
export class UnsignableClaimsError extends Error {
  readonly problems: readonly ClaimProblem[]

  constructor(problems: readonly ClaimProblem[]) {
    super(`claims that no peer could accept: ${problems.map(({ pointer, detail }) => `${pointer} ${detail}`).join('; ')}`)
    this.name = 'UnsignableClaimsError'
    this.problems = problems
  }
}

/**
 * Signs a document for the wire. The payload is read back by the receiver's own parser first: JSON.stringify would write half a
 * surrogate pair or a number beyond 2^53 without complaint. Throws UnsignableClaimsError.
 */
export async function signMessage(claims: MessageClaims, signer: Signer): Promise<SignedMessage> {
  const payload = Buffer.from(JSON.stringify(inWireOrder(claims)))
  const parsed = parseClaims(payload)
  if (!parsed.ok)
    throw new UnsignableClaimsError(parsed.refusal === 'schema' ? parsed.problems : [{ pointer: '', detail: 'not strict JSON' }])
  const token = await signToken(payload, MESSAGE_TYP, signer)
  return { token, digest: messageDigest(token) }
}

export type VerifiedMessage =
  | {
      readonly ok: true
      /** The region that owns the key; equal to `iss`. */
      readonly region: RegionId
      readonly jti: string
      readonly kid: string
      readonly digest: string
      /** Parsed whole, or refused `schema` with the claims that could be read. */
      readonly claims: Exclude<ParsedClaims, { refusal: 'unverifiable' }>
    }
  | { readonly ok: false }

/**
 * Text, header, key, signature, claims, and that `iss` owns the key. Every `{ ok: false }` is the same to the outside: `unverifiable`.
 * What follows (`aud`, replay, time, agreement, schema) is `judgeClaims` and the receiver's database.
 */
export function verifyMessage(token: string | Uint8Array, lookUpKey: KeyLookUp): VerifiedMessage {
  const verified = verifyToken(token, MESSAGE_TYP, lookUpKey)
  if (!verified.ok) return { ok: false }
  const claims = parseClaims(verified.payload)
  if (!claims.ok && claims.refusal === 'unverifiable') return { ok: false }
  const { iss, jti } = claims.ok ? claims.claims : claims.known
  // A peer's key signs for that peer alone: otherwise any region could write in another's name.
  if (iss !== verified.owner.region) return { ok: false }
  return { ok: true, region: iss, jti, kid: verified.kid, digest: signingInputDigest(verified.signingInput), claims }
}

/** Verifies a batch, in order. Other work of the process has its turn every few milliseconds. */
export async function verifyMessages(tokens: readonly (string | Uint8Array)[], lookUpKey: KeyLookUp): Promise<VerifiedMessage[]> {
  const results: VerifiedMessage[] = []
  for (const [at, token] of tokens.entries()) {
    if (at > 0 && at % IN_ONE_TURN === 0) await nextTurn()
    results.push(verifyMessage(token, lookUpKey))
  }
  return results
}

/** About five milliseconds' worth. */
const IN_ONE_TURN = 20

/** The compact JWS over exactly these payload bytes. */
export async function signToken(payload: Uint8Array, typ: TokenTyp, signer: Signer): Promise<string> {
  const header = Buffer.from(JSON.stringify({ alg: ALGORITHM, kid: signer.kid, typ })).toString('base64url')
  const signingInput = `${header}.${toBase64url(payload)}`
  return `${signingInput}.${toBase64url(await signer.sign(Buffer.from(signingInput)))}`
}

/** One fixed order of members, so that the same claims always give the same bytes. `data` keeps the order it was written in. */
function inWireOrder(claims: MessageClaims): MessageClaims {
  const {
    iss,
    aud,
    jti,
    salt,
    iat,
    exp,
    procedure,
    document,
    case: caseNumber,
    agreement,
    seen,
    answers,
    from,
    to,
    purpose,
    basis,
    data,
  } = claims
  const answering = answers === undefined ? {} : { answers }
  return {
    iss,
    aud,
    jti,
    salt,
    iat,
    exp,
    procedure,
    document,
    case: caseNumber,
    agreement,
    seen,
    ...answering,
    from,
    to,
    purpose,
    basis,
    data,
  }
}
