import { scopesOfRole } from '@hefu/exchange'
import { procedures } from '@hefu/procedures'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { requestToken } from '../../../packages/testkit/src/clients/enrol-clients.ts'
import { guardApi } from '../src/http/authenticate.ts'
import { openApp } from '../src/http/open-app.ts'
import { call, startPair, type TestPair } from './node-pair.ts'

type Role = 'officer' | 'operator' | 'security' | 'auditor'
interface Operation {
  readonly method: string
  readonly path: string
  readonly roles: readonly Role[] | undefined
  readonly scope: string | undefined
  readonly security: readonly unknown[]
}

let pair: TestPair
let operations: Operation[]
beforeAll(async () => {
  pair = await startPair()
  const { body } = await call(pair.chengdu, '/docs/json', { as: null })
  operations = Object.entries(body.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      method: method.toUpperCase(),
      path,
      roles: operation['x-hefu-roles'],
      scope: operation['x-hefu-scope'],
      security: operation.security,
    })),
  )
})
afterAll(async () => await pair[Symbol.asyncDispose]())

/** All scopes of the role but this one; of any procedure's, none of those. */
async function tokenWithout(role: Role, scope: string): Promise<string> {
  const { api, clients, now } = pair.chengdu.place
  const all = scopesOfRole(procedures, role)
  const [, action] = /^\{procedure\}:(\w+)$/.exec(scope) ?? []
  const lost = action === undefined ? [scope] : procedures.map(({ name }) => `${name}:${action}`)
  const key = `${role} ${scope}`
  const known = narrow.get(key)
  if (known !== undefined) return known
  const { id, keyFile } = clients[role]
  const scopes = all.filter((one) => !lost.includes(one))
  const { token } = await requestToken({ api, client: id, key: keyFile, scopes, nowMs: now() })
  narrow.set(key, token)
  return token
}
const narrow = new Map<string, string>()

/** Well-formed values: a malformed number must not be what refuses. */
function addressOf(path: string): string {
  return path
    .replace('{caseNumber}', '510100-VN-20261122-7K3F9QX6')
    .replace('{region}', '500000')
    .replace('{digest}', 'A'.repeat(43))
    .replace('{index}', '0')
    .replace('/tiles/{tile}', '/tiles/0/000.p/1')
    .replace('/bundles/{tile}', '/bundles/000.p/1')
    .replace('{client}', 'nobody')
    .replace('{kid}', 'A'.repeat(43))
    .replace('{id}', '019aa000-0000-7000-8000-000000000000')
}

/** The rule of each part of the API, written down a second time. */
function expectedRoles({ method, path }: Operation): readonly Role[] {
  if (/^\/v1\/(peers|deliveries|alerts|reconciliations|vault)(\/|$)/.test(path)) return ['operator']
  if (path === '/v1/agreements') return ['officer', 'security']
  if (path === '/v1/exchange-log/reads') return ['officer', 'auditor']
  if (path === '/v1/exchange-log/state') return ['operator', 'auditor']
  if (path === '/v1/exchange-log/successor') return ['operator']
  if (/^\/v1\/clients(\/|$)/.test(path)) return ['security']
  if (/^\/v1\/(receipts|exchange-log)(\/|$)/.test(path)) return ['auditor']
  if (/^\/v1\/cases/.test(path) && method === 'GET' && !path.includes('/documents/{id}')) return ['officer', 'auditor']
  return ['officer']
}

/** The scope of each part of the API, written down a second time: reading and writing are never the same one. */
function expectedScope({ method, path }: Operation): string {
  const action = method === 'GET' ? 'read' : 'write'
  // Beside the procedure's own scope, which the case decides.
  if (/^\/v1\/cases\/.*\/erasure$/.test(path)) return 'erasure:order'
  if (/^\/v1\/cases\/.*\/recall$/.test(path)) return 'documents:recall'
  if (/^\/v1\/(cases|tasks)(\/|$)/.test(path)) return `{procedure}:${action}`
  if (/^\/v1\/imports(\/|$)/.test(path)) return 'imports'
  if (path === '/v1/subject-access') return 'subject:access'
  if (path.endsWith('/documents/{id}/recall')) return 'documents:recall'
  if (path === '/v1/cases/{caseNumber}/erasure') return 'erasure:order'
  if (path === '/v1/exchange-log/reads') return 'reads:read'
  if (/^\/v1\/exchange-log\/(state|successor)$/.test(path)) return `log-state:${action}`
  const [, , part = ''] = path.split('/')
  return `${part.replace(/^(violation-notice|insurance-transfer|certificate-recognition)s$/, '$1')}:${action}`
}

