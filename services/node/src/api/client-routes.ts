import {
  approveClient,
  askForClient,
  askForKey,
  askForScopes,
  CLIENT_ID,
  type ClientView,
  declineClient,
  listClients,
  MAX_KEYS,
  publicKey,
  readClient,
  removeKey,
  revokeClient,
  scopeTable,
} from '@hefu/exchange'
import { z } from 'zod'
import { defineList } from '../http/list-route.ts'
import { type Answer, defineRoute, type Route } from '../http/route.ts'
import { quoted } from './case-schemas.ts'
import { instant, text } from './schemas.ts'

const role = z.enum(['officer', 'operator', 'security', 'auditor'])
const key = z.object({ kid: z.string(), x: z.string() })
const client = z
  .object({
    client: z.string(),
    role,
    agency: z.string().nullable(),
    state: z.enum(['pending', 'active', 'revoked']),
    scopes: z.array(z.string()),
    keys: z.array(key),
    asked: z
      .object({ scopes: z.array(z.string()).exactOptional(), keys: z.array(key).exactOptional(), by: z.string(), at: instant })
      .nullable(),
    createdAt: instant,
    createdBy: z.string(),
    approvedBy: z.string().nullable(),
    revokedAt: instant.nullable(),
    revokedBy: z.string().nullable(),
  })
  .meta({ id: 'Client' })

const clientId = z.string().regex(CLIENT_ID)
const scopes = z.array(z.string().max(100)).max(100)
const publicJwk = publicKey.meta({
  id: 'ClientPublicKey',
  shownAs: {
    type: 'object',
    description: 'a public Ed25519 key as `hefu keygen --json` prints it; kid: its RFC 7638 thumbprint',
    properties: { kty: { const: 'OKP' }, crv: { const: 'Ed25519' }, x: { type: 'string' }, kid: { type: 'string' } },
    required: ['kty', 'crv', 'x', 'kid'],
    additionalProperties: false,
  },
})

const params = z.strictObject({ client: clientId })
const common = { tag: 'clients', rule: ['security'], scope: 'clients:read', reads: 'no' } as const
const change = { ...common, scope: 'clients:write' } as const
const etagHeader = { ETag: { zh: '客户端的版本；批准时用于 If-Match', en: 'version of the client; approving needs it in If-Match' } }
const oneClient = { statuses: [200] as const, description: { zh: '客户端', en: 'the client' }, schema: client, headers: etagHeader }

function show({ etag, ...view }: ClientView) {
  const { asked, scopes, keys } = view
  const waiting = asked && { ...asked, ...(asked.scopes && { scopes: [...asked.scopes] }), ...(asked.keys && { keys: [...asked.keys] }) }
  return { ...view, scopes: [...scopes], keys: [...keys], asked: waiting } as z.infer<typeof client>
}

function answer(view: ClientView): Answer<z.infer<typeof client>> {
  return { body: show(view), headers: { etag: quoted(view.etag) } }
}

/** The public key of RFC 8037 appendix A.2. */
const exampleKey = {
  kty: 'OKP',
  crv: 'Ed25519',
  x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
  kid: 'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k',
} as const
const exampleScopes = ['violation-notice:read', 'violation-notice:write']
const exampleClient = { client: 'inspection-desk', role: 'officer', agency: '510104-0001', scopes: exampleScopes, keys: [exampleKey] }

