import type { Caller, Context } from '../context.ts'
import { HefuError } from '../errors.ts'
import { logAdminChange } from '../log/log-admin-change.ts'
import { changeClient } from './change-client.ts'
import { type ClientView, clientEtag } from './client-view.ts'

type DecideContext = Pick<Context, 'db' | 'now'>

/** Carries out what another administrator asked for, exactly as it was read (`ifMatch`). Throws HefuError `four-eyes` for one's own request. */
export async function approveClient(ctx: DecideContext, caller: Caller, client: string, ifMatch: string): Promise<ClientView> {
  return await changeClient(ctx, client, async (tx, row) => {
    if (ifMatch !== clientEtag(row)) throw new HefuError('if-match-failed')
    const { asked } = row
    if (asked === null) throw new HefuError('conflict', { detail: nothingAsked })
    if (row.asked_by === caller.client) throw new HefuError('four-eyes')
    await logAdminChange(tx, ctx, caller, { action: 'client.approved', subject: client })
    const { scopes = row.scopes, keys = row.keys } = asked
    const approved = { approved_at: new Date(ctx.now()), approved_by: caller.client }
    return { state: 'active', scopes: [...scopes], keys: [...keys], ...approved, ...noneAsked }
  })
}

/** Nothing of what was asked for happens. A client that was never approved is revoked with it. The one who asked may do this too. */
export async function declineClient(ctx: DecideContext, caller: Caller, client: string): Promise<ClientView> {
  return await changeClient(ctx, client, async (tx, row) => {
    if (row.asked === null) throw new HefuError('conflict', { detail: nothingAsked })
    await logAdminChange(tx, ctx, caller, { action: 'client.declined', subject: client })
    return { ...noneAsked, ...(row.state === 'pending' ? revokedBy(ctx, caller) : {}) }
  })
}

/** At once and for ever. */
export async function revokeClient(ctx: DecideContext, caller: Caller, client: string): Promise<ClientView> {
  return await changeClient(ctx, client, async (tx) => {
    await logAdminChange(tx, ctx, caller, { action: 'client.revoked', subject: client })
    return { ...noneAsked, ...revokedBy(ctx, caller) }
  })
}

/** At once: tokens that were issued for this key are void too. */
export async function removeKey(ctx: DecideContext, caller: Caller, client: string, kid: string): Promise<ClientView> {
  return await changeClient(ctx, client, async (tx, row) => {
    const keys = row.keys.filter((key) => key.kid !== kid)
    if (keys.length === row.keys.length) throw new HefuError('not-found')
    await logAdminChange(tx, ctx, caller, { action: 'client.key-removed', subject: `${client}/${kid}` })
    // A request that waits must not bring the key back.
    const waiting = row.asked?.keys?.filter((key) => key.kid !== kid)
    return { keys, ...(row.asked && waiting ? { asked: { ...row.asked, keys: waiting } } : {}) }
  })
}

const noneAsked = { asked: null, asked_by: null, asked_at: null } as const

function revokedBy(ctx: Pick<Context, 'now'>, caller: Caller) {
  // Its keys stay on record: nobody else can be enrolled with them.
  return { state: 'revoked', scopes: [] as string[], revoked_at: new Date(ctx.now()), revoked_by: caller.client } as const
}

const nothingAsked = { zh: '没有等待复核的请求', en: 'Nothing waits for approval.' }
