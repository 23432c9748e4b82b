import { sql } from 'kysely'
import type { Reader } from '../db/bulk.ts'

/** A key of the vault itself, wrapped. */
export async function readVaultKey(db: Reader, name: string): Promise<string | undefined> {
  return (await db.selectFrom('vault_keys').select('data_key').where('name', '=', name).executeTakeFirst())?.data_key
}

/** Unless another process of the node was first; answers what stands. */
export async function keepVaultKey(db: Reader, name: string, wrapped: string, at: Date): Promise<string> {
  await sql`insert into vault_keys (name, data_key, created_at) values (${name}, ${wrapped}, ${at}) on conflict (name) do nothing`.execute(
    db,
  )
  return (await readVaultKey(db, name)) ?? wrapped
}
