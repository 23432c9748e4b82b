import { type RawBuilder, sql } from 'kysely'
import type { Reader } from '../db/bulk.ts'

/**
 * Changes the rows `i` of the inbox that `which` (joins and conditions) names; answers their cases. The rows are locked in the order of
 * their keys: two that mark many rows at once wait for each other, never in a circle.
 */
export async function markInboxRows(db: Reader, which: RawBuilder<unknown>, change: RawBuilder<unknown>): Promise<string[]> {
  const { rows } = await sql<{ case_number: string }>`with held as materialized (select i.jti, i.iss, i.digest from inbox i ${which}
      order by i.jti, i.iss, i.digest for no key update of i)
    update inbox i set ${change} from held where i.jti = held.jti and i.iss = held.iss and i.digest = held.digest
    returning i.case_number`.execute(db)
  return [...new Set(rows.map((row) => row.case_number))]
}

/**
 * Puts accepted messages that nobody applied, and that are due, off until `again`; answers their cases. It takes what is free: what
 * somebody is applying or marking needs no sweep.
 */
export async function takeUnapplied(db: Reader, now: Date, again: Date): Promise<string[]> {
  const { rows } = await sql<{ case_number: string }>`with late as materialized (select jti, iss, digest from inbox
      where applied_at is null and next_apply_at <= ${now} order by next_apply_at limit 5000 for no key update skip locked)
    update inbox i set next_apply_at = ${again} from late where i.jti = late.jti and i.iss = late.iss and i.digest = late.digest
    returning i.case_number`.execute(db)
  return [...new Set(rows.map((row) => row.case_number))]
}

export interface UnappliedMessage {
  readonly jti: string
  readonly digest: string
}

/** Accepted messages of these cases that are still to be applied. */
export async function readUnapplied(tx: Reader, caseNumbers: readonly string[]): Promise<UnappliedMessage[]> {
  const { rows } = await sql<UnappliedMessage>`select i.jti, i.digest from inbox i
    join unnest(${caseNumbers}::text[]) as n (number) on i.case_number = n.number where i.applied_at is null`.execute(tx)
  return rows
}

export async function markApplied(tx: Reader, messages: readonly UnappliedMessage[], at: Date): Promise<void> {
  await markInboxRows(
    tx,
    sql`join unnest(${messages.map(({ jti }) => jti)}::uuid[], ${messages.map(({ digest }) => digest)}::text[]) as a (jti, digest)
      on i.jti = a.jti and i.digest = a.digest where i.applied_at is null`,
    sql`applied_at = ${at}`,
  )
}

/** After a failure: the sweep tries again from `nextAt` on. */
export async function putOffApplying(db: Reader, caseNumber: string, nextAt: Date): Promise<void> {
  await markInboxRows(
    db,
    sql`where i.case_number = ${caseNumber} and i.applied_at is null`,
    sql`apply_attempts = i.apply_attempts + 1, next_apply_at = ${nextAt}`,
  )
}