/** Who may call this node. Four eyes: what gives waits for another administrator, what takes away acts at once. */
export function clientRoutes(): Route[] {
  return [
    defineList({
      ...common,
      path: '/v1/clients',
      operationId: 'list-clients',
      summary: { zh: '列出客户端', en: 'List clients' },
      description: { zh: '客户端，按编号排列', en: 'clients by id' },
      item: client,
      after: clientId,
      read: async (ctx, _, page) => await listClients(ctx, page),
      show,
    }),
    defineRoute({
      ...change,
      method: 'POST',
      path: '/v1/clients',
      operationId: 'ask-for-client',
      summary: { zh: '登记客户端（待另一名管理员批准）', en: 'Enrol a client; another administrator approves' },
      body: z
        .strictObject({
          client: clientId,
          role,
          agency: z.string().max(20).optional(),
          scopes,
          keys: z.array(publicJwk).min(1).max(MAX_KEYS),
        })
        .meta({ id: 'NewClient' }),
      examples: [{ title: { zh: '区县监察系统', en: "A county inspectorate's system" }, value: exampleClient }],
      idempotent: true,
      answer: {
        ...oneClient,
        statuses: [201],
        headers: { ...etagHeader, Location: { zh: '客户端的地址', en: 'address of the client' } },
      },
      errors: ['conflict'],
      handle: async (ctx, { caller, body, idempotencyKey, fingerprint }) => {
        const given = answer(await askForClient(ctx, caller, body, { idempotencyKey, fingerprint }))
        return { ...given, headers: { ...given.headers, location: `/v1/clients/${body.client}` } }
      },
    }),
    defineRoute({
      ...common,
      method: 'GET',
      path: '/v1/clients/scopes',
      operationId: 'list-scopes',
      summary: { zh: '列出权限范围，以及哪些角色可以拥有', en: 'List scopes, and which roles may have them' },
      answer: {
        statuses: [200],
        description: { zh: '全部权限范围', en: 'all scopes' },
        schema: z.object({ items: z.array(z.object({ scope: z.string(), roles: z.array(role), title: text })) }),
      },
      handle: async ({ procedures }) => ({
        body: { items: scopeTable(procedures).map((one) => ({ ...one, roles: [...one.roles] })) },
      }),
    }),
    defineRoute({
      ...common,
      method: 'GET',
      path: '/v1/clients/{client}',
      operationId: 'read-client',
      summary: { zh: '读取客户端', en: 'Read a client' },
      params,
      answer: oneClient,
      handle: async (ctx, { params: at }) => answer(await readClient(ctx, at.client)),
    }),
    defineRoute({
      ...change,
      method: 'PUT',
      path: '/v1/clients/{client}/scopes',
      operationId: 'set-client-scopes',
      summary: { zh: '设定权限范围：收窄立即生效，扩大待批准', en: 'Set scopes: narrowing acts at once, widening waits' },
      params,
      body: z.strictObject({ scopes }).meta({ id: 'ClientScopes' }),
      examples: [{ title: { zh: '只查看', en: 'Reading only' }, value: { scopes: ['violation-notice:read'] } }],
      answer: oneClient,
      errors: ['conflict'],
      handle: async (ctx, { caller, params: at, body }) => answer(await askForScopes(ctx, caller, at.client, body.scopes)),
    }),
    defineRoute({
      ...change,
      method: 'POST',
      path: '/v1/clients/{client}/keys',
      operationId: 'ask-for-client-key',
      summary: { zh: '添加公钥（待批准），用于轮换', en: 'Add a public key, to rotate; another administrator approves' },
      params,
      body: z.strictObject({ key: publicJwk }).meta({ id: 'NewClientKey' }),
      examples: [{ title: { zh: '新公钥', en: 'A new public key' }, value: { key: exampleKey } }],
      answer: oneClient,
      errors: ['conflict'],
      handle: async (ctx, { caller, params: at, body }) => answer(await askForKey(ctx, caller, at.client, body.key)),
    }),
    defineRoute({
      ...change,
      method: 'DELETE',
      path: '/v1/clients/{client}/keys/{kid}',
      operationId: 'remove-client-key',
      summary: { zh: '移除公钥，立即生效', en: 'Remove a public key, at once' },
      params: z.strictObject({ client: clientId, kid: z.string().regex(/^[A-Za-z0-9_-]{43}$/) }),
      answer: oneClient,
      errors: ['conflict'],
      handle: async (ctx, { caller, params: at }) => answer(await removeKey(ctx, caller, at.client, at.kid)),
    }),
    defineRoute({
      ...change,
      method: 'POST',
      path: '/v1/clients/{client}/approve',
      operationId: 'approve-client',
      summary: { zh: '批准另一名管理员的请求', en: "Approve another administrator's request" },
      params,
      ifMatch: true,
      answer: oneClient,
      errors: ['four-eyes', 'conflict'],
      handle: async (ctx, { caller, params: at, ifMatch }) => answer(await approveClient(ctx, caller, at.client, ifMatch)),
    }),
    defineRoute({
      ...change,
      method: 'POST',
      path: '/v1/clients/{client}/decline',
      operationId: 'decline-client',
      summary: { zh: '退回等待批准的请求', en: 'Decline what waits for approval' },
      params,
      answer: oneClient,
      errors: ['conflict'],
      handle: async (ctx, { caller, params: at }) => answer(await declineClient(ctx, caller, at.client)),
    }),
    defineRoute({
      ...change,
      method: 'POST',
      path: '/v1/clients/{client}/revoke',
      operationId: 'revoke-client',
      summary: { zh: '吊销客户端，立即生效且不可恢复', en: 'Revoke a client, at once and for ever' },
      params,
      answer: oneClient,
      errors: ['conflict'],
      handle: async (ctx, { caller, params: at }) => answer(await revokeClient(ctx, caller, at.client)),
    }),
  ]
}
