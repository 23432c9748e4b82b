import { showReads } from '@hefu/exchange'
import { z } from 'zod'
import { linkHeader } from '../http/paging.ts'
import { defineRoute, type Route } from '../http/route.ts'
import { caseNumber, digest, filterInstant, instant, region, regionCode } from './schemas.ts'

const read = z
  .object({
    region,
    at: instant,
    client: z.string(),
    role: z.string(),
    actor: z.string().optional(),
    what: z.string(),
    cases: z.array(caseNumber).optional(),
    count: z.int().optional(),
    digest: digest.optional(),
    purpose: z.string().optional(),
    affair: z.string().optional(),
    owner: region.optional(),
    owners: z.array(region).optional(),
  })
  .meta({ id: 'Read' })
const source = z
  .object({ region, status: z.enum(['own', 'proven', 'unproven', 'none-claimed', 'away', 'no-log']), more: z.boolean() })
  .meta({ id: 'ReadsSource' })

const MONTH_MS = 30 * 86_400_000

/** Who read our data: here, and at the peers, proven by their logs. */
export function readsRoutes(): Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/v1/exchange-log/reads',
      operationId: 'list-reads',
      tag: 'exchange-log',
      summary: { zh: '谁读取过本区域的数据（含对端，由其日志证明）', en: "Who read this region's data, at peers too, as their logs prove" },
      rule: ['officer', 'auditor'],
      scope: 'reads:read',
      query: z.strictObject({ owner: regionCode, from: filterInstant.optional(), to: filterInstant.optional() }),
      reads: () => ({}),
      answer: {
        statuses: [200],
        description: {
          zh: '读取记录，新的在前（缺省为最近 30 天），一页中每个区域至多 200 条，更早的见 Link；sources 说明各区域的答复',
          en: 'reads, newest first (the last 30 days unless said), of each region at most 200 on a page, the older ones by Link; sources say how each region answered',
        },
        schema: z.object({ items: z.array(read), sources: z.array(source) }),
        headers: linkHeader,
      },
      errors: ['not-found'],
      handle: async (ctx, { query: { owner, from, to } }) => {
        const end = to === undefined ? new Date(ctx.now()) : new Date(to)
        const start = from === undefined ? new Date(end.getTime() - MONTH_MS) : new Date(from)
        const { olderTo, ...body } = await showReads(ctx, owner, { from: start, to: end })
        const older = olderTo && olderTo >= start && new URLSearchParams({ owner, from: start.toISOString(), to: olderTo.toISOString() })
        return { body, ...(older && { headers: { link: `</v1/exchange-log/reads?${older}>; rel="next"` } }) }
      },
    }),
  ]
}
