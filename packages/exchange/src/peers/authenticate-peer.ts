import { keyOwnerAt, verifyRequest } from '@hefu/protocol'
import type { RegionId } from '@hefu/reference'
import type { Context } from '../context.ts'
import { HefuError } from '../errors.ts'
import { rememberRequest } from '../reconcile/request-store.ts'
import { requirePeerRate } from './require-peer-rate.ts'

/** A request of a peer that is not a message (protocol.md section 2). */
export interface SignedRequest {
  /** The header as it came. */
  readonly authorization: string | undefined
  readonly method: 'GET' | 'POST'
  /** Path as called, without query. */
  readonly path: string
  readonly body: Buffer
}

/**
 * Which peer asks. Keys of peers only: this node asks itself nothing. A request that was heard once is not answered again, and every way
 * to fail looks the same. Throws HefuError `unauthenticated`, `too-many-requests`.
 */
export async function authenticatePeer(
  ctx: Pick<Context, 'region' | 'federation' | 'db' | 'now' | 'peerRates'>,
  { authorization, method, path, body }: SignedRequest,
): Promise<RegionId> {
  const now = Math.floor(ctx.now() / 1000)
  const lookUpKey = (kid: string) => {
    const owner = keyOwnerAt(ctx.federation, kid, now)
    return owner?.region === ctx.region ? undefined : owner
  }
  const verified = verifyRequest(authorization, { lookUpKey, audience: ctx.region, method, path, body, now })
  if (verified.ok) requirePeerRate(ctx, verified.iss)
  if (!verified.ok || !(await rememberRequest(ctx, verified))) throw new HefuError('unauthenticated')
  return verified.iss
}