describe('every operation of /docs/json', () => {
  const underV1 = () => operations.filter(({ path }) => path.startsWith('/v1'))

  it('has the rule that its part of the API has', () => {
    expect(underV1().length).toBeGreaterThan(50)
    for (const operation of underV1()) expect([operation.path, operation.roles]).toEqual([operation.path, expectedRoles(operation)])
  })

  it('has the scope that its part of the API has', () => {
    for (const operation of underV1()) {
      const { method, path, scope } = operation
      expect([method, path, scope]).toEqual([method, path, expectedScope(operation)])
    }
  })

  it('answers nothing without a token or with a wrong one', async () => {
    for (const { method, path } of underV1()) {
      for (const headers of [
        {},
        { authorization: 'Bearer wrong' },
        { authorization: 'Basic b2ZmaWNlcjo=' },
        { authorization: 'Bearer ' },
      ]) {
        const reply = await call(pair.chengdu, addressOf(path), { as: null, method, headers })
        expect([method, path, reply.status, reply.body.code]).toEqual([method, path, 401, 'unauthenticated'])
        const invalid = headers.authorization === 'Bearer wrong' ? ', error="invalid_token"' : ''
        expect(reply.headers.get('www-authenticate')).toBe(`Bearer realm="hefu"${invalid}`)
        expect(reply.headers.get('content-type')).toBe('application/problem+json')
      }
    }
  })

  it('refuses each other role and names the rule', async () => {
    for (const { method, path, roles } of underV1()) {
      for (const as of (['officer', 'operator', 'security', 'auditor'] as const).filter((role) => !roles?.includes(role))) {
        const reply = await call(pair.chengdu, addressOf(path), { as, method, headers: { 'accept-language': 'en' } })
        expect([method, path, as, reply.status, reply.body.code]).toEqual([method, path, as, 403, 'role-not-allowed'])
        for (const role of roles ?? []) expect(reply.body.detail).toContain(role)
      }
    }
  })

  it('refuses a token without its scope and names the scope', async () => {
    for (const { method, path, roles, scope = '' } of underV1()) {
      for (const role of roles ?? []) {
        const token = await tokenWithout(role, scope)
        const headers = { 'accept-language': 'en', authorization: `Bearer ${token}` }
        const reply = await call(pair.chengdu, addressOf(path), { as: null, method, headers })
        expect([method, path, role, reply.status, reply.body.code]).toEqual([method, path, role, 403, 'scope-not-allowed'])
        expect(reply.body.detail).toContain(scope)
      }
    }
  })

  it('refuses an actor who is named by an identity number', async () => {
    for (const { method, path, roles } of underV1()) {
      for (const as of roles ?? []) {
        const reply = await call(pair.chengdu, addressOf(path), { as, method, headers: { 'hefu-actor': '510104199001011237' } })
        expect([method, path, reply.status, reply.body.code]).toEqual([method, path, 400, 'actor-invalid'])
      }
    }
  })

  it('lets the roles of its rule in', async () => {
    for (const { method, path, roles } of underV1()) {
      for (const as of roles ?? []) {
        const reply = await call(pair.chengdu, addressOf(path), { as, method })
        expect([method, path, as, reply.status === 401 || reply.status === 403 || reply.status >= 500]).toEqual([method, path, as, false])
      }
    }
  })

  it('needs no token for probes, and to get one, only', async () => {
    const open = operations.filter(({ path }) => !path.startsWith('/v1'))
    expect(open.map(({ path, security }) => [path, security])).toEqual([
      ['/.well-known/oauth-authorization-server', []],
      ['/livez', []],
      ['/metrics', []],
      ['/oauth/jwks', []],
      ['/oauth/token', []],
      ['/readyz', []],
    ])
    for (const { path } of open.filter(({ path }) => path !== '/oauth/token'))
      expect((await call(pair.chengdu, path, { as: null })).status).toBe(200)
  })
})

describe('what is not there', () => {
  it('is not told apart without a token', async () => {
    for (const path of ['/v1', '/v1/', '/v1/nothing', '/v1/cases/../cases', '/v1//cases', '/v1?x']) {
      expect((await call(pair.chengdu, path, { as: null })).status).toBe(401)
    }
    expect((await call(pair.chengdu, '/v1/nothing')).body).toMatchObject({ status: 404, code: 'not-found' })
    expect((await call(pair.chengdu, '/v1/cases', { method: 'DELETE' })).body).toMatchObject({ status: 404, code: 'not-found' })
    expect((await call(pair.chengdu, '/nothing', { as: null })).body).toMatchObject({ status: 404, code: 'not-found' })
  })
})

describe('a route without a rule or a scope', () => {
  it('stops the start', async () => {
    const { metrics } = pair.chengdu.node.ctx
    const app = await openApp({ log: pino({ level: 'silent' }), metrics }, 'api')
    guardApi(app, pair.chengdu.node.ctx)
    expect(() => app.get('/v1/open-to-all', () => 'hello')).toThrow('no rule')
    expect(() => app.get('/v1/public', { config: { rule: 'public' } }, () => 'hello')).toThrow('no rule')
    expect(() => app.get('/v1/unscoped', { config: { rule: ['officer'] } }, () => 'hello')).toThrow('no scope')
    await app.close()
  })
})
