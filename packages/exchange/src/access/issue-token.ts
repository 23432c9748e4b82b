import { createHash } from 'node:crypto'
import type { Text } from '@hefu/procedures'
import { raiseAlert } from '../alerts/alert-store.ts'
import type { Context } from '../context.ts'
import { signAccessToken } from './access-token.ts'
import { ALERT_FROM } from './attempts.ts'
import { type AssertionFault, verifyAssertion } from './verify-assertion.ts'

export const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

/** RFC 6749 section 5.2, and for too many failures the code of its section 4.1.2.1. */
export type TokenError = 'invalid_request' | 'invalid_client' | 'unsupported_grant_type' | 'invalid_scope' | 'temporarily_unavailable'

export type IssuedToken =
  | { readonly ok: true; readonly token: string; readonly seconds: number; readonly scope: string }
  | { readonly ok: false; readonly error: TokenError; readonly text: Text; readonly waitSeconds?: number }

type IssueContext = Pick<Context, 'access' | 'db' | 'now' | 'log' | 'metrics'>

/**
 * The token endpoint (RFC 6749 section 4.4 with RFC 7523). `form` is the body as it came, `address` who sent it. Every refusal is counted; of
 * many an operator is told.
 */
export async function issueToken(ctx: IssueContext, { form, address }: { form: string; address: string }): Promise<IssuedToken> {
  const asked = readForm(form)
  if (!asked.ok) return refused(ctx, asked.why, asked.error, asked.text)
  const waitMs = ctx.access.attempts.floodMs(address, ctx.now())
  if (waitMs > 0) return throttled(ctx, 'flood', waitMs)
  const { issuer, readClient, keepAssertion } = ctx.access
  const verified = await verifyAssertion(asked.assertion, { issuer, nowMs: ctx.now(), readClient })
  if (!verified.ok) return await failed(ctx, verified.claimed, address, verified.fault)
  const { client, kid, jti, exp } = verified
  if (asked.clientId !== undefined && asked.clientId !== client.client) return await failed(ctx, client.client, address, 'unknown')
  const scopes = asked.scopes ?? client.scopes
  const beyond = scopes.find((scope) => !client.scopes.includes(scope))
  if (beyond !== undefined) return refused(ctx, 'scope', 'invalid_scope', texts.scope)
  // Kept until nobody would take it any more for its time.
  const isFirst = await keepAssertion({ client: client.client, jti_digest: digestOf(jti), expires_at: new Date((exp + 60) * 1_000) })
  if (!isFirst) return await failed(ctx, client.client, address, 'replayed')
  const { tokenSeconds: seconds, key } = ctx.access
  const now = Math.floor(ctx.now() / 1_000)
  const token = await signAccessToken({ issuer, client: client.client, key: kid, scopes, now, seconds }, key.signer)
  ctx.metrics.tokenRequests.inc({ outcome: 'issued' })
  ctx.log.info({ event: 'token.issued', client: client.client, role: client.role }, 'token.issued')
  return { ok: true, token, seconds, scope: scopes.join(' ') }
}

type Form =
  | { readonly ok: true; readonly assertion: string; readonly clientId: string | undefined; readonly scopes: readonly string[] | undefined }
  | { readonly ok: false; readonly why: string; readonly error: TokenError; readonly text: Text }

function readForm(text: string): Form {
  const form = new URLSearchParams(text)
  const invalid = (detail: Text): Form => ({ ok: false, why: 'request', error: 'invalid_request', text: detail })
  if (new Set(form.keys()).size !== form.size) return invalid(texts.repeated)
  const grant = form.get('grant_type')
  if (grant === null) return invalid(texts.grantMissing)
  if (grant !== 'client_credentials') return { ok: false, why: 'grant', error: 'unsupported_grant_type', text: texts.grant }
  if (form.has('client_secret')) return { ok: false, why: 'method', error: 'invalid_client', text: texts.method }
  const assertion = form.get('client_assertion')
  if (assertion === null || form.get('client_assertion_type') !== ASSERTION_TYPE)
    return { ok: false, why: 'method', error: 'invalid_client', text: texts.method }
  const scope = form.get('scope')
  const scopes = scope === null ? undefined : [...new Set(scope.split(' ').filter((one) => one !== ''))]
  if (scopes?.length === 0) return { ok: false, why: 'scope', error: 'invalid_scope', text: texts.scope }
  return { ok: true, assertion, clientId: form.get('client_id') ?? undefined, scopes }
}

