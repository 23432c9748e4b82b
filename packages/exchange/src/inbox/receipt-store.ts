import { parseLogEntry } from '@hefu/protocol'
import { sql } from 'kysely'
import type { Reader } from '../db/bulk.ts'
import type { PlaceRow, ReceiptRow } from '../db/schema.ts'

/** Newest first: where a page ended. */
export interface ReceiptPosition {
  readonly receivedAt: string
  readonly digest: string
}

export interface ReceiptFilter {
  readonly caseNumber?: string | undefined
  readonly issuer?: string | undefined
  readonly limit: number
  readonly after?: ReceiptPosition | undefined
}

/** Newest first, and one more than `limit` where there are more. */
export async function pageOfReceipts(db: Reader, { caseNumber, issuer, limit, after }: ReceiptFilter): Promise<ReceiptRow[]> {
  let query = db
    .selectFrom('receipts')
    .selectAll()
    .orderBy('received_at', 'desc')
    .orderBy('digest', 'desc')
    .limit(limit + 1)
  if (issuer !== undefined) query = query.where('iss', '=', issuer)
  if (after) query = query.where(sql<boolean>`(received_at, digest) < (${after.receivedAt}::timestamptz, ${after.digest})`)
  if (caseNumber !== undefined)
    query = query.where(
      sql<boolean>`digest in (select p.receipt from places p join documents d on d.jti = p.jti and d.iss = p.iss where d.case_number = ${caseNumber})`,
    )
  return await query.execute()
}

export async function readReceiptRow(db: Reader, digest: string): Promise<ReceiptRow | undefined> {
  return await db.selectFrom('receipts').selectAll().where('digest', '=', digest).executeTakeFirst()
}

/** In the order of the receipt's tree. */
export async function readPlaces(db: Reader, receipt: string): Promise<PlaceRow[]> {
  return await db.selectFrom('places').selectAll().where('receipt', '=', receipt).orderBy('leaf_index').execute()
}

/** What the log says of a receipt that this node issued; undefined when it has no entry (yet). */
export async function readReceiptEntry(db: Reader, digest: string): Promise<{ jti: string; size: number; root: string } | undefined> {
  const row = await db
    .selectFrom('log_entries')
    .select('entry')
    .where('digest', '=', digest)
    .where('kind', '=', 'receipt.issued')
    .limit(1)
    .executeTakeFirst()
  const parsed = row && parseLogEntry(Buffer.from(row.entry))
  return parsed?.ok && parsed.entry.kind === 'receipt.issued' ? parsed.entry : undefined
}

/** Newest first. */
export async function readLogOrigins(db: Reader): Promise<string[]> {
  const rows = await db.selectFrom('log_heads').select('origin').orderBy('epoch', 'desc').execute()
  return rows.map(({ origin }) => origin)
}
