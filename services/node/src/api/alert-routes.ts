import { acknowledgeAlert, listAlerts } from '@hefu/exchange'
import { z } from 'zod'
import { defineList } from '../http/list-route.ts'
import { queryBoolean } from '../http/paging.ts'
import { defineRoute, type Route } from '../http/route.ts'
import { digest, idParams, instant, region, uuid } from './schemas.ts'

/** Which of these there are depends on the kind. */
const detail = z.object({
  digests: z.array(digest).exactOptional(),
  digest: digest.exactOptional(),
  iss: region.exactOptional(),
  reason: z.string().exactOptional(),
  why: z.string().exactOptional(),
  cause: z.string().exactOptional(),
  error: z.string().exactOptional(),
  messages: z.int().exactOptional(),
  bytes: z.int().exactOptional(),
  deferrals: z.int().exactOptional(),
  secondsOff: z.int().exactOptional(),
  refusals: z.int().exactOptional(),
  epoch: z.int().exactOptional(),
  keys: z.int().exactOptional(),
  origin: z.string().exactOptional(),
  witness: z.string().exactOptional(),
  shown: z.string().exactOptional(),
  cosigned: z.string().nullable().exactOptional(),
  path: z.array(z.string()).exactOptional(),
  cosignedSize: z.int().exactOptional(),
  recordedSize: z.int().exactOptional(),
  evidence: z.record(z.string(), z.union([z.string(), z.int()]).nullable()).exactOptional(),
  due: instant.exactOptional(),
  receipt: z.string().nullable().exactOptional(),
  checkpoint: z.string().nullable().exactOptional(),
  missing: z.array(z.object({ jti: uuid, digest, status: z.string() })).exactOptional(),
})

const alert = z
  .object({
    id: z.string(),
    at: instant,
    kind: z.string(),
    peer: region.nullable(),
    caseNumber: z.string().nullable(),
    jti: z.string().nullable(),
    detail,
    acknowledgedAt: instant.nullable(),
    acknowledgedBy: z.string().nullable(),
  })
  .meta({ id: 'Alert' })

const common = { tag: 'alerts', rule: ['operator'], scope: 'alerts:read' } as const

export function alertRoutes(): Route[] {
  return [
    defineList({
      ...common,
      path: '/v1/alerts',
      operationId: 'list-alerts',
      reads: 'no',
      summary: { zh: '列出告警', en: 'List alerts' },
      description: { zh: '告警，新的在前', en: 'alerts, newest first' },
      filter: { open: queryBoolean.optional() },
      item: alert,
      after: uuid,
      read: async (ctx, { query: { open } }, page) => await listAlerts(ctx, { ...(open && { open: open === 'true' }), ...page }),
      show: (item) => item,
    }),
    defineRoute({
      ...common,
      method: 'POST',
      scope: 'alerts:write',
      path: '/v1/alerts/{id}/acknowledge',
      operationId: 'acknowledge-alert',
      reads: 'no',
      summary: { zh: '确认告警', en: 'Acknowledge an alert' },
      params: idParams,
      answer: { statuses: [204], description: { zh: '已确认', en: 'acknowledged' } },
      handle: async (ctx, { caller, params }) => {
        await acknowledgeAlert(ctx, caller, params.id)
        return {}
      },
    }),
  ]
}
