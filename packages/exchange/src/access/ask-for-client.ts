import { type PublicJwk, regionOfAgency } from '@hefu/protocol'
import { type AgencyCode, parseAgencyCode } from '@hefu/reference'
import { finishIdempotencyKey, takeIdempotencyKey } from '../cases/idempotency-store.ts'
import type { Caller, Context, Role } from '../context.ts'
import type { Tx } from '../db/bulk.ts'
import { HefuError } from '../errors.ts'
import { logAdminChange } from '../log/log-admin-change.ts'
import { changeClient } from './change-client.ts'
import { type ClientRow, insertClient, isKeyTaken } from './client-store.ts'
import { type ClientView, readClient } from './client-view.ts'
import { MAX_KEYS } from './parse-clients.ts'
import { scopesOfRole } from './scopes.ts'

export interface NewClient {
  readonly client: string
  /** For life. */
  readonly role: Role
  readonly agency?: string | undefined
  readonly scopes: readonly string[]
  readonly keys: readonly PublicJwk[]
}

type ClientContext = Pick<Context, 'db' | 'now' | 'region' | 'federation' | 'procedures' | 'vault'>

/** Four eyes: the client can do nothing until another administrator approves. Throws HefuError; then nothing is stored. */
export async function askForClient(
  ctx: ClientContext,
  caller: Caller,
  asked: NewClient,
  request: { readonly idempotencyKey: string; readonly fingerprint: string },
): Promise<ClientView> {
  requireAgency(ctx, asked)
  requireScopesOfRole(ctx, asked.role, asked.scopes, '/scopes')
  await ctx.db.transaction().execute(async (tx) => {
    if (await takeIdempotencyKey(tx, ctx, caller, request.idempotencyKey, request.fingerprint)) return
    await requireNewKeys(tx, asked.keys)
    if (!(await insertClient(tx, rowOf(ctx, caller, asked)))) throw new HefuError('conflict', { detail: nameTaken })
    await logAdminChange(tx, ctx, caller, { action: 'client.asked', subject: asked.client })
    await finishIdempotencyKey(tx, ctx, caller, {
      key: request.idempotencyKey,
      fingerprint: request.fingerprint,
      result: { client: asked.client },
    })
  })
  return await readClient(ctx, asked.client)
}

/** What is taken away is gone at once; what is added waits, as a whole, for another administrator. */
export async function askForScopes(ctx: ClientContext, caller: Caller, client: string, scopes: readonly string[]): Promise<ClientView> {
  return await changeClient(ctx, client, async (tx, row) => {
    requireScopesOfRole(ctx, row.role, scopes, '/scopes')
    const wanted = [...new Set(scopes)].toSorted()
    const kept = row.scopes.filter((scope) => wanted.includes(scope))
    const isWider = wanted.length > kept.length
    if (isWider) requireNothingAsked(row)
    if (kept.length < row.scopes.length) await logAdminChange(tx, ctx, caller, { action: 'client.scopes-narrowed', subject: client })
    if (isWider) await logAdminChange(tx, ctx, caller, { action: 'client.scopes-asked', subject: client })
    // What waits for its approval is never more than what was last asked for.
    const waiting = row.asked?.scopes?.filter((scope) => wanted.includes(scope))
    return {
      scopes: kept,
      ...(isWider ? askedBy(ctx, caller, { scopes: wanted }) : waiting && row.asked ? { asked: { ...row.asked, scopes: waiting } } : {}),
    }
  })
}

/** A key is the client itself: whoever could add one alone could act as any client, so this waits too. */
export async function askForKey(ctx: ClientContext, caller: Caller, client: string, key: PublicJwk): Promise<ClientView> {
  return await changeClient(ctx, client, async (tx, row) => {
    requireNothingAsked(row)
    await requireNewKeys(tx, [key])
    if (row.keys.length >= MAX_KEYS) throw new HefuError('conflict', { detail: tooManyKeys })
    await logAdminChange(tx, ctx, caller, { action: 'client.key-asked', subject: `${client}/${key.kid}` })
    return askedBy(ctx, caller, { keys: [...row.keys, { kid: key.kid, x: key.x }] })
  })
}

function askedBy(ctx: Pick<Context, 'now'>, caller: Caller, asked: NonNullable<ClientRow['asked']>) {
  return { asked, asked_by: caller.client, asked_at: new Date(ctx.now()) }
}

function rowOf(ctx: Pick<Context, 'now'>, caller: Caller, { client, role, agency, scopes, keys }: NewClient): ClientRow {
  const at = new Date(ctx.now())
  const asked = { scopes: [...new Set(scopes)].toSorted(), keys: keys.map(({ kid, x }) => ({ kid, x })) }
  const nobodyYet = { approved_at: null, approved_by: null, revoked_at: null, revoked_by: null }
  const by = { created_at: at, created_by: caller.client, asked_at: at, asked_by: caller.client }
  return { client, role, agency: agency ?? null, scopes: [], keys: [], state: 'pending', version: 1, asked, ...by, ...nobodyYet }
}

function requireAgency({ region, federation }: ClientContext, { role, agency }: NewClient): void {
  if (role !== 'officer') {
    if (agency !== undefined) throw wrongAgency('只有经办人员（officer）属于机构', 'only an officer belongs to an agency')
    return
  }
  if (agency === undefined || !parseAgencyCode(agency).ok)
    throw wrongAgency('经办人员（officer）必须有机构代码', 'an officer needs an agency code')
  if (regionOfAgency(federation, agency as AgencyCode) !== region) throw wrongAgency('机构不属于本区域', 'is not an agency of this region')
}

function wrongAgency(zh: string, en: string): HefuError {
  return new HefuError('invalid-document', { errors: [{ pointer: '/agency', code: 'agency', zh, en }] })
}

function requireScopesOfRole(ctx: Pick<Context, 'procedures'>, role: Role, scopes: readonly string[], pointer: string): void {
  const known = scopesOfRole(ctx.procedures, role)
  const errors = scopes.flatMap((scope, at) =>
    known.includes(scope)
      ? []
      : [
          {
            pointer: `${pointer}/${at}`,
            code: 'scope',
            zh: `规则：角色 ${role} 没有这个权限范围，见 /v1/clients/scopes`,
            en: `Rule: a client of the role ${role} cannot have this scope; see /v1/clients/scopes`,
          },
        ],
  )
  if (errors.length > 0) throw new HefuError('invalid-document', { errors })
}

async function requireNewKeys(tx: Tx, keys: readonly PublicJwk[]): Promise<void> {
  const kids = keys.map(({ kid }) => kid)
  if (new Set(kids).size < kids.length || (await isKeyTaken(tx, kids))) throw new HefuError('conflict', { detail: keyTaken })
}

function requireNothingAsked({ asked }: ClientRow): void {
  if (asked !== null) throw new HefuError('conflict', { detail: alreadyAsked })
}

const nameTaken = { zh: '已有此编号的客户端；编号不会再次使用', en: 'There is a client of this id; an id is never used again.' }
const keyTaken = {
  zh: '此公钥已登记；每个客户端使用自己的密钥',
  en: 'This public key is enrolled already: each client has keys of its own.',
}
const tooManyKeys = {
  zh: `客户端最多有 ${MAX_KEYS} 把密钥；请先移除旧密钥`,
  en: `A client has at most ${MAX_KEYS} keys: remove an old one first.`,
}
const alreadyAsked = {
  zh: '此客户端已有等待复核的请求；请先批准或退回',
  en: 'A request for this client waits already: approve or decline it first.',
}
