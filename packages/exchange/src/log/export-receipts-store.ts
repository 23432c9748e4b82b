import { sql } from 'kysely'
import type { Reader } from '../db/bulk.ts'
import type { PlaceRow } from '../db/schema.ts'

/** Where a receipt stands in the export. */
export interface ReceiptPlace {
  readonly digest: string
  readonly direction: 'issued' | 'received'
}

/** Index of the entry of that receipt; undefined when the log has none. */
export async function findReceiptIndex(db: Reader, epoch: number, digest: string): Promise<number | undefined> {
  const row = await db
    .selectFrom('log_entries')
    .select('index')
    .where('epoch', '=', epoch)
    .where('digest', '=', digest)
    .where('kind', 'like', 'receipt.%')
    .orderBy('index')
    .limit(1)
    .executeTakeFirst()
  return row && Number(row.index)
}

/**
 * Receipts in the order of their entries: nothing is ever put in between, so that whoever goes on after the last one he has misses none,
 * however late its transaction was committed. A receipt that is gone from the tables is left out, and its entry shows that.
 */
export async function listLoggedReceipts(db: Reader, epoch: number, after: number, limit: number): Promise<ReceiptPlace[]> {
  const { rows } = await sql<ReceiptPlace>`select e.digest, split_part(e.kind, '.', 2) as direction from log_entries e
    where e.epoch = ${epoch} and e.kind in ('receipt.issued', 'receipt.received') and e.index > ${after}
      and exists (select 1 from receipts r where r.digest = e.digest)
    order by e.index limit ${limit}`.execute(db)
  return rows
}

/**
 * Receipts that should have an entry by now and have none: the newest entry is five minutes younger than they are. There are none unless
 * somebody took the entry away. Of the time in which that log was the live one; null: since ever, until now.
 */
export async function listUnloggedReceipts(
  db: Reader,
  region: string,
  { from, to }: { readonly from: Date | null; readonly to: Date | null },
): Promise<ReceiptPlace[]> {
  const { rows } = await sql<ReceiptPlace>`select r.digest, case when r.iss = ${region} then 'issued' else 'received' end as direction
    from receipts r
    where r.stored_at < (select at from log_entries order by epoch desc, index desc limit 1) - interval '5 minutes'
      and r.stored_at >= coalesce(${from}::timestamptz, '-infinity') and r.stored_at < coalesce(${to}::timestamptz, 'infinity')
      and not exists (select 1 from log_entries e where e.digest = r.digest and e.kind in ('receipt.issued', 'receipt.received'))
    order by r.stored_at, r.digest`.execute(db)
  return rows
}

export interface ReceiptTexts {
  readonly texts: ReadonlyMap<string, { readonly receipt: string; readonly size: number }>
  /** By receipt, in the order of its tree. */
  readonly places: ReadonlyMap<string, readonly PlaceRow[]>
}

export async function readReceiptTexts(db: Reader, digests: readonly string[]): Promise<ReceiptTexts> {
  const texts = await db
    .selectFrom('receipts')
    .select(['digest', 'receipt', 'size'])
    .where('digest', '=', sql<string>`any(${digests}::text[])`)
    .execute()
  const places = await db
    .selectFrom('places')
    .selectAll()
    .where('receipt', '=', sql<string>`any(${digests}::text[])`)
    .orderBy('leaf_index')
    .execute()
  return {
    texts: new Map(texts.map(({ digest, receipt, size }) => [digest, { receipt, size }])),
    places: Map.groupBy(places, ({ receipt }) => receipt),
  }
}
