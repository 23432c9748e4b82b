import { sql } from 'kysely'
import type { Context } from '../context.ts'
import { insertRows } from '../db/bulk.ts'

/** False when this signed request came before: the unique key decides, also between two processes of the node. */
export async function rememberRequest(ctx: Pick<Context, 'db' | 'now'>, { iss, jti }: { iss: string; jti: string }): Promise<boolean> {
  const rows = [{ iss, jti, at: new Date(ctx.now()) }]
  const { rows: inserted } = await insertRows('request_ids', rows, sql`on conflict do nothing returning jti`).execute(ctx.db)
  return inserted.length === 1
}
