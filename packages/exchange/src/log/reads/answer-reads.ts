import { type LogEntry, parseLogEntry } from '@hefu/protocol'
import type { Context } from '../../context.ts'
import { authenticatePeer, type SignedRequest } from '../../peers/authenticate-peer.ts'
import { type EntryProof, proveAll } from '../answer-proof.ts'
import { requireConfirmedLog } from '../require-log.ts'
import { findReads, type ReadsPeriod } from './reads-store.ts'

/** Newest reads that one answer shows; whoever wants older ones asks for a period that ends earlier. */
export const MAX_READS = 200

export type ReadEntry = Extract<LogEntry, { kind: 'access.read' }>

/** A read of this region's data, as an entry says it; undefined for any other entry. */
export function readOf(owner: string, said: LogEntry): ReadEntry | undefined {
  return said.kind === 'access.read' && (said.owner === owner || said.owners?.includes(owner) === true) ? said : undefined
}

export interface ReadsAnswer {
  readonly reads: EntryProof[]
  /** There are older ones in the period. */
  readonly more: boolean
}

/**
 * Proves to a peer who read its data here. What no quorum has witnessed yet comes with the next question. Throws HefuError: unauthenticated,
 * log-unavailable, log-sealed.
 */
export async function answerReads(
  ctx: Pick<Context, 'region' | 'federation' | 'db' | 'now' | 'log' | 'metrics' | 'logState' | 'peerRates'>,
  request: Pick<SignedRequest, 'authorization' | 'path'>,
  period: ReadsPeriod,
): Promise<ReadsAnswer> {
  await requireConfirmedLog(ctx)
  const peer = await authenticatePeer(ctx, { ...request, method: 'GET', body: Buffer.alloc(0) })
  const found = await findReads(ctx.db, peer, period, MAX_READS + 1)
  const own = found.slice(0, MAX_READS).filter(({ entry }) => {
    const parsed = parseLogEntry(Buffer.from(entry))
    return parsed.ok && readOf(peer, parsed.entry) !== undefined
  })
  return { reads: await proveAll(ctx, own), more: found.length > MAX_READS }
}
