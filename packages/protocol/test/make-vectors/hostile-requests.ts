import { hash } from 'node:crypto'
import { CLOCK_TOLERANCE_SECONDS, MESSAGE_TYP, RECEIPT_TYP, REQUEST_TYP } from '../../src/index.ts'
import { ISSUED_AT, JUDGED_AT, RECEIVER, SENDER } from './example.ts'
import { header as messageHeader, signTexts, withMalleatedSignature, withUnusedBit } from './forge.ts'
import { CHENGDU, CHONGQING, STRANGER } from './test-keys.ts'

/** The first check that fails; the caller is told none of them apart. */
export type RequestFailure = 'scheme' | 'text' | 'signature' | 'claims' | 'issuer' | 'audience' | 'method' | 'address' | 'body' | 'time'

/** A request that must not be answered, as it arrives. */
export interface HostileRequest {
  readonly name: string
  readonly why: string
  readonly method: string
  readonly path: string
  readonly body: string
  readonly authorization: string
  readonly fails: RequestFailure
}

export interface ValidRequest {
  readonly method: string
  readonly url: string
  readonly body: string
  readonly claims: Readonly<Record<string, unknown>>
  readonly authorization: string
}

const header = { ...messageHeader, typ: REQUEST_TYP }
const encode = (content: string | object): string =>
  Buffer.from(typeof content === 'string' ? content : JSON.stringify(content)).toString('base64url')
const sha256 = (text: string): string => hash('sha256', text, 'base64url')

export async function buildHostileRequests(valid: ValidRequest): Promise<HostileRequest[]> {
  const path = new URL(valid.url).pathname
  const { method, body, authorization } = valid
  const as = (fails: RequestFailure, name: string, why: string, changes: Partial<HostileRequest>): HostileRequest => ({
    name,
    why,
    method,
    path,
    body,
    authorization,
    ...changes,
    fails,
  })
  return [
    ...hostileSchemes(valid, as),
    ...(await hostileTokens(valid, as)),
    ...(await hostileClaims(valid, as)),
    ...(await otherRequests(valid, as)),
  ]
}

type Make = (fails: RequestFailure, name: string, why: string, changes: Partial<HostileRequest>) => HostileRequest

function hostileSchemes({ authorization }: ValidRequest, as: Make): HostileRequest[] {
  const token = authorization.replace('Hefu ', '')
  return [
    as('scheme', 'scheme-missing', 'a token without its scheme', { authorization: token }),
    as('scheme', 'scheme-bearer', 'the token of a request as a bearer token', { authorization: `Bearer ${token}` }),
    as('scheme', 'scheme-empty', 'no header', { authorization: '' }),
    as('scheme', 'scheme-two-spaces', 'two spaces before the token', { authorization: `Hefu  ${token}` }),
    as('scheme', 'scheme-padding', '"=" after the token', { authorization: `Hefu ${token}=` }),
    as('scheme', 'scheme-two-tokens', 'two tokens', { authorization: `Hefu ${token}, ${token}` }),
    as('scheme', 'scheme-long', 'a token beyond 8,192 characters', { authorization: `Hefu ${token}${'A'.repeat(8192)}` }),
  ]
}

async function hostileTokens({ authorization, claims }: ValidRequest, as: Make): Promise<HostileRequest[]> {
  const token = authorization.replace('Hefu ', '')
  const [h = '', p = '', s = ''] = token.split('.')
  const text = async (name: string, why: string, one: string | Promise<string>, fails: RequestFailure = 'text') =>
    as(fails, name, why, { authorization: `Hefu ${await one}` })
  const withHeader = (content: object | string) => signTexts(encode(content), encode(claims))
  const bySigner = (kid: string, signer = CHENGDU.signer) => signTexts(encode({ ...header, kid }), p, signer)
  return [
    await text('typ-message', 'a message passed off as a request', withHeader({ ...header, typ: MESSAGE_TYP })),
    await text('typ-receipt', 'a receipt passed off as a request', withHeader({ ...header, typ: RECEIPT_TYP })),
    await text('typ-missing', 'no typ', withHeader({ alg: header.alg, kid: header.kid })),
    await text('typ-upper-case', 'typ in upper case', withHeader({ ...header, typ: REQUEST_TYP.toUpperCase() })),
    await text('alg-none', 'alg none, with a good signature', withHeader({ ...header, alg: 'none' })),
    await text('alg-none-unsigned', 'alg none without a signature', `${encode({ ...header, alg: 'none' })}.${p}.`),
    await text('alg-eddsa', 'the polymorphic name of the same algorithm', withHeader({ ...header, alg: 'EdDSA' })),
    await text('alg-hs256', 'alg HS256', withHeader({ ...header, alg: 'HS256' })),
    await text('alg-twice', 'alg twice', withHeader(JSON.stringify(header).replace('{', '{"alg":"none",'))),
    await text('kid-missing', 'no kid', withHeader({ alg: header.alg, typ: header.typ })),
    await text('kid-number', 'kid a number', withHeader({ ...header, kid: 0 })),
    await text('header-extra', 'a further member in the header', withHeader({ ...header, cty: 'json' })),
    await text('header-jwk', 'brings its own key', withHeader({ ...header, jwk: CHENGDU.jwk })),
    await text('signature-unused-bits', 'unused bit in the signature', `${h}.${p}.${withUnusedBit(s)}`),
    await text('signature-missing', 'no signature', `${h}.${p}.`),
    await text('segments-two', 'two segments', `${h}.${p}`),
    await text('signature-other', 'a signature over other bytes', `${h}.${encode({ ...claims, aud: SENDER })}.${s}`, 'signature'),
    await text('signature-malleated', 'S + L in place of S', withMalleatedSignature(token), 'signature'),
    await text('kid-unknown', 'signed by a key that nobody pinned', bySigner(STRANGER.jwk.kid, STRANGER.signer), 'signature'),
    await text('kid-of-another', 'the kid of another region over the sender’s signature', bySigner(CHONGQING.jwk.kid), 'signature'),
    await text(
      'iss-does-not-own-kid',
      'another region’s good signature in the sender’s name',
      bySigner(CHONGQING.jwk.kid, CHONGQING.signer),
      'issuer',
    ),
  ]
}

