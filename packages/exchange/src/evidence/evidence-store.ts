import { sql } from 'kysely'
import type { Reader } from '../db/bulk.ts'
import type { PlaceRow } from '../db/schema.ts'

export interface StoredAnswer extends Pick<PlaceRow, 'digest' | 'iss' | 'status' | 'reason' | 'leaf_index' | 'path'> {
  /** Digest of the receipt. */
  readonly receipt: string
  readonly receiptJti: string
  /** The exact signed bytes of the receipt. */
  readonly text: string
}

/** How the receiver answered each of these documents, by digest. */
export async function readAnswers(
  db: Reader,
  documents: readonly { readonly jti: string; readonly digest: string }[],
): Promise<Map<string, StoredAnswer>> {
  const rows = await db
    .selectFrom('places')
    .innerJoin('receipts', 'receipts.digest', 'places.receipt')
    .select(['places.digest', 'places.iss', 'places.status', 'places.reason', 'places.leaf_index', 'places.path'])
    .select(['places.receipt', 'receipts.jti as receiptJti', 'receipts.receipt as text'])
    .where('places.jti', '=', sql<string>`any(${documents.map(({ jti }) => jti)}::uuid[])`)
    .where('places.digest', '=', sql<string>`any(${documents.map(({ digest }) => digest)}::text[])`)
    .execute()
  return new Map(rows.map((row) => [row.digest, row]))
}
