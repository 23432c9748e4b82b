import type { Caller, Context } from '../context.ts'
import { logAdminChange } from '../log/log-admin-change.ts'
import { insertClient } from './client-store.ts'
import type { Administrator } from './parse-clients.ts'
import { scopesOfRole } from './scopes.ts'

/** Who the log says has enrolled them: whoever installs the node. */
const INSTALLATION: Caller = { client: 'clients-file', role: 'security', agency: null, scopes: new Set(), actor: null }

/**
 * Enrols the administrators of the clients file that this node does not know yet. Of those it knows, the database has the last word: what was
 * revoked stays revoked whatever the file says. Safe to run from several processes at once.
 */
export async function prepareAdministrators(
  ctx: Pick<Context, 'db' | 'now' | 'procedures'>,
  administrators: readonly Administrator[],
): Promise<void> {
  const at = new Date(ctx.now())
  const by = { created_at: at, created_by: INSTALLATION.client, approved_at: at, approved_by: INSTALLATION.client }
  const nothing = { asked: null, asked_by: null, asked_at: null, revoked_at: null, revoked_by: null }
  const scopes = scopesOfRole(ctx.procedures, 'security')
  await ctx.db.transaction().execute(async (tx) => {
    for (const { client, keys } of administrators) {
      const own = { client, keys: keys.map(({ kid, x }) => ({ kid, x })) }
      const row = { ...own, role: 'security', agency: null, scopes, state: 'active', version: 1, ...by, ...nothing } as const
      if (await insertClient(tx, row)) await logAdminChange(tx, ctx, INSTALLATION, { action: 'client.installed', subject: client })
    }
  })
}
