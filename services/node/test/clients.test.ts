import { generateKeyPairSync } from 'node:crypto'
import { publicJwk, type Signer, signerOf } from '@hefu/protocol'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { requestToken, tokenOf } from '../../../packages/testkit/src/clients/enrol-clients.ts'
import { call, type Reply, startPair, type TestPair } from './node-pair.ts'

let pair: TestPair
let second: string
beforeAll(async () => {
  pair = await startPair()
  second = await tokenOf(pair.chengdu.place, 'security2')
})
afterAll(async () => await pair[Symbol.asyncDispose]())

const first = async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
  await call(pair.chengdu, `/v1/clients${path}`, { as: 'security', method, body, headers })
const other = async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
  await call(pair.chengdu, `/v1/clients${path}`, { as: null, method, body, headers: { authorization: `Bearer ${second}`, ...headers } })
const etag = (reply: Reply) => ({ 'if-match': reply.headers.get('etag') ?? '' })

function newKey(): { signer: Signer; jwk: ReturnType<typeof publicJwk> } {
  const { privateKey } = generateKeyPairSync('ed25519')
  return { signer: signerOf(privateKey), jwk: publicJwk(privateKey) }
}

let names = 0
const newClient = (key = newKey(), changed: object = {}) => {
  names += 1
  const standard = { client: `desk-${names}`, role: 'officer', agency: '510104-0001', scopes: ['registers:read'], keys: [key.jwk] }
  return { ...standard, ...changed }
}
const token = async (client: string, key: Signer) =>
  (await requestToken({ api: pair.chengdu.place.api, client, key, nowMs: Date.now() })).token
const refusedToken = async (client: string, key: Signer) =>
  await token(client, key).then(
    () => 'issued',
    (error: { error: string }) => error.error,
  )
const registers = async (bearer: string) =>
  (await call(pair.chengdu, '/v1/registers/employers', { as: null, headers: { authorization: `Bearer ${bearer}` } })).status

async function enrolled(scopes = ['registers:read']) {
  const key = newKey()
  const asked = newClient(key, { scopes })
  const created = await first('POST', '', asked)
  expect(created.status).toBe(201)
  expect((await other('POST', `/${asked.client}/approve`, undefined, etag(created))).status).toBe(200)
  return { client: asked.client, key }
}

describe('enrolling a client', () => {
  it('takes two administrators, and nothing before the second', async () => {
    const key = newKey()
    const asked = newClient(key)
    const created = await first('POST', '', asked)
    expect([created.status, created.headers.get('location')]).toEqual([201, `/v1/clients/${asked.client}`])
    expect(created.body).toMatchObject({ state: 'pending', scopes: [], keys: [], asked: { by: 'sandbox-security', scopes: asked.scopes } })
    expect(await refusedToken(asked.client, key.signer)).toBe('invalid_client')
    const own = await first('POST', `/${asked.client}/approve`, undefined, etag(created))
    expect([own.status, own.body.code]).toEqual([403, 'four-eyes'])
    expect((await other('POST', `/${asked.client}/approve`)).status).toBe(428)
    expect((await other('POST', `/${asked.client}/approve`, undefined, { 'if-match': '"other"' })).status).toBe(412)
    const approved = await other('POST', `/${asked.client}/approve`, undefined, etag(created))
    expect(approved.body).toMatchObject({ state: 'active', asked: null, approvedBy: 'sandbox-security2', scopes: asked.scopes })
    expect(await registers(await token(asked.client, key.signer))).toBe(200)
  })

  it.each<readonly [string, object, number, string]>([
    ['an officer without an agency', { agency: undefined }, 422, '/agency'],
    ['an agency of another region', { agency: '500105-0001' }, 422, '/agency'],
    ['an auditor with an agency', { role: 'auditor', scopes: [] }, 422, '/agency'],
    ['a scope of another role', { scopes: ['peers:read'] }, 422, '/scopes/0'],
    ['a scope that there is not', { scopes: ['registers:read', 'all'] }, 422, '/scopes/1'],
    ['a role that there is not', { role: 'root' }, 422, '/role'],
    ['a name that is none', { client: 'Desk 1' }, 422, '/client'],
    ['a token', { token: 'x' }, 422, '/token'],
  ])('refuses %s', async (_, changed, status, pointer) => {
    const { status: got, body } = await first('POST', '', newClient(newKey(), changed))
    expect([got, body.errors.map((one) => one.pointer)]).toEqual([status, [pointer]])
  })

  it('gives no name and no key twice', async () => {
    const { client, key } = await enrolled()
    expect((await first('POST', '', newClient(newKey(), { client }))).status).toBe(409)
    expect((await first('POST', '', newClient(key))).status).toBe(409)
    const waiting = newKey()
    expect((await first('POST', '', newClient(waiting))).status).toBe(201)
    expect((await first('POST', '', newClient(waiting))).status).toBe(409)
  })

  it('may be declined, which ends it', async () => {
    const key = newKey()
    const asked = newClient(key)
    await first('POST', '', asked)
    expect((await other('POST', `/${asked.client}/decline`)).body).toMatchObject({ state: 'revoked', asked: null })
    expect((await other('POST', `/${asked.client}/approve`, undefined, { 'if-match': '"x"' })).status).toBe(409)
  })
})

