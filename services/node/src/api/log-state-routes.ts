import { requestSuccessor, showLogState } from '@hefu/exchange'
import { z } from 'zod'
import { defineRoute, type Route } from '../http/route.ts'
import { instant } from './schemas.ts'

const tag = 'exchange-log'

const state = z
  .object({
    origin: z.string().nullable(),
    epoch: z.int().nullable(),
    size: z.int().nullable(),
    confirmed: z.boolean(),
    waiting: z.boolean(),
    pendingSeconds: z.number(),
    witnessedSeconds: z.number().nullable(),
    sealed: z.object({ at: instant, witness: z.string(), why: z.string() }).nullable(),
    steps: z.array(z.object({ zh: z.string(), en: z.string(), done: z.boolean() })),
  })
  .meta({ id: 'LogState' })

/** Whether the exchange log goes on, and what operators do when it does not. */
export function logStateRoutes(): Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/v1/exchange-log/state',
      operationId: 'read-log-state',
      tag,
      summary: { zh: '交换日志的状况；被封存时给出处理步骤', en: 'How the exchange log is; under a seal, what to do' },
      rule: ['operator', 'auditor'],
      scope: 'log-state:read',
      reads: 'no',
      answer: { statuses: [200], description: { zh: '状况', en: 'the state' }, schema: state },
      handle: async (ctx) => {
        const { steps, ...view } = await showLogState(ctx)
        return { body: { ...view, steps: [...steps] } }
      },
    }),
    defineRoute({
      method: 'POST',
      path: '/v1/exchange-log/successor',
      operationId: 'open-log-successor',
      tag,
      summary: { zh: '为被封存的交换日志开启后继日志', en: 'Open the successor of a sealed exchange log' },
      rule: ['operator'],
      scope: 'log-state:write',
      body: z.strictObject({ reason: z.string().min(1).max(500) }),
      reads: 'no',
      examples: [
        {
          title: { zh: '恢复备份之后', en: 'After a backup was restored' },
          value: { reason: '2026-11-22 从当日凌晨的备份恢复，已与各对端核对' },
        },
      ],
      answer: {
        statuses: [202],
        description: { zh: '已受理，由 sequencer 执行', en: 'decided; the sequencer carries it out' },
        schema: z.object({ origin: z.string(), epoch: z.int() }),
      },
      errors: ['conflict'],
      handle: async (ctx, { caller, body }) => ({ body: await requestSuccessor(ctx, caller, body.reason) }),
    }),
  ]
}