async function hostileClaims({ claims }: ValidRequest, as: Make): Promise<HostileRequest[]> {
  const signed = async (name: string, why: string, payload: object | string, fails: RequestFailure = 'claims') =>
    as(fails, name, why, { authorization: `Hefu ${await signTexts(encode(header), encode(payload))}` })
  const missing = await Promise.all(
    Object.keys(claims).map(async (name) => await signed(`${name}-missing`, `no ${name}`, { ...claims, [name]: undefined })),
  )
  const json = JSON.stringify(claims)
  return [
    ...missing,
    await signed('extra-member', 'a claim that is not of this profile', { ...claims, nbf: ISSUED_AT }),
    await signed('proto-member', 'a claim called __proto__', json.replace('{', '{"__proto__":{},')),
    await signed('aud-twice', 'aud twice', json.replace('{', `{"aud":"${RECEIVER}",`)),
    await signed('aud-list', 'aud as a list', { ...claims, aud: [RECEIVER] }),
    await signed('payload-list', 'claims as a list', [claims]),
    await signed('payload-not-json', 'claims that are not JSON', 'iss=510100'),
    await signed('htm-lower-case', 'htm in lower case', { ...claims, htm: 'post' }),
    await signed('htm-put', 'a method that no such request has', { ...claims, htm: 'PUT' }),
    await signed('htu-number', 'htu a number', { ...claims, htu: 1 }),
    await signed('htu-long', 'htu beyond 2,048 characters', { ...claims, htu: `${claims.htu}/${'a'.repeat(2048)}` }),
    await signed('digest-hex', 'bodySha256 in hexadecimal', {
      ...claims,
      bodySha256: Buffer.from(String(claims.bodySha256), 'base64url').toString('hex'),
    }),
    await signed('digest-padded', 'bodySha256 with padding', { ...claims, bodySha256: `${claims.bodySha256}=` }),
    await signed('jti-text', 'jti not a UUID', { ...claims, jti: 'once' }),
    await signed('jti-uuid-v4', 'jti a UUID of version 4', { ...claims, jti: '01a2008d-7400-4101-8101-010101010101' }),
    await signed('jti-upper-case', 'jti in upper case', { ...claims, jti: String(claims.jti).toUpperCase() }),
    await signed('iat-text', 'iat as text', { ...claims, iat: String(ISSUED_AT) }),
    await signed('iat-fraction', 'iat with a fraction', { ...claims, iat: ISSUED_AT + 0.5 }),
    await signed('iat-milliseconds', 'iat in milliseconds', { ...claims, iat: ISSUED_AT * 1000 }),
    await signed('iat-past', 'older than the clocks may differ', { ...claims, iat: JUDGED_AT - CLOCK_TOLERANCE_SECONDS - 1 }, 'time'),
    await signed(
      'iat-ahead',
      'further ahead than the clocks may differ',
      { ...claims, iat: JUDGED_AT + CLOCK_TOLERANCE_SECONDS + 1 },
      'time',
    ),
    await signed('iss-unknown', 'a region of no federation', { ...claims, iss: '530000' }, 'issuer'),
    await signed('iss-receiver', 'the sender’s signature in the receiver’s name', { ...claims, iss: RECEIVER }, 'issuer'),
    await signed('iss-number', 'iss a number', { ...claims, iss: 510100 }),
    await signed('aud-sender', 'meant for another node', { ...claims, aud: SENDER }, 'audience'),
    await signed('htm-get', 'signed for another method', { ...claims, htm: 'GET' }, 'method'),
    await signed('htu-path', 'signed for another path', { ...claims, htu: String(claims.htu).replace('heads', 'inbox') }, 'address'),
    await signed('htu-slash', 'htu with a further "/"', { ...claims, htu: `${claims.htu}/` }, 'address'),
    await signed('htu-query', 'htu with a query', { ...claims, htu: `${claims.htu}?from=1` }, 'address'),
    await signed('htu-fragment', 'htu with a fragment', { ...claims, htu: `${claims.htu}#a` }, 'address'),
    await signed('htu-relative', 'htu without a host', { ...claims, htu: new URL(String(claims.htu)).pathname }, 'address'),
    await signed('digest-empty', 'digest of no body', { ...claims, bodySha256: sha256('') }, 'body'),
  ]
}

/** The valid header on a request that it was not written for. */
async function otherRequests({ body }: ValidRequest, as: Make): Promise<HostileRequest[]> {
  return [
    as('method', 'played-as-get', 'the valid header on another method', { method: 'GET' }),
    as('address', 'played-to-path', 'the valid header on another path', { path: '/exchange/v1/log/proof' }),
    as('body', 'played-with-body', 'the valid header over another body', { body: body.replace('2026-10-23', '2026-10-24') }),
    as('body', 'played-with-space', 'the same JSON with a space after it', { body: `${body} ` }),
    as('body', 'played-without-body', 'the valid header without its body', { body: '' }),
  ]
}
