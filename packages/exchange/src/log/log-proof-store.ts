import type { Reader } from '../db/bulk.ts'

/** An entry with its place. */
export interface FoundEntry {
  readonly epoch: number
  readonly index: number
  readonly entry: string
}

/** Every entry of that kind with one of these ids, the newest log first and in the order of each log. */
export async function findEntries(db: Reader, kind: string, jtis: readonly string[], limit: number): Promise<FoundEntry[]> {
  const rows = await db
    .selectFrom('log_entries')
    .select(['epoch', 'index', 'entry'])
    .where('jti', 'in', [...jtis])
    .where('kind', '=', kind)
    .orderBy('epoch', 'desc')
    .orderBy('index')
    .limit(limit)
    .execute()
  return rows.map(({ epoch, index, entry }) => ({ epoch, index: Number(index), entry }))
}
