import type { Context } from '../context.ts'
import type { Tx } from '../db/bulk.ts'
import { HefuError } from '../errors.ts'
import { type ClientRow, lockClient, updateClient } from './client-store.ts'
import { type ClientView, readClient } from './client-view.ts'

/** One change of one client, under its lock. Throws HefuError `not-found`, and `conflict` for a client that is revoked: that is for ever. */
export async function changeClient(
  ctx: Pick<Context, 'db'>,
  client: string,
  change: (tx: Tx, row: ClientRow) => Promise<Partial<ClientRow>>,
): Promise<ClientView> {
  await ctx.db.transaction().execute(async (tx) => {
    const row = await lockClient(tx, client)
    if (row === undefined) throw new HefuError('not-found')
    if (row.state === 'revoked') throw new HefuError('conflict', { detail: revoked })
    await updateClient(tx, { ...(await change(tx, row)), client })
  })
  return await readClient(ctx, client)
}

const revoked = { zh: '客户端已吊销，不能恢复；请登记新的客户端', en: 'The client is revoked, for ever: enrol a new one.' }
