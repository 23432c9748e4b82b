import { fromBase64url, importPublicJwk, isEd25519Signature, parseStrictJson } from '@hefu/protocol'
import { z } from 'zod'
import type { ClientReader } from './client-reader.ts'
import type { ClientRow } from './client-store.ts'
import { CLIENT_ID, MAX_KEYS } from './parse-clients.ts'

/** Longest life of an assertion, and how far two clocks may differ. */
export const MAX_LIFE_SECONDS = 300
const TOLERANCE_SECONDS = 10
const MAX_CHARACTERS = 4_096

/** `unknown`: no such client, no such key, no good signature, no text at all; nobody is told which. The others follow a good signature. */
export type AssertionFault = 'unknown' | 'audience' | 'expired' | 'not-yet-valid' | 'lifetime' | 'claims'

export type VerifiedAssertion =
  | { readonly ok: true; readonly client: ClientRow; readonly kid: string; readonly jti: string; readonly exp: number }
  | { readonly ok: false; readonly fault: AssertionFault; readonly claimed: string }

/**
 * A client's statement of who it is (RFC 7523, private_key_jwt). The record fixes the algorithm: whatever else the header says (`none`, `HS256`
 * over the public key, `EdDSA`) is refused before a key is touched. A client that is unknown or not active costs the same work as one
 * that is, and gets the same answer. That `jti` comes once is the database's to say.
 */
export async function verifyAssertion(
  assertion: string,
  { issuer, nowMs, readClient }: { readonly issuer: string; readonly nowMs: number; readonly readClient: ClientReader },
): Promise<VerifiedAssertion> {
  const text = readText(assertion)
  if (text === undefined) return { ok: false, fault: 'unknown', claimed: '' }
  const { claimed } = text
  const client = await readClient(claimed)
  const kid = signedBy(text, client?.state === 'active' ? client : undefined)
  if (client === undefined || kid === undefined) return { ok: false, fault: 'unknown', claimed }
  const judged = judge(text.payload, issuer, nowMs / 1_000)
  return judged.ok ? { ...judged, client, kid } : { ...judged, claimed }
}

const header = z.strictObject({
  alg: z.literal('Ed25519'),
  kid: z.string().max(100).optional(),
  typ: z.enum(['JWT', 'jwt', 'client-authentication+jwt']).optional(),
})
const parties = z.object({ iss: z.string().regex(CLIENT_ID), sub: z.string() })
const claims = z.object({
  iss: z.string(),
  sub: z.string(),
  aud: z.unknown(),
  jti: z.string().min(1).max(200),
  exp: z.number(),
  iat: z.number().optional(),
  nbf: z.number().optional(),
})

interface AssertionText {
  readonly signingInput: string
  readonly signature: Uint8Array
  readonly claimed: string
  readonly kid: string | undefined
  readonly payload: unknown
}

function readText(assertion: string): AssertionText | undefined {
  const [, head = '', body = '', tail = ''] = /^([\w-]+)\.([\w-]+)\.([\w-]{86})$/.exec(assertion.slice(0, MAX_CHARACTERS + 1)) ?? []
  const [headBytes, bodyBytes, signature] = [head, body, tail].map(fromBase64url)
  if (body === '' || !headBytes || !bodyBytes || !signature || assertion.length > MAX_CHARACTERS) return undefined
  const [parsedHead, parsedBody] = [parseStrictJson(headBytes), parseStrictJson(bodyBytes)]
  if (!parsedHead.ok || !parsedBody.ok) return undefined
  const { data } = header.safeParse(parsedHead.value)
  const { data: names } = parties.safeParse(parsedBody.value)
  if (data === undefined || names === undefined || names.iss !== names.sub) return undefined
  return { claimed: names.iss, kid: data.kid, payload: parsedBody.value, signingInput: `${head}.${body}`, signature }
}

/** Signs nothing: the public key of RFC 8037 appendix A.2. */
const NOBODY = '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo'

/** Always as many verifications, whether the client is known and has one key or four, or the header names none. */
function signedBy({ kid: named, signingInput, signature }: AssertionText, client: ClientRow | undefined): string | undefined {
  const keys = (client?.keys ?? []).filter(({ kid }) => named === undefined || kid === named)
  let found: string | undefined
  for (let at = 0; at < (named === undefined ? MAX_KEYS : 1); at++) {
    const key = keys[at]
    const good = isEd25519Signature(signingInput, keyOf(key?.x ?? NOBODY), signature)
    if (good && key !== undefined) found = key.kid
  }
  return found
}

const MAX_KEPT = 1_000
const keys = new Map<string, ReturnType<typeof importPublicJwk>>()

/** The same object for the same key: its bytes are taken out but once. A pure function of its argument, so whatever is kept is right. */
function keyOf(x: string): ReturnType<typeof importPublicJwk> {
  const key = keys.get(x) ?? importPublicJwk({ kty: 'OKP', crv: 'Ed25519', x })
  if (keys.size >= MAX_KEPT) keys.clear()
  keys.set(x, key)
  return key
}

type Judged = { readonly ok: true; readonly jti: string; readonly exp: number } | { readonly ok: false; readonly fault: AssertionFault }

function judge(payload: unknown, issuer: string, now: number): Judged {
  const { data } = claims.safeParse(payload)
  if (data === undefined) return { ok: false, fault: 'claims' }
  // One audience, as text: a list could hold another server's name too, which could then use the assertion here.
  if (data.aud !== issuer) return { ok: false, fault: 'audience' }
  if (data.exp <= now - TOLERANCE_SECONDS) return { ok: false, fault: 'expired' }
  if (Math.max(data.nbf ?? 0, data.iat ?? 0) > now + TOLERANCE_SECONDS) return { ok: false, fault: 'not-yet-valid' }
  if (data.exp - (data.iat ?? now - TOLERANCE_SECONDS) > MAX_LIFE_SECONDS + TOLERANCE_SECONDS) return { ok: false, fault: 'lifetime' }
  if (data.exp > now + MAX_LIFE_SECONDS + TOLERANCE_SECONDS) return { ok: false, fault: 'lifetime' }
  return { ok: true, jti: data.jti, exp: data.exp }
}
