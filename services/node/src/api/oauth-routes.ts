import { type IssuedToken, issueToken, scopeTable, type TokenError } from '@hefu/exchange'
import { z } from 'zod'
import { type Language, localise } from '../http/language.ts'
import { type Answer, defineRoute, type Route } from '../http/route.ts'

const tag = 'oauth'

const issued = z.object({ access_token: z.string(), token_type: z.literal('Bearer'), expires_in: z.int(), scope: z.string() })
const refusal = z.object({ error: z.string(), error_description: z.string() })

const metadata = z
  .object({
    issuer: z.string(),
    token_endpoint: z.string(),
    jwks_uri: z.string(),
    grant_types_supported: z.array(z.string()),
    response_types_supported: z.array(z.string()),
    token_endpoint_auth_methods_supported: z.array(z.string()),
    token_endpoint_auth_signing_alg_values_supported: z.array(z.string()),
    scopes_supported: z.array(z.string()),
    service_documentation: z.string(),
  })
  .meta({ id: 'AuthorizationServerMetadata' })

/** Where clients get their tokens (RFC 6749, 7523), and where they learn how (RFC 8414). */
export function oauthRoutes(): Route[] {
  return [
    defineRoute({
      method: 'POST',
      path: '/oauth/token',
      operationId: 'issue-token',
      tag,
      summary: { zh: '以客户端断言换取访问令牌', en: 'Get an access token for a client assertion' },
      rule: 'public',
      reads: 'no',
      rawTypes: ['application/x-www-form-urlencoded'],
      bodyLimit: 16 * 1024,
      answer: {
        statuses: [200, 400, 401, 429],
        description: { zh: '令牌；或 RFC 6749 的错误', en: 'the token, or an error of RFC 6749' },
        schema: z.union([issued, refusal]).meta({ id: 'TokenAnswer' }),
        headers: { 'Retry-After': { zh: '失败过多时：多少秒后再试', en: 'after too many failures: seconds to wait' } },
      },
      handle: async (ctx, { rawBody, address, language }) =>
        tokenAnswer(await issueToken(ctx, { form: rawBody.toString(), address }), language),
    }),
    defineRoute({
      method: 'GET',
      path: '/.well-known/oauth-authorization-server',
      operationId: 'read-authorization-server',
      tag,
      summary: { zh: '令牌服务的说明（RFC 8414）', en: 'What the token endpoint is (RFC 8414)' },
      rule: 'public',
      reads: 'no',
      answer: { statuses: [200], description: { zh: '说明', en: 'the metadata' }, schema: metadata },
      handle: async ({ access: { issuer }, procedures }) => ({
        body: {
          issuer,
          token_endpoint: `${issuer}/oauth/token`,
          jwks_uri: `${issuer}/oauth/jwks`,
          grant_types_supported: ['client_credentials'],
          response_types_supported: [],
          token_endpoint_auth_methods_supported: ['private_key_jwt'],
          token_endpoint_auth_signing_alg_values_supported: ['Ed25519'],
          scopes_supported: scopeTable(procedures).map(({ scope }) => scope),
          service_documentation: `${issuer}/docs`,
        },
      }),
    }),
    defineRoute({
      method: 'GET',
      path: '/oauth/jwks',
      operationId: 'read-token-keys',
      tag,
      summary: { zh: '访问令牌的验证公钥', en: 'The public key that verifies access tokens' },
      rule: 'public',
      reads: 'no',
      answer: {
        statuses: [200],
        description: { zh: '公钥', en: 'the keys' },
        schema: z.object({
          keys: z.array(z.object({ kty: z.string(), crv: z.string(), x: z.string(), kid: z.string(), alg: z.string(), use: z.string() })),
        }),
      },
      handle: async ({ access }) => ({ body: { keys: access.verifyKeys.map((jwk) => ({ ...jwk, alg: 'Ed25519', use: 'sig' })) } }),
    }),
  ]
}

const statuses: Readonly<Record<TokenError, number>> = {
  invalid_request: 400,
  invalid_client: 401,
  unsupported_grant_type: 400,
  invalid_scope: 400,
  temporarily_unavailable: 429,
}

function tokenAnswer(given: IssuedToken, language: Language): Answer<z.infer<typeof issued> | z.infer<typeof refusal>> {
  const uncached = { 'cache-control': 'no-store' }
  if (given.ok) {
    const { token, seconds, scope } = given
    return { body: { access_token: token, token_type: 'Bearer', expires_in: seconds, scope }, headers: uncached }
  }
  const retry = given.waitSeconds === undefined ? {} : { 'retry-after': String(given.waitSeconds) }
  const body = { error: given.error, error_description: localise(given.text, language) }
  return { status: statuses[given.error], body, headers: { ...uncached, ...retry, vary: 'accept-language' } }
}
