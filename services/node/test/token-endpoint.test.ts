import { createHmac, createPrivateKey, generateKeyPairSync, type KeyObject, randomUUID, sign } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createLocalJWKSet, decodeProtectedHeader, type JSONWebKeySet, jwtVerify } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startPair, type TestPair } from './node-pair.ts'

let pair: TestPair
let key: KeyObject
let issuer: string
beforeAll(async () => {
  pair = await startPair()
  key = createPrivateKey(await readFile(pair.chengdu.place.clients.officer.keyFile))
  issuer = pair.chengdu.node.api as string
})
afterAll(async () => await pair[Symbol.asyncDispose]())

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
const now = () => Math.floor(Date.now() / 1_000)

interface Crafted {
  readonly header?: Readonly<Record<string, unknown>>
  readonly claims?: Readonly<Record<string, unknown>>
  readonly signature?: (input: string) => Buffer
}

/** A good assertion of the sandbox's officer, but for what is changed. */
function assertion({ header, claims, signature }: Crafted = {}): string {
  const standard = { iss: 'sandbox-officer', sub: 'sandbox-officer', aud: issuer, jti: randomUUID(), iat: now(), exp: now() + 60 }
  const input = `${encode({ alg: 'Ed25519', typ: 'JWT', ...header })}.${encode({ ...standard, ...claims })}`
  return `${input}.${(signature?.(input) ?? sign(null, Buffer.from(input), key)).toString('base64url')}`
}

interface TokenReply {
  readonly status: number
  readonly headers: Headers
  readonly body: { readonly access_token: string; readonly error: string; readonly error_description: string; readonly scope: string }
}

async function ask(form: Readonly<Record<string, string>> | string, headers: Record<string, string> = {}): Promise<TokenReply> {
  const body = typeof form === 'string' ? form : new URLSearchParams(form).toString()
  const type = { 'content-type': 'application/x-www-form-urlencoded' }
  const answer = await fetch(`${issuer}/oauth/token`, { method: 'POST', body, headers: { ...type, ...headers } })
  return { status: answer.status, headers: answer.headers, body: (await answer.json()) as TokenReply['body'] }
}

const askWith = async (text: string, more: Readonly<Record<string, string>> = {}) =>
  await ask({ grant_type: 'client_credentials', client_assertion_type: ASSERTION_TYPE, client_assertion: text, ...more })

const reads = async (token: string) => (await fetch(`${issuer}/v1/cases`, { headers: { authorization: `Bearer ${token}` } })).status

describe('a good assertion', () => {
  it('gets a token that any verifier can check, and that opens what its scopes say', async () => {
    const { status, headers, body } = await askWith(assertion())
    expect([status, headers.get('cache-control')]).toEqual([200, 'no-store'])
    const metadata = (await (await fetch(`${issuer}/.well-known/oauth-authorization-server`)).json()) as Record<string, string>
    expect(metadata).toMatchObject({
      issuer,
      token_endpoint: `${issuer}/oauth/token`,
      token_endpoint_auth_methods_supported: ['private_key_jwt'],
    })
    const jwks = (await (await fetch(metadata.jwks_uri ?? '')).json()) as JSONWebKeySet
    const { payload } = await jwtVerify(body.access_token, createLocalJWKSet(jwks), { issuer, audience: issuer, typ: 'at+jwt' })
    expect(payload).toMatchObject({ sub: 'sandbox-officer', client_id: 'sandbox-officer', scope: body.scope })
    expect(await reads(body.access_token)).toBe(200)
  })

  it('may narrow what it asks for, and not widen it', async () => {
    const narrow = await askWith(assertion(), { scope: 'registers:read' })
    expect([narrow.status, narrow.body.scope]).toEqual([200, 'registers:read'])
    expect(await reads(narrow.body.access_token)).toBe(403)
    for (const scope of ['peers:read', 'registers:read peers:read', 'nothing', ' '])
      expect((await askWith(assertion(), { scope })).body.error).toBe('invalid_scope')
  })

  it.each([
    ['without kid or typ', { header: { typ: undefined } }],
    ['as RFC 7523bis types it', { header: { typ: 'client-authentication+jwt' } }],
    ['without iat', { claims: { iat: undefined } }],
  ])('counts %s', async (_, crafted) => {
    expect((await askWith(assertion(crafted))).status).toBe(200)
  })
})

