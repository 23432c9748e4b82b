import { sql } from 'kysely'
import { insertRows, type Tx } from '../db/bulk.ts'
import type { ActRow } from '../db/schema.ts'

/** Whether this act is to be done now: each is done once, and never recalled. */
export async function takeAct(tx: Tx, act: ActRow): Promise<boolean> {
  const { rows } = await insertRows('acts', [{ ...act }], sql`on conflict do nothing returning act`).execute(tx)
  return rows.length > 0
}
