import { randomUUID } from 'node:crypto'
import { ACCESS_TOKEN_TYP, importPublicJwk, type PublicJwk, parseStrictJson, type Signer, signToken, verifyToken } from '@hefu/protocol'
import type { RegionId } from '@hefu/reference'
import { z } from 'zod'

/** An access token after RFC 9068, for this node alone. `client_key`: with which of its keys the client asked; without that key it is void. */
const accessClaims = z.strictObject({
  iss: z.string(),
  aud: z.string(),
  sub: z.string(),
  client_id: z.string(),
  client_key: z.string(),
  scope: z.string(),
  iat: z.int(),
  exp: z.int(),
  jti: z.string(),
})

export type AccessClaims = Readonly<z.infer<typeof accessClaims>>

export interface TokenToSign {
  readonly issuer: string
  readonly client: string
  readonly key: string
  readonly scopes: readonly string[]
  /** Epoch seconds. */
  readonly now: number
  readonly seconds: number
}

export async function signAccessToken({ issuer, client, key, scopes, now, seconds }: TokenToSign, signer: Signer): Promise<string> {
  const claims: AccessClaims = {
    iss: issuer,
    aud: issuer,
    sub: client,
    client_id: client,
    client_key: key,
    scope: scopes.join(' '),
    iat: now,
    exp: now + seconds,
    jti: randomUUID(),
  }
  return await signToken(Buffer.from(JSON.stringify(claims)), ACCESS_TOKEN_TYP, signer)
}

const MAX_REMEMBERED = 1_000

export type TokenVerifier = (token: string) => Promise<AccessClaims | null>

/**
 * What a token of one of this node's own keys says, or null. Whether it is still in time, and its client still active, is asked each time and not here:
 * so the verdict on a text never changes and is remembered, of some thousand tokens.
 */
export function tokenVerifier(jwks: readonly PublicJwk[]): TokenVerifier {
  const owners = new Map(jwks.map((jwk) => [jwk.kid, { region: '' as RegionId, key: importPublicJwk(jwk) }]))
  const verdicts = new Map<string, AccessClaims>()
  return async (token) => {
    const known = verdicts.get(token)
    if (known !== undefined) return known
    const verified = await verifyToken(token, ACCESS_TOKEN_TYP, (kid) => owners.get(kid))
    const json = verified.ok ? parseStrictJson(verified.payload) : undefined
    const claims = json?.ok ? accessClaims.safeParse(json.value).data : undefined
    if (claims === undefined) return null
    if (verdicts.size >= MAX_REMEMBERED) verdicts.clear()
    verdicts.set(token, claims)
    return claims
  }
}
