import { type Kysely, sql } from 'kysely'
import { insertAll, type Reader } from '../db/bulk.ts'
import type { Database, ReconciliationRow } from '../db/schema.ts'

export async function insertReconciliation(db: Reader, row: Omit<ReconciliationRow, 'state' | 'finished_at' | 'result'>): Promise<void> {
  await insertAll(db, 'reconciliations', [{ ...row, state: 'queued', finished_at: null }])
}

export async function readReconciliationRow(db: Reader, id: string): Promise<ReconciliationRow | undefined> {
  return await db.selectFrom('reconciliations').selectAll().where('id', '=', id).executeTakeFirst()
}

/** Newest first. */
export async function pageOfReconciliations(db: Reader, page: { limit: number; after?: string | undefined }): Promise<ReconciliationRow[]> {
  let query = db.selectFrom('reconciliations').selectAll().orderBy('id', 'desc').limit(page.limit)
  if (page.after !== undefined) query = query.where('id', '<', page.after)
  return await query.execute()
}

/** The oldest that is not finished: queued, or running by a process that died. To be asked by the only runner. */
export async function nextReconciliation(db: Reader, peer: string): Promise<ReconciliationRow | undefined> {
  return await db
    .selectFrom('reconciliations')
    .selectAll()
    .where('peer', '=', peer)
    .where('state', 'in', ['queued', 'running'])
    .orderBy('id')
    .executeTakeFirst()
}

/** Peers with reconciliations that are queued and that nobody runs, for the sweep that refills the queue. */
export async function peersToReconcile(db: Kysely<Database>): Promise<string[]> {
  const { rows } = await sql<{ peer: string }>`select distinct r.peer from reconciliations r
    where r.state in ('queued', 'running') and not exists (
      select 1 from pg_locks l
      where l.locktype = 'advisory' and l.objsubid = 2 and l.granted
        and l.database = (select oid from pg_database where datname = current_database())
        and l.classid::bigint = (hashtext('hefu.reconcile')::bigint & 4294967295)
        and l.objid::bigint = (hashtext(r.peer)::bigint & 4294967295))
    order by r.peer`.execute(db)
  return rows.map((row) => row.peer)
}

export async function startReconciliation(db: Reader, id: string): Promise<void> {
  await db.updateTable('reconciliations').set({ state: 'running' }).where('id', '=', id).execute()
}

export async function finishReconciliation(
  db: Reader,
  id: string,
  end: { state: 'done' | 'failed'; at: Date; result: unknown },
): Promise<void> {
  await db
    .updateTable('reconciliations')
    .set({ state: end.state, finished_at: end.at, result: JSON.stringify(end.result) })
    .where('id', '=', id)
    .execute()
}

/**
 * Runs `work` unless somebody else reconciles with this peer, on any process of the node. The lock belongs to a connection of its
 * own and to no transaction: when the process is killed, PostgreSQL releases it. False when it was taken.
 */
export async function asOnlyReconciler(db: Kysely<Database>, peer: string, work: () => Promise<void>): Promise<boolean> {
  return await db.connection().execute(async (connection) => {
    const lock = await sql<{ taken: boolean }>`select pg_try_advisory_lock(hashtext('hefu.reconcile'), hashtext(${peer})) as taken`.execute(
      connection,
    )
    if (!lock.rows[0]?.taken) return false
    try {
      await work()
    } finally {
      await sql`select pg_advisory_unlock(hashtext('hefu.reconcile'), hashtext(${peer}))`.execute(connection)
    }
    return true
  })
}

/** Makes the peer's pending messages of these due now; answers which of them are pending. */
export async function makeDue(db: Reader, peer: string, jtis: readonly string[], at: Date): Promise<Set<string>> {
  if (jtis.length === 0) return new Set()
  const { rows } = await sql<{ jti: string }>`update outbox set next_attempt_at = ${at}, split = 0
    where peer = ${peer} and state = 'pending' and jti = any(${jtis}::uuid[]) returning jti`.execute(db)
  return new Set(rows.map((row) => row.jti))
}

/** Cases with messages of this peer that were accepted before `until` and never applied. */
export async function unappliedCases(db: Reader, peer: string, until: Date): Promise<string[]> {
  const { rows } = await sql<{ case_number: string }>`select distinct case_number from inbox
    where iss = ${peer} and applied_at is null and status = 'accepted' and received_at < ${until} and case_number is not null`.execute(db)
  return rows.map((row) => row.case_number)
}
