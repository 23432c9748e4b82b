import { requestRewrap, showRewrap, showVault } from '@hefu/exchange'
import { z } from 'zod'
import { defineRoute, type Route } from '../http/route.ts'
import { idParams, instant, uuid } from './schemas.ts'

const common = { tag: 'vault', rule: ['operator'], scope: 'vault:read', reads: 'no' } as const

const vault = z
  .object({ epoch: z.int(), epochs: z.array(z.object({ epoch: z.int(), from: instant, keys: z.int() })) })
  .meta({ id: 'Vault' })

const rewrap = z
  .object({
    id: uuid,
    state: z.enum(['waiting', 'running', 'done']),
    startAt: instant,
    keys: z.object({ total: z.int().nullable(), done: z.int() }),
    finishedAt: instant.nullable(),
  })
  .meta({ id: 'Rewrap' })

/** Keys of data at rest: never a key itself. */
export function vaultRoutes(): Route[] {
  return [
    defineRoute({
      ...common,
      method: 'GET',
      path: '/v1/vault',
      operationId: 'read-vault',
      summary: { zh: '静态数据密钥的时期', en: 'The epochs of the keys of data at rest' },
      answer: {
        statuses: [200],
        description: { zh: '时期及其包裹的数据密钥数', en: 'the epochs, and how many data keys each has wrapped' },
        schema: vault,
      },
      handle: async (ctx) => {
        const { epoch, epochs } = await showVault(ctx)
        return { body: { epoch, epochs: [...epochs] } }
      },
    }),
    defineRoute({
      ...common,
      method: 'POST',
      path: '/v1/vault/rewraps',
      operationId: 'request-rewrap',
      scope: 'vault:write',
      summary: { zh: '将全部数据密钥重新包裹到当前时期', en: 'Wrap all data keys anew under the current epoch' },
      body: z.strictObject({ newEpoch: z.boolean().exactOptional() }),
      examples: [{ title: { zh: '先开始新的时期', en: 'Begin a new epoch first' }, value: { newEpoch: true } }],
      answer: { statuses: [202], description: { zh: '已受理', en: 'taken on' }, schema: z.object({ id: uuid }) },
      handle: async (ctx, { caller, body }) => ({ body: await requestRewrap(ctx, caller, { newEpoch: body.newEpoch === true }) }),
    }),
    defineRoute({
      ...common,
      method: 'GET',
      path: '/v1/vault/rewraps/{id}',
      scope: 'vault:read',
      operationId: 'read-rewrap',
      summary: { zh: '重新包裹的进度', en: 'How far a rewrap is' },
      params: idParams,
      answer: { statuses: [200], description: { zh: '进度', en: 'its progress' }, schema: rewrap },
      handle: async (ctx, { params }) => ({ body: await showRewrap(ctx, params.id) }),
    }),
  ]
}