async function failed(ctx: IssueContext, claimed: string, address: string, fault: AssertionFault | 'replayed'): Promise<IssuedToken> {
  const nowMs = ctx.now()
  const { waitMs, areMany } = ctx.access.attempts.failed(claimed, address, nowMs)
  if (areMany) {
    const key = new Date(nowMs).toISOString().slice(0, 13)
    await raiseAlert(ctx.db, ctx, { kind: 'access.refused-often', key, detail: { reason: fault, refusals: ALERT_FROM } })
  }
  // Unknown clients and bad signatures are told to wait alike.
  return waitMs > 0 ? throttled(ctx, 'throttled', waitMs) : refused(ctx, fault, 'invalid_client', faultTexts[fault])
}

function throttled(ctx: IssueContext, outcome: string, waitMs: number): IssuedToken {
  return { ...refused(ctx, outcome, 'temporarily_unavailable', texts.throttled), waitSeconds: Math.ceil(waitMs / 1_000) }
}

function refused(ctx: IssueContext, outcome: string, error: TokenError, text: Text): Extract<IssuedToken, { ok: false }> {
  ctx.metrics.tokenRequests.inc({ outcome })
  ctx.log.warn({ event: 'token.refused', outcome }, 'token.refused')
  return { ok: false, error, text }
}

function digestOf(jti: string): string {
  return createHash('sha256').update(jti).digest('base64url')
}

const texts = {
  repeated: { zh: '参数不得重复', en: 'a parameter comes twice' },
  grantMissing: {
    zh: '缺少 grant_type；请以 application/x-www-form-urlencoded 发送 grant_type=client_credentials',
    en: 'grant_type is missing: send grant_type=client_credentials as application/x-www-form-urlencoded',
  },
  grant: { zh: '只支持 grant_type=client_credentials', en: 'only grant_type=client_credentials is known' },
  method: {
    zh: `只支持 private_key_jwt：client_assertion_type=${ASSERTION_TYPE}，以及 client_assertion`,
    en: `only private_key_jwt is known: client_assertion_type=${ASSERTION_TYPE}, and client_assertion`,
  },
  scope: { zh: '规则：scope 只能从客户端已有的权限范围中选取', en: 'Rule: scope may only narrow what the client has' },
  throttled: { zh: '失败次数过多；请按 Retry-After 稍后再试', en: 'too many failures: try again after the time in Retry-After' },
} as const satisfies Readonly<Record<string, Text>>

const faultTexts: Readonly<Record<AssertionFault | 'replayed', Text>> = {
  unknown: {
    zh: '客户端断言无法验证：请检查客户端编号、密钥（须已登记且生效）和签名算法（Ed25519）',
    en: 'the client assertion cannot be verified: check the client id, the key (enrolled and approved) and the algorithm (Ed25519)',
  },
  claims: { zh: '断言须含 iss、sub、aud、exp 和 jti', en: 'an assertion has iss, sub, aud, exp and jti' },
  audience: {
    zh: '断言的 aud 须为且仅为本节点的 issuer（单个字符串），见 /.well-known/oauth-authorization-server',
    en: "the assertion's aud must be the issuer of this node alone, as one string: see /.well-known/oauth-authorization-server",
  },
  expired: { zh: '断言已过期', en: 'the assertion has expired' },
  'not-yet-valid': { zh: '断言尚未生效；请检查时钟', en: 'the assertion is not valid yet: check the clock' },
  lifetime: { zh: '断言的有效期不得超过 5 分钟', en: 'an assertion lives at most 5 minutes' },
  replayed: { zh: '断言只能使用一次；请为每次请求生成新的 jti', en: 'an assertion is used once: each request needs a new jti' },
}