const other = generateKeyPairSync('ed25519').privateKey
const hmac = (secret: string | Buffer) => (input: string) => createHmac('sha512', secret).update(input).digest()
const publicText = () => Buffer.from(key.export({ format: 'jwk' }).x ?? '', 'base64url')

describe('what is not told apart', () => {
  const refused = { error: 'invalid_client', error_description: expect.stringMatching(/断言无法验证.* \/ .*cannot be verified/) }

  it.each<readonly [string, () => string]>([
    ['an unknown client', () => assertion({ claims: { iss: 'nobody', sub: 'nobody' } })],
    ['another client’s name', () => assertion({ claims: { iss: 'sandbox-auditor', sub: 'sandbox-auditor' } })],
    ['two names', () => assertion({ claims: { sub: 'sandbox-auditor' } })],
    ['another key', () => assertion({ signature: (input) => sign(null, Buffer.from(input), other) })],
    ['a changed payload', () => assertion().replace(/\.(.)/, (_, first) => `.${first === 'e' ? 'f' : 'e'}`)],
    ['an unknown kid', () => assertion({ header: { kid: 'A'.repeat(43) } })],
    ['alg none', () => assertion({ header: { alg: 'none' }, signature: () => Buffer.alloc(64) })],
    [
      'alg none and nothing signed',
      () =>
        `${assertion({ header: { alg: 'none' } })
          .split('.')
          .slice(0, 2)
          .join('.')}.`,
    ],
    ['HS256 with the public key', () => assertion({ header: { alg: 'HS256' }, signature: hmac(publicText()) })],
    ['HS512 with the public key', () => assertion({ header: { alg: 'HS512' }, signature: hmac(publicText()) })],
    ['EdDSA, which is not what the record says', () => assertion({ header: { alg: 'EdDSA' } })],
    ['a key of its own in the header', () => assertion({ header: { jwk: key.export({ format: 'jwk' }) } })],
    ['crit', () => assertion({ header: { crit: ['exp'] } })],
    ['an access token', () => pair.chengdu.tokens.officer],
    ['another type of token', () => assertion({ header: { typ: 'hefu-message+jwt' } })],
    ['too much text', () => assertion({ claims: { more: 'x'.repeat(8_000) } })],
    ['no token at all', () => 'a.b.c'],
  ])('%s', async (_, text) => {
    const { status, body } = await askWith(text())
    expect([status, body]).toEqual([401, refused])
  })
})

describe('a well-signed assertion', () => {
  it.each<readonly [string, Crafted, RegExp]>([
    ['for another node', { claims: { aud: 'https://other.example' } }, /aud/],
    ['for the token endpoint instead of the issuer', { claims: { aud: 'http://127.0.0.1/oauth/token' } }, /aud/],
    ['expired', { claims: { iat: now() - 120, exp: now() - 60 } }, /expired/],
    ['not yet valid', { claims: { nbf: now() + 120 } }, /not valid yet/],
    ['issued in the future', { claims: { iat: now() + 120, exp: now() + 180 } }, /not valid yet/],
    ['that lives too long', { claims: { exp: now() + 3_600 } }, /5 minutes/],
    ['that began too long ago', { claims: { iat: now() - 3_600 } }, /5 minutes/],
    ['without jti', { claims: { jti: undefined } }, /jti/],
    ['without exp', { claims: { exp: undefined } }, /exp/],
  ])('%s is refused for that', async (_, crafted, why) => {
    const { status, body } = await askWith(assertion(crafted))
    expect([status, body.error]).toEqual([401, 'invalid_client'])
    expect(body.error_description).toMatch(why)
  })

  it('for a list of audiences is refused, this node among them or not', async () => {
    expect((await askWith(assertion({ claims: { aud: [issuer] } }))).status).toBe(401)
  })

  it('counts once, however often and however much at once it is sent', async () => {
    const text = assertion()
    const replies = await Promise.all(Array.from({ length: 8 }, async () => await askWith(text)))
    expect(replies.map(({ status }) => status).toSorted()).toEqual([200, ...Array.from({ length: 7 }, () => 401)])
    expect((await askWith(text)).body.error_description).toMatch(/used once/)
  })
})

