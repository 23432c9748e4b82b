import type { Caller, Context } from '../context.ts'

/** A caller as a token and its client's row tell, still without the person behind the call. */
export type Authenticated = Omit<Caller, 'actor'>

/**
 * Who bears this access token, or null. The token alone says only what was true when it was issued: the client's row is asked each time, so
 * that a revoked client, key or scope is gone at once.
 */
export async function findCaller({ access, now }: Pick<Context, 'access' | 'now'>, token: string): Promise<Authenticated | null> {
  const claims = await access.verifyToken(token)
  if (claims === null || claims.iss !== access.issuer || claims.aud !== access.issuer) return null
  if (claims.exp * 1_000 <= now()) return null
  const row = await access.readClient(claims.sub)
  if (row?.state !== 'active' || !row.keys.some(({ kid }) => kid === claims.client_key)) return null
  const held = new Set(row.scopes)
  const scopes = new Set(claims.scope.split(' ').filter((scope) => held.has(scope)))
  return { client: row.client, role: row.role, agency: row.agency, scopes }
}
