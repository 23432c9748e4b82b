import { sql } from 'kysely'
import { insertRows, type Reader, type Tx } from '../db/bulk.ts'
import type { ClientRow } from '../db/schema.ts'

export type { ClientRow }

/** What waits for a second administrator: all that the client would have afterwards. */
export interface Asked {
  readonly scopes?: readonly string[]
  readonly keys?: readonly ClientKey[]
}

/** A public Ed25519 key; the record fixes the algorithm. */
export interface ClientKey {
  readonly kid: string
  readonly x: string
}

export async function readClients(db: Reader, clients: readonly string[]): Promise<ClientRow[]> {
  const { rows } = await sql<ClientRow>`select * from clients where client = any(${clients}::text[])`.execute(db)
  return rows
}

/** Locked until the transaction ends: two administrators decide one after the other. */
export async function lockClient(tx: Tx, client: string): Promise<ClientRow | undefined> {
  return await tx.selectFrom('clients').selectAll().where('client', '=', client).forUpdate().executeTakeFirst()
}

export async function pageOfClients(db: Reader, page: { limit: number; after?: string | undefined }): Promise<ClientRow[]> {
  let query = db
    .selectFrom('clients')
    .selectAll()
    .orderBy('client')
    .limit(page.limit + 1)
  if (page.after !== undefined) query = query.where('client', '>', page.after)
  return await query.execute()
}

/** False when there is a client of that name: a name is never given twice, not even after its revocation. */
export async function insertClient(tx: Tx, row: ClientRow): Promise<boolean> {
  const { rows } = await insertRows('clients', [{ ...row }], sql`on conflict (client) do nothing returning client`).execute(tx)
  return rows.length > 0
}

export async function updateClient(
  tx: Tx,
  { client, asked, keys, ...columns }: Partial<ClientRow> & Pick<ClientRow, 'client'>,
): Promise<void> {
  await tx
    .updateTable('clients')
    .set((eb) => ({
      ...columns,
      ...(asked === undefined ? {} : { asked: asked === null ? null : JSON.stringify(asked) }),
      ...(keys === undefined ? {} : { keys: JSON.stringify(keys) }),
      version: eb('version', '+', 1),
    }))
    .where('client', '=', client)
    .execute()
}

/**
 * Whether somebody holds, or waits for, one of these keys: a key for two clients would leave open who acted. Under a lock of all
 * administration, so that two cannot ask for the same one at once.
 */
export async function isKeyTaken(tx: Tx, kids: readonly string[]): Promise<boolean> {
  await sql`select pg_advisory_xact_lock(hashtext('hefu.clients'))`.execute(tx)
  const { rows } = await sql`
    select 1 from clients c
    where exists (select 1 from json_array_elements(c.keys) as k where k ->> 'kid' = any(${kids}::text[]))
      or exists (select 1 from json_array_elements(c.asked -> 'keys') as k where k ->> 'kid' = any(${kids}::text[]))
    limit 1`.execute(tx)
  return rows.length > 0
}

/** Only a digest of the id is kept: the text is the client's own. */
export interface UsedAssertion {
  readonly client: string
  readonly jti_digest: string
  readonly expires_at: Date
}

/**
 * Answers those that had not been used before, each once. In the order of their keys: two processes that keep the same ones wait for each
 * other, never in a circle.
 */
export async function useAssertions(db: Reader, used: readonly UsedAssertion[]): Promise<UsedAssertion[]> {
  const { rows } = await sql<UsedAssertion>`insert into used_assertions (client, jti_digest, expires_at)
    select * from unnest(${used.map(({ client }) => client)}::text[], ${used.map(({ jti_digest }) => jti_digest)}::text[],
      ${used.map(({ expires_at }) => expires_at)}::timestamptz[]) as u (client, jti_digest, expires_at) order by client, jti_digest
    on conflict do nothing returning client, jti_digest, expires_at`.execute(db)
  return rows
}

/** What has expired is refused for its time. */
export async function forgetAssertions(db: Reader, before: Date): Promise<void> {
  await db.deleteFrom('used_assertions').where('expires_at', '<', before).execute()
}
