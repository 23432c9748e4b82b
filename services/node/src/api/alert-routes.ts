import { acknowledgeAlert, listAlerts } from '@hefu/exchange'
import { z } from 'zod'
import { linkHeader, pageOf, pageQuery, queryBoolean } from '../http/paging.ts'
import { defineRoute, type Route } from '../http/route.ts'
import { idParams, instant, region, uuid } from './schemas.ts'

const alert = z
  .object({
    id: z.string(),
    at: instant,
    kind: z.string(),
    peer: region.nullable(),
    caseNumber: z.string().nullable(),
    jti: z.string().nullable(),
    detail: z.record(z.string(), z.unknown()),
    acknowledgedAt: instant.nullable(),
    acknowledgedBy: z.string().nullable(),
  })
  .meta({ id: 'Alert' })

const common = { tag: 'alerts', rule: ['operator'] } as const

export function alertRoutes(): Route[] {
  return [
    defineRoute({
      ...common,
      method: 'GET',
      path: '/v1/alerts',
      operationId: 'list-alerts',
      summary: { zh: '列出告警', en: 'List alerts' },
      query: z.strictObject({ open: queryBoolean.optional(), ...pageQuery }),
      reads: 'no',
      answer: {
        statuses: [200],
        description: { zh: '告警，新的在前', en: 'alerts, newest first' },
        schema: z.object({ items: z.array(alert) }),
        headers: linkHeader,
      },
      errors: ['cursor-invalid'],
      handle: async (ctx, request) =>
        await pageOf(
          request,
          uuid,
          async (page) => await listAlerts(ctx, { open: request.query.open === 'true', ...page }),
          (item) => ({ ...item, detail: { ...item.detail } }),
        ),
    }),
    defineRoute({
      ...common,
      method: 'POST',
      path: '/v1/alerts/{id}/acknowledge',
      operationId: 'acknowledge-alert',
      summary: { zh: '确认告警', en: 'Acknowledge an alert' },
      params: idParams,
      reads: 'no',
      answer: { statuses: [204], description: { zh: '已确认', en: 'acknowledged' } },
      handle: async (ctx, { caller, params }) => {
        await acknowledgeAlert(ctx, caller, params.id)
        return {}
      },
    }),
  ]
}
