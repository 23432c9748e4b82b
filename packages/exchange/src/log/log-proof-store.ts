import type { Reader } from '../db/bulk.ts'

/** An entry with its place. */
export interface FoundEntry {
  readonly epoch: number
  readonly index: number
  readonly entry: string
}

/**
 * Every entry of that kind with one of these ids that is about this peer, the newest log first and in the order of each log. What others
 * sent under the same ids takes none of its places.
 */
export async function findEntries(
  db: Reader,
  { kind, jtis, peer }: { readonly kind: string; readonly jtis: readonly string[]; readonly peer: string },
  limit: number,
): Promise<FoundEntry[]> {
  const rows = await db
    .selectFrom('log_entries')
    .select(['epoch', 'index', 'entry'])
    .where('jti', 'in', [...jtis])
    .where('kind', '=', kind)
    .where('peer', '=', peer)
    .orderBy('epoch', 'desc')
    .orderBy('index')
    .limit(limit)
    .execute()
  return rows.map(({ epoch, index, entry }) => ({ epoch, index: Number(index), entry }))
}
