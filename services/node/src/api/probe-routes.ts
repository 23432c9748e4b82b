import { readiness, refreshGauges } from '@hefu/exchange'
import { z } from 'zod'
import { defineRoute, type Route } from '../http/route.ts'

const tag = 'probes'
const check = z.object({ name: z.string(), ok: z.boolean(), zh: z.string().optional(), en: z.string().optional() })

/** For the machines that watch the node; no token, no case, no name of a person. */
export function probeRoutes(): Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/livez',
      operationId: 'live',
      tag,
      summary: { zh: '进程是否存活', en: 'Is the process alive' },
      rule: 'public',
      reads: 'no',
      answer: { statuses: [200], description: { zh: '存活', en: 'alive' }, schema: z.object({ live: z.literal(true) }) },
      handle: async () => ({ body: { live: true as const } }),
    }),
    defineRoute({
      method: 'GET',
      path: '/readyz',
      operationId: 'ready',
      tag,
      summary: { zh: '节点是否就绪', en: 'Is the node ready' },
      rule: 'public',
      reads: 'no',
      answer: {
        statuses: [200, 503],
        description: { zh: '逐项检查', en: 'each check' },
        schema: z.object({ ready: z.boolean(), checks: z.array(check) }).meta({ id: 'Readiness' }),
      },
      handle: async (ctx) => {
        const { ready, checks } = await readiness(ctx)
        return { status: ready ? 200 : 503, body: { ready, checks: [...checks] } }
      },
    }),
    defineRoute({
      method: 'GET',
      path: '/metrics',
      operationId: 'metrics',
      tag,
      summary: { zh: '指标（Prometheus 文本格式）', en: 'Metrics in the Prometheus text format' },
      rule: 'public',
      reads: 'no',
      answer: {
        statuses: [200],
        description: { zh: '指标', en: 'metrics' },
        schema: z.string(),
        type: 'text/plain; version=0.0.4; charset=utf-8',
      },
      handle: async (ctx) => {
        await refreshGauges(ctx)
        return { body: await ctx.metrics.registry.metrics() }
      },
    }),
  ]
}
