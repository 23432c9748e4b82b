import { listPeers, pausePeer, readPeer, resumePeer } from '@hefu/exchange'
import { parseRegionId } from '@hefu/reference'
import { z } from 'zod'
import { defineRoute, type Route } from '../http/route.ts'
import { instant, region, text } from './schemas.ts'

const peer = z
  .object({
    region,
    name: text,
    exchangeUrl: z.string(),
    keys: z.array(z.object({ kid: z.string() })),
    paused: z.boolean(),
    pausedBy: z.string().nullable(),
    pausedAt: instant.nullable(),
    circuit: z.enum(['closed', 'open']),
    openUntil: instant.nullable(),
    lastSuccessAt: instant.nullable(),
    lastFailureAt: instant.nullable(),
    lastFailure: z.string().nullable(),
    outbox: z.object({ pending: z.int(), refused: z.int(), oldestSeconds: z.number().nullable() }),
  })
  .meta({ id: 'Peer' })

const common = { tag: 'peers', rule: ['operator'], scope: 'peers:read' } as const
const params = z.strictObject({
  region: z
    .string()
    .refine((value) => parseRegionId(value).ok)
    .meta({ pattern: '^\\d{6}$' }),
})
const onePeer = { statuses: [200] as const, description: { zh: '对端节点', en: 'the peer' }, schema: peer }

export function peerRoutes(): Route[] {
  return [
    defineRoute({
      ...common,
      method: 'GET',
      path: '/v1/peers',
      operationId: 'list-peers',
      summary: { zh: '列出对端节点及其状况', en: 'List peers and how they are' },
      reads: 'no',
      answer: { statuses: [200], description: { zh: '对端节点', en: 'peers' }, schema: z.object({ items: z.array(peer) }) },
      handle: async (ctx) => ({ body: { items: await listPeers(ctx) } }),
    }),
    defineRoute({
      ...common,
      method: 'GET',
      path: '/v1/peers/{region}',
      operationId: 'read-peer',
      summary: { zh: '读取对端节点', en: 'Read a peer' },
      params,
      reads: 'no',
      answer: onePeer,
      handle: async (ctx, { params: at }) => ({ body: await readPeer(ctx, at.region) }),
    }),
    defineRoute({
      ...common,
      method: 'POST',
      scope: 'peers:write',
      path: '/v1/peers/{region}/pause',
      operationId: 'pause-peer',
      summary: { zh: '暂停向对端送达', en: 'Pause deliveries to a peer' },
      params,
      reads: 'no',
      answer: onePeer,
      handle: async (ctx, { caller, params: at }) => ({ body: await pausePeer(ctx, caller, at.region) }),
    }),
    defineRoute({
      ...common,
      method: 'POST',
      scope: 'peers:write',
      path: '/v1/peers/{region}/resume',
      operationId: 'resume-peer',
      summary: { zh: '恢复向对端送达', en: 'Resume deliveries to a peer' },
      params,
      reads: 'no',
      answer: onePeer,
      handle: async (ctx, { caller, params: at }) => ({ body: await resumePeer(ctx, caller, at.region) }),
    }),
  ]
}
