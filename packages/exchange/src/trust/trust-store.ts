import { sql } from 'kysely'
import { insertRows, type Reader, type Tx } from '../db/bulk.ts'

export interface TrustVersions {
  /** Newest version held; 0 without one. */
  readonly registry: number
  readonly manifests: number
}

/** Enough to see that another process has stored something: versions only grow, and rows are never removed. */
export async function readTrustVersions(db: Reader): Promise<TrustVersions> {
  const { rows } = await sql<TrustVersions>`select coalesce((select max(version) from registries), 0) as registry,
    (select count(*)::int from manifests) as manifests`.execute(db)
  return rows[0] ?? { registry: 0, manifests: 0 }
}

export async function readNewestRegistry(db: Reader): Promise<string | undefined> {
  const row = await db.selectFrom('registries').select('token').orderBy('version', 'desc').limit(1).executeTakeFirst()
  return row?.token
}

/** All of all regions, oldest first. */
export async function readManifests(db: Reader): Promise<string[]> {
  const rows = await db.selectFrom('manifests').select('token').orderBy('region').orderBy('version').execute()
  return rows.map(({ token }) => token)
}

export async function readNewestManifest(db: Reader, region: string): Promise<string | undefined> {
  const row = await db
    .selectFrom('manifests')
    .select('token')
    .where('region', '=', region)
    .orderBy('version', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row?.token
}

export async function readManifestsSince(db: Reader, region: string, since: Date): Promise<string[]> {
  const rows = await db.selectFrom('manifests').select('token').where('region', '=', region).where('at', '>', since).execute()
  return rows.map(({ token }) => token)
}

/** Two processes judge one after the other: each sees what the other has stored. */
export async function lockTrust(tx: Tx): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtext('hefu.trust'))`.execute(tx)
}

export async function insertRegistry(tx: Tx, row: { version: number; digest: string; token: string; at: Date }): Promise<void> {
  await insertRows('registries', [row]).execute(tx)
}

export async function insertManifest(
  tx: Tx,
  row: { region: string; version: number; digest: string; token: string; at: Date },
): Promise<void> {
  await insertRows('manifests', [row]).execute(tx)
}
