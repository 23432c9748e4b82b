import { hash } from 'node:crypto'
import type { RegionId } from '@hefu/reference'
import { z } from 'zod'
import { digest, epochSeconds, jti, regionId } from './claims.ts'
import { CLOCK_TOLERANCE_SECONDS, REQUEST_TYP } from './constants.ts'
import type { KeyLookUp, Signer } from './keys.ts'
import { signToken } from './message.ts'
import { parseStrictJson } from './strict-json.ts'
import { verifyToken } from './verify-signature.ts'

/** The scheme of `Authorization` for requests between nodes that are not messages (protocol.md section 2). */
export const REQUEST_SCHEME = 'Hefu'

/** Exactly these claims: who asks whom, with which method at which address, over which body, when, once. */
export const requestClaims = z.strictObject({
  iss: regionId,
  aud: regionId,
  htm: z.enum(['GET', 'POST']),
  /** The absolute URL called, without query and fragment, as in RFC 9449 section 4.2. */
  htu: z.string().max(2048),
  /** SHA-256 of the body's bytes, base64url; of nothing where there is no body. */
  bodySha256: digest,
  iat: epochSeconds,
  jti,
})

export type RequestClaims = Readonly<z.infer<typeof requestClaims>>

export interface RequestToSign {
  readonly iss: RegionId
  readonly aud: RegionId
  readonly method: RequestClaims['htm']
  readonly url: string
  readonly body: string | Uint8Array
  readonly jti: string
  /** Epoch seconds. */
  readonly now: number
}

/** The value of the `Authorization` header. Throws ZodError on claims that no peer could read. */
export async function signRequest({ iss, aud, method, url, body, jti, now }: RequestToSign, signer: Signer): Promise<string> {
  const claims = requestClaims.parse({ iss, aud, htm: method, htu: url, bodySha256: bodyDigest(body), iat: now, jti })
  return `${REQUEST_SCHEME} ${await signToken(Buffer.from(JSON.stringify(claims)), REQUEST_TYP, signer)}`
}

export interface RequestExpectation {
  readonly lookUpKey: KeyLookUp
  /** This region: the only `aud` that counts. */
  readonly audience: RegionId
  readonly method: string
  /** Path as called, without query. */
  readonly path: string
  readonly body: Uint8Array
  /** Epoch seconds. */
  readonly now: number
}

export type VerifiedRequest = { readonly ok: true; readonly iss: RegionId; readonly jti: string } | { readonly ok: false }

/**
 * Whether the header's signature covers this very request; all failures look alike. That (`iss`, `jti`) comes once is the
 * receiver's database to say.
 *
 * Of `htu` the path is compared and not the host: a reverse proxy may rename the host, and `aud` already names the receiver, so a
 * request signed for one node cannot be played to another.
 */
export function verifyRequest(authorization: string | undefined, expected: RequestExpectation): VerifiedRequest {
  const verified = verifyToken(tokenOf(authorization), REQUEST_TYP, expected.lookUpKey)
  if (!verified.ok) return { ok: false }
  const json = parseStrictJson(verified.payload)
  const claims = json.ok ? requestClaims.safeParse(json.value).data : undefined
  if (claims === undefined || claims.iss !== verified.owner.region || claims.aud !== expected.audience) return { ok: false }
  if (claims.htm !== expected.method || pathOf(claims.htu) !== expected.path) return { ok: false }
  if (claims.bodySha256 !== bodyDigest(expected.body)) return { ok: false }
  if (Math.abs(claims.iat - expected.now) > CLOCK_TOLERANCE_SECONDS) return { ok: false }
  return { ok: true, iss: claims.iss, jti: claims.jti }
}

/** Who says that it asks: of a request that was verified, who asked. Undefined where it cannot be read. */
export function claimedIssuer(authorization: string | undefined): RegionId | undefined {
  const [, payload = ''] = tokenOf(authorization).split('.')
  const json = parseStrictJson(Buffer.from(payload, 'base64url'))
  return json.ok ? requestClaims.safeParse(json.value).data?.iss : undefined
}

/** Empty where there is none: it then fails like any other text that is no token. The scheme's case does not matter (RFC 9110 section 11.1). */
function tokenOf(authorization: string | undefined): string {
  return /^hefu ([\w.-]{1,8192})$/i.exec(authorization ?? '')?.[1] ?? ''
}

function pathOf(htu: string): string | undefined {
  if (/[?#]/.test(htu) || !URL.canParse(htu)) return undefined
  return new URL(htu).pathname
}

function bodyDigest(body: string | Uint8Array): string {
  return hash('sha256', body, 'base64url')
}
