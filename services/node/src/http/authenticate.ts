import {
  type Authenticated,
  type Caller,
  type Context,
  findCaller,
  HefuError,
  parseStaffNumber,
  requireLog,
  requireRole,
  requireScope,
  staffName,
} from '@hefu/exchange'
import type { FastifyInstance, FastifyRequest } from 'fastify'

type GuardContext = Pick<Context, 'access' | 'actorKey' | 'logState' | 'now' | 'procedures' | 'region'>

/**
 * Finds who bears the token, before anything else is asked: whoever is then refused, for the role, the scope or a header, has been
 * counted among this client's requests.
 */
export function identifyCallers(app: FastifyInstance, ctx: GuardContext): void {
  app.addHook('onRequest', async (request) => {
    if (!Array.isArray(request.routeOptions.config.rule) && !underV1(request.url)) return
    request.caller = { ...(await authenticate(request, ctx)), actor: null }
  })
}

/**
 * Nothing under /v1 answers without a token, not even that an address does not exist; and a route under /v1 without a rule and a scope
 * stops the start. After `identifyCallers`. Without a log there is nothing for officers: whatever they read or write is about persons.
 */
export function guardApi(app: FastifyInstance, ctx: GuardContext): void {
  app.addHook('onRoute', ({ url, method, config }) => {
    if (!underV1(url)) return
    if (!Array.isArray(config?.rule)) throw new Error(`no rule says who may call ${String(method)} ${url}`)
    if (config?.scope === undefined) throw new Error(`no scope says what a token must allow for ${String(method)} ${url}`)
  })
  app.addHook('onRequest', async (request) => {
    if (request.caller === null) return
    const { rule, scope } = request.routeOptions.config
    request.caller = { ...request.caller, actor: actorOf(request, ctx, request.caller) }
    if (Array.isArray(rule)) requireRole(request.caller, rule)
    if (scope !== undefined) requireScope(ctx, request.caller, scope)
    if (request.caller.role === 'officer') await requireLog(ctx)
  })
}

function underV1(url: string): boolean {
  return /^\/v1(?:[/?]|$)/.test(url)
}

async function authenticate(request: FastifyRequest, ctx: GuardContext): Promise<Authenticated> {
  const [, token] = /^Bearer +([A-Za-z0-9._~+/=-]{1,4096})$/i.exec(request.headers.authorization ?? '') ?? []
  const caller = token === undefined ? null : await findCaller(ctx, token)
  if (caller === null) throw new HefuError('unauthenticated', token === undefined ? {} : { detail: tokenNotValid })
  return caller
}

const tokenNotValid = {
  zh: '此令牌不是本节点签发，或已过期，或其客户端已被吊销：请在 POST /oauth/token 重新获取。',
  en: 'This token is not of this node, or has ended, or its client was revoked: get a new one at POST /oauth/token.',
}

/** The person behind a system's call, under the name that the log gives; the number itself goes nowhere. */
function actorOf(request: FastifyRequest, { actorKey, region }: GuardContext, { agency }: Authenticated): Caller['actor'] {
  const header = request.headers['hefu-actor']
  if (header === undefined) return null
  const parsed = parseStaffNumber(String(header))
  if (!parsed.ok) throw new HefuError('actor-invalid', parsed.why === 'identity' ? { detail: identity } : {})
  return staffName(actorKey, agency ?? region, parsed.value)
}

const identity = {
  zh: '规则：Hefu-Actor 不得为身份证件号码，也不得与其形式相同；请使用本单位的工号。',
  en: "Rule: Hefu-Actor must not be, or look like, an identity number: use the bureau's own staff number.",
}
