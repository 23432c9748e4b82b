import { sql } from 'kysely'
import type { Reader } from '../db/bulk.ts'

/**
 * Forgets checkpoints signed before `before`, but of each hour the newest that a quorum has cosigned (where there is none, the newest),
 * the last of each log, and whatever a witness cosigned last. Every other tree can still be proven from the tiles against one of these.
 * `db`: the sequencer's login.
 */
export async function forgetCheckpoints(db: Reader, before: Date): Promise<number> {
  const { numAffectedRows } = await sql`with of_hours as (
      select distinct on (epoch, date_trunc('hour', at)) epoch, size from log_checkpoints
        order by epoch, date_trunc('hour', at), witnessed is null, size desc),
      last as (select epoch, max(size) as size from log_checkpoints group by epoch),
      kept as (select epoch, size from of_hours union select epoch, size from last union select epoch, size from log_witnesses)
    delete from log_checkpoints c where at < ${before}
      and not exists (select 1 from kept k where k.epoch = c.epoch and k.size = c.size)`.execute(db)
  return Number(numAffectedRows ?? 0)
}
