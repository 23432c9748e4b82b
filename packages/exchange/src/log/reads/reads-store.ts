import { sql } from 'kysely'
import type { Reader } from '../../db/bulk.ts'
import type { FoundEntry } from '../log-proof-store.ts'

export interface ReadsPeriod {
  readonly from: Date
  readonly to: Date
}

/** Entries about reads of that region's data, the newest first. The caller parses them: the text only narrows the choice. */
export async function findReads(db: Reader, owner: string, { from, to }: ReadsPeriod, limit: number): Promise<FoundEntry[]> {
  const rows = await db
    .selectFrom('log_entries')
    .select(['epoch', 'index', 'entry'])
    .where('kind', '=', 'access.read')
    .where('at', '>=', from)
    .where('at', '<=', to)
    .where(
      sql<boolean>`(position(${`"owner":"${owner}"`} in entry) > 0 or (position('"owners":[' in entry) > 0 and position(${`"${owner}"`} in entry) > 0))`,
    )
    .orderBy('at', 'desc')
    .orderBy('epoch', 'desc')
    .orderBy('index', 'desc')
    .limit(limit)
    .execute()
  return rows.map(({ epoch, index, entry }) => ({ epoch, index: Number(index), entry }))
}
