import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { exampleJti, ISSUED_AT, RECEIVER, SENDER } from '../test/make-vectors/example.ts'
import { CHENGDU, CHONGQING, STRANGER } from '../test/make-vectors/test-keys.ts'
import { importPublicJwk, type KeyLookUp, type RequestExpectation, signRequest, signToken, verifyRequest } from './index.ts'

const owners = new Map([
  [CHENGDU.jwk.kid, { region: SENDER, key: importPublicJwk(CHENGDU.jwk) }],
  [CHONGQING.jwk.kid, { region: RECEIVER, key: importPublicJwk(CHONGQING.jwk) }],
])
const lookUpKey: KeyLookUp = (kid) => owners.get(kid)
const body = '{"days":{"from":"2026-11-01","to":"2026-11-22"}}'
const url = 'https://hefu.chongqing.example/exchange/v1/heads'
const request = { iss: SENDER, aud: RECEIVER, method: 'POST', url, body, jti: exampleJti(1), now: ISSUED_AT } as const

const verify = async (authorization: string | undefined, changes: Partial<RequestExpectation> = {}) =>
  verifyRequest(authorization, {
    lookUpKey,
    audience: RECEIVER,
    method: 'POST',
    path: '/exchange/v1/heads',
    body: Buffer.from(body),
    now: ISSUED_AT + 120,
    ...changes,
  })

test('the vector verifies', async () => {
  const vector = JSON.parse(await readFile(new URL('../vectors/request-valid.json', import.meta.url), 'utf8'))
  const { authorization, claims, judgedAt } = vector
  expect(await verify(authorization, { body: Buffer.from(vector.body), now: judgedAt })).toEqual({
    ok: true,
    iss: SENDER,
    jti: claims.jti,
  })
})

test('a request is good for its own method, path, body, receiver and time only', async () => {
  const authorization = await signRequest(request, CHENGDU.signer)
  expect(await verify(authorization)).toEqual({ ok: true, iss: SENDER, jti: request.jti })
  expect(await verify(authorization.replace('Hefu', 'hefu'))).toMatchObject({ ok: true })
  const wrong: Partial<RequestExpectation>[] = [
    { method: 'GET' },
    { path: '/exchange/v1/inbox' },
    { body: Buffer.from(`${body} `) },
    { audience: SENDER },
    { now: ISSUED_AT + 121 },
    { now: ISSUED_AT - 121 },
    { lookUpKey: () => undefined },
  ]
  for (const changes of wrong) expect(await verify(authorization, changes)).toEqual({ ok: false })
})

test('the host may be renamed by a proxy, but nothing may follow the path', async () => {
  const signed = async (address: string) => await verify(await signRequest({ ...request, url: address }, CHENGDU.signer))
  expect(await signed('http://10.0.0.1:8443/exchange/v1/heads')).toMatchObject({ ok: true })
  for (const address of [`${url}?a=1`, `${url}#a`, `${url}/`, '/exchange/v1/heads', 'no address'])
    expect(await signed(address)).toEqual({ ok: false })
})

test('whatever is not signed by the sender itself is refused', async () => {
  const authorization = await signRequest(request, CHENGDU.signer)
  const token = authorization.slice(5)
  const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
  const forged = async (changes: object) =>
    `Hefu ${await signToken(Buffer.from(JSON.stringify({ ...claims, ...changes })), 'hefu-request+jwt', CHENGDU.signer)}`
  const hostile = [
    undefined,
    '',
    `Bearer ${token}`,
    `Hefu  ${token}`,
    `Hefu ${token}=`,
    await signRequest(request, STRANGER.signer),
    await signRequest(request, CHONGQING.signer),
    `Hefu ${await signToken(Buffer.from(JSON.stringify(claims)), 'hefu-message+jwt', CHENGDU.signer)}`,
    await forged({ iss: RECEIVER }),
    await forged({ more: 1 }),
    await forged({ jti: 'once' }),
    await forged({ iat: undefined }),
  ]
  for (const one of hostile) expect(await verify(one), String(one)).toEqual({ ok: false })
})
