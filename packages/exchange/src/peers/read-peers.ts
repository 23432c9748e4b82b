import { regionById } from '@hefu/protocol'
import type { RegionId } from '@hefu/reference'
import type { Caller, Context } from '../context.ts'
import { HefuError } from '../errors.ts'
import { logAdminChange } from '../log/log-admin-change.ts'
import { countOutboxOf } from '../outbox/delivery-store.ts'
import { circuitThreshold } from '../outbox/retry-delay.ts'
import { tellQueue } from '../tell-queue.ts'
import { readPeerRow, setPeerPaused } from './peer-store.ts'

type PeerContext = Pick<Context, 'region' | 'db' | 'federation' | 'now'>

export type PeerView = Awaited<ReturnType<typeof readPeer>>

export async function listPeers(ctx: PeerContext): Promise<PeerView[]> {
  const regions = ctx.federation.regions.map((r) => r.region).filter((region) => region !== ctx.region)
  return await Promise.all(regions.map((region) => readPeer(ctx, region)))
}

export async function readPeer(ctx: PeerContext, region: string) {
  const known = regionById(ctx.federation, region as RegionId)
  if (!known || region === ctx.region) throw new HefuError('not-found')
  const row = await readPeerRow(ctx.db, region)
  const { pending, oldest, refused } = await countOutboxOf(ctx.db, region)
  return {
    region: known.region,
    name: known.name,
    exchangeUrl: known.exchangeUrl,
    keys: known.keys.map(({ kid }) => ({ kid })),
    paused: row?.paused ?? false,
    pausedBy: row?.paused_by ?? null,
    pausedAt: row?.paused_at?.toISOString() ?? null,
    circuit: row && row.failures >= circuitThreshold ? ('open' as const) : ('closed' as const),
    openUntil: row?.open_until?.toISOString() ?? null,
    lastSuccessAt: row?.last_success_at?.toISOString() ?? null,
    lastFailureAt: row?.last_failure_at?.toISOString() ?? null,
    lastFailure: row?.last_failure ?? null,
    outbox: {
      pending,
      refused,
      oldestSeconds: oldest ? Math.max(0, Math.floor((ctx.now() - oldest.getTime()) / 1000)) : null,
    },
  }
}

/** Nothing is sent to a paused peer; what it sends is accepted as ever. */
export async function pausePeer(ctx: PeerContext, caller: Caller, region: string): Promise<PeerView> {
  return await setPaused(ctx, caller, region, true)
}

export async function resumePeer(ctx: PeerContext & Pick<Context, 'queue' | 'log'>, caller: Caller, region: string): Promise<PeerView> {
  const peer = await setPaused(ctx, caller, region, false)
  await tellQueue(ctx, { name: 'deliver', peer: region })
  return peer
}

async function setPaused(ctx: PeerContext, caller: Caller, region: string, paused: boolean): Promise<PeerView> {
  await readPeer(ctx, region)
  const columns = { paused, paused_by: paused ? caller.client : null, paused_at: paused ? new Date(ctx.now()) : null }
  await ctx.db.transaction().execute(async (tx) => {
    await setPeerPaused(tx, region, columns)
    await logAdminChange(tx, ctx, caller, { action: paused ? 'peer.paused' : 'peer.resumed', subject: region })
  })
  return await readPeer(ctx, region)
}