describe('scopes', () => {
  it('are widened by two, narrowed by one and at once', async () => {
    const { client, key } = await enrolled()
    const held = await token(client, key.signer)
    const wider = await first('PUT', `/${client}/scopes`, { scopes: ['registers:read', 'registers:write'] })
    expect(wider.body).toMatchObject({ scopes: ['registers:read'], asked: { scopes: ['registers:read', 'registers:write'] } })
    expect((await first('PUT', `/${client}/scopes`, { scopes: ['registers:read', 'imports'] })).status).toBe(409)
    expect((await first('POST', `/${client}/approve`, undefined, etag(wider))).body.code).toBe('four-eyes')
    expect((await other('POST', `/${client}/approve`, undefined, etag(wider))).status).toBe(200)
    const narrower = await first('PUT', `/${client}/scopes`, { scopes: ['registers:write'] })
    expect(narrower.body).toMatchObject({ scopes: ['registers:write'], asked: null })
    expect(await registers(held)).toBe(403)
  })

  it('that are asked for and then taken away do not come with the approval', async () => {
    const { client } = await enrolled()
    await first('PUT', `/${client}/scopes`, { scopes: ['registers:read', 'registers:write'] })
    const none = await first('PUT', `/${client}/scopes`, { scopes: [] })
    expect((await other('POST', `/${client}/approve`, undefined, etag(none))).body).toMatchObject({ scopes: [] })
  })
})

describe('keys', () => {
  it('rotate without a gap: the new one waits for approval, the old one ends at once with its tokens', async () => {
    const { client, key } = await enrolled()
    const next = newKey()
    const held = await token(client, key.signer)
    const asked = await first('POST', `/${client}/keys`, { key: next.jwk })
    expect(await refusedToken(client, next.signer)).toBe('invalid_client')
    expect((await first('POST', `/${client}/approve`, undefined, etag(asked))).body.code).toBe('four-eyes')
    expect((await other('POST', `/${client}/approve`, undefined, etag(asked))).status).toBe(200)
    const renewed = await token(client, next.signer)
    expect([await registers(held), await registers(renewed)]).toEqual([200, 200])
    expect((await first('DELETE', `/${client}/keys/${key.jwk.kid}`)).status).toBe(200)
    expect([await registers(held), await registers(renewed)]).toEqual([401, 200])
    expect(await refusedToken(client, key.signer)).toBe('invalid_client')
    expect((await first('DELETE', `/${client}/keys/${key.jwk.kid}`)).status).toBe(404)
  })
})

describe('revocation', () => {
  it('holds from the next request on, for ever', async () => {
    const { client, key } = await enrolled()
    const held = await token(client, key.signer)
    expect(await registers(held)).toBe(200)
    expect((await first('POST', `/${client}/revoke`)).body).toMatchObject({ state: 'revoked', scopes: [], revokedBy: 'sandbox-security' })
    expect(await registers(held)).toBe(401)
    expect(await refusedToken(client, key.signer)).toBe('invalid_client')
    expect((await first('PUT', `/${client}/scopes`, { scopes: ['registers:read'] })).status).toBe(409)
    expect((await first('POST', '', newClient(key))).status).toBe(409)
  })

  it('meets every request that begins after it, however many are under way', async () => {
    const { client, key } = await enrolled()
    const held = await token(client, key.signer)
    const before = Array.from({ length: 20 }, async () => await registers(held))
    await first('POST', `/${client}/revoke`)
    const after = Array.from({ length: 20 }, async () => await registers(held))
    await Promise.all(before)
    expect(new Set(await Promise.all(after))).toEqual(new Set([401]))
  })
})

/** Every entry, whether it has its place in the log already or waits for it. */
async function logged(): Promise<Record<string, unknown>[]> {
  const { db } = pair.chengdu.node.ctx
  const placed = db.selectFrom('log_entries').select('entry')
  const rows = await placed.unionAll(db.selectFrom('log_pending').select('entry')).execute()
  return rows.map(({ entry }) => JSON.parse(entry) as Record<string, unknown>)
}

describe('who did what', () => {
  it('stands in the audit table and in the exchange log, the administrators’ own enrolment included', async () => {
    const { client } = await enrolled()
    await first('POST', `/${client}/revoke`)
    const { db } = pair.chengdu.node.ctx
    const rows = await db.selectFrom('audit').select(['client', 'action']).where('subject', '=', client).orderBy('id').execute()
    expect(rows).toEqual([
      { client: 'sandbox-security', action: 'client.asked' },
      { client: 'sandbox-security2', action: 'client.approved' },
      { client: 'sandbox-security', action: 'client.revoked' },
    ])
    const admin = (await logged()).filter(({ kind }) => kind === 'admin.change')
    expect(admin.filter(({ subject }) => subject === client)).toHaveLength(3)
    expect(admin.filter(({ action }) => action === 'client.installed').map(({ subject }) => subject)).toEqual(
      expect.arrayContaining(['sandbox-security', 'sandbox-security2']),
    )
  })
})

describe('an actor', () => {
  it('is named in the log by a pseudonym of the agency’s own, and nowhere by number', async () => {
    const actors = async () => {
      const reads = (await logged()).filter(({ kind, what }) => kind === 'access.read' && what === 'list-cases')
      return new Set(reads.map(({ actor }) => actor as string))
    }
    await call(pair.chengdu, '/v1/cases')
    const itself = await actors()
    for (const staff of ['CANARY-77', 'CANARY-77', 'CANARY-78']) await call(pair.chengdu, '/v1/cases', { headers: { 'hefu-actor': staff } })
    expect((await actors()).size).toBe(itself.size + 2)
    const audit = await call(pair.chengdu, '/v1/registers/employers', { headers: { 'hefu-actor': 'CANARY-77' } })
    expect(audit.status).toBe(200)
    const rows = await pair.chengdu.node.ctx.db.selectFrom('audit').select('actor').where('actor', 'is not', null).execute()
    expect((await actors()).has(rows[0]?.actor ?? '')).toBe(true)
    expect(JSON.stringify([...(await actors()), rows, pair.chengdu.log])).not.toContain('CANARY')
  })
})
