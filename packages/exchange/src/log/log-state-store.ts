import { sql } from 'kysely'
import type { Reader } from '../db/bulk.ts'

export interface LogStateRow {
  readonly origin: string | null
  readonly epoch: number | null
  readonly size: string | null
  readonly sealed: boolean
  /** A process holds the sequencer's lock. */
  readonly leads: boolean
  /** And a quorum has confirmed the log to it. */
  readonly confirmed: boolean
  /** Nobody has acknowledged yet that the tables do not fit. */
  readonly damaged: boolean
  readonly oldest_pending: Date | null
  /** Of the newest checkpoint that a quorum has cosigned: when the log signed it. */
  readonly witnessed: Date | null
  readonly answered: Date | null
}

/**
 * Where the log stands, in one look. Who leads and whether its log is confirmed are locks and not rows: they end with the process, and no
 * backup brings them back.
 */
export async function readLogStateRow(db: Reader): Promise<LogStateRow> {
  const { rows } = await sql<LogStateRow>`with head as (select epoch, origin, size from log_heads order by epoch desc limit 1),
      locks as (select objsubid, classid::bigint as class, objid::bigint as object from pg_locks
        where locktype = 'advisory' and granted and database = (select oid from pg_database where datname = current_database()))
    select (select origin from head) as origin, (select epoch from head) as epoch, (select size from head) as size,
      exists (select 1 from log_seals where epoch = (select epoch from head)) as sealed,
      exists (select 1 from locks where objsubid = 1 and object = ${unsigned('hefu.sequencer')}) as leads,
      exists (select 1 from locks where objsubid = 2 and class = ${unsigned('hefu.sequencer')} and object = ${unsigned('confirmed')}) as confirmed,
      exists (select 1 from alerts where kind = 'log.damaged' and acknowledged_at is null) as damaged,
      (select at from log_pending order by id limit 1) as oldest_pending,
      (select at from log_checkpoints where epoch = (select epoch from head) and witnessed is not null order by size desc limit 1) as witnessed,
      (select max(answered_at) from log_witnesses where epoch = (select epoch from head)) as answered`.execute(db)
  const [row] = rows
  if (row === undefined) throw new Error('no state of the log')
  return row
}

/** As pg_locks shows one half of a key. */
function unsigned(name: string) {
  return sql`(hashtext(${name})::bigint & 4294967295)`
}
