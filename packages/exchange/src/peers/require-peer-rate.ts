import type { Context } from '../context.ts'
import { HefuError } from '../errors.ts'

/** Counts a request whose signature is this peer's. Throws HefuError `too-many-requests`; the peer comes back with the same. */
export function requirePeerRate({ peerRates }: Pick<Context, 'peerRates'>, peer: string): void {
  const { allowed, seconds } = peerRates.take(peer)
  if (!allowed) throw new HefuError('too-many-requests', { retryAfterSeconds: seconds })
}