describe('the request', () => {
  it.each<readonly [string, string, number, string]>([
    ['no grant', 'x=1', 400, 'invalid_request'],
    ['another grant', 'grant_type=password&username=a&password=b', 400, 'unsupported_grant_type'],
    ['a secret', 'grant_type=client_credentials&client_id=a&client_secret=b', 401, 'invalid_client'],
    ['no assertion', 'grant_type=client_credentials', 401, 'invalid_client'],
    ['a member twice', 'grant_type=client_credentials&grant_type=client_credentials', 400, 'invalid_request'],
  ])('%s', async (_, form, status, error) => {
    const reply = await ask(form, { 'accept-language': 'en' })
    expect([reply.status, reply.body.error]).toEqual([status, error])
    expect(reply.body.error_description).toMatch(/^[\x20-\x7e]+$/)
  })

  it('is a form, and a small one', async () => {
    expect((await ask('{}', { 'content-type': 'application/json' })).status).toBe(415)
    expect((await ask(`grant_type=${'a'.repeat(20_000)}`)).status).toBe(413)
  })
})

describe('access tokens', () => {
  it('of other keys, types and algorithms open nothing', async () => {
    const [, payload] = pair.chengdu.tokens.officer.split('.')
    const head = { ...decodeProtectedHeader(pair.chengdu.tokens.officer) }
    const forged = (changed: object, signature: (input: string) => Buffer) => {
      const input = `${encode({ ...head, ...changed })}.${payload}`
      return `${input}.${signature(input).toString('base64url')}`
    }
    const own = (input: string) => sign(null, Buffer.from(input), key)
    for (const token of [
      forged({}, own),
      forged({ alg: 'none' }, () => Buffer.alloc(64)),
      forged({ alg: 'HS256' }, hmac(publicText())),
      forged({ typ: 'JWT' }, own),
      pair.chongqing.tokens.officer,
      assertion(),
      `${pair.chengdu.tokens.officer}=`,
    ])
      expect(await reads(token)).toBe(401)
  })
})

describe('many failures', () => {
  it('are counted, told to an operator once, and told to wait, while whoever has the key is heard', async () => {
    const guess = async () => await askWith(assertion({ claims: { iss: 'guessed', sub: 'guessed' } }))
    let last = await guess()
    for (let n = 0; n < 200 && last.status === 401; n++) last = await guess()
    expect([last.status, last.body.error]).toEqual([429, 'temporarily_unavailable'])
    expect(Number(last.headers.get('retry-after'))).toBeGreaterThan(0)
    const forged = () => assertion({ signature: (input) => sign(null, Buffer.from(input), other) })
    for (let n = 0; n < 60; n++) last = await askWith(forged())
    expect(last.status).toBe(429)
    expect((await askWith(assertion())).status).toBe(200)
    for (let n = 0; n < 100; n++) await askWith(assertion({ claims: { iss: `name-${n}`, sub: `name-${n}` } }))
    const alerts = await fetch(`${issuer}/v1/alerts`, { headers: { authorization: `Bearer ${pair.chengdu.tokens.operator}` } })
    const { items } = (await alerts.json()) as { items: { kind: string }[] }
    expect(items.filter(({ kind }) => kind === 'access.refused-often')).toHaveLength(1)
    const metrics = await (await fetch(`${issuer}/metrics`)).text()
    for (const outcome of ['issued', 'unknown', 'audience', 'expired', 'replayed', 'throttled'])
      expect(metrics).toMatch(new RegExp(`hefu_token_requests_total\\{outcome="${outcome}"\\} [1-9]`))
  })

  it('leave no trace of who or what was sent in the log', () => {
    const text = pair.chengdu.log.join('\n')
    expect(text).toContain('token.refused')
    for (const secret of ['guessed', 'eyJ', '127.0.0.1:'])
      expect(text.replaceAll(issuer, '').replaceAll(/"exchange":"[^"]*"/g, '')).not.toContain(secret)
  })
})
