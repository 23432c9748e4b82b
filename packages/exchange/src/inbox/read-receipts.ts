import type { Context } from '../context.ts'
import type { ReceiptRow } from '../db/schema.ts'
import { HefuError } from '../errors.ts'
import { pageOfReceipts, type ReceiptFilter, type ReceiptPosition, readPlaces, readReceiptRow } from './receipt-store.ts'

export type { ReceiptPosition }

export interface ReceiptView {
  readonly digest: string
  readonly iss: string
  readonly aud: string
  readonly jti: string
  readonly receivedAt: string
  readonly tree: { readonly size: number; readonly root: string }
  /** The exact signed bytes. */
  readonly receipt: string
}

export async function listReceipts(
  ctx: Pick<Context, 'db'>,
  filter: ReceiptFilter,
): Promise<{ items: ReceiptView[]; next: ReceiptPosition | null }> {
  const rows = await pageOfReceipts(ctx.db, filter)
  const items = rows.slice(0, filter.limit).map(toView)
  const last = items.at(-1)
  return { items, next: rows.length > filter.limit && last ? { receivedAt: last.receivedAt, digest: last.digest } : null }
}

export async function readReceipt(ctx: Pick<Context, 'db'>, digest: string) {
  const row = await readReceiptRow(ctx.db, digest)
  if (!row) throw new HefuError('not-found')
  const places = await readPlaces(ctx.db, digest)
  return {
    ...toView(row),
    places: places.map((place) => ({
      jti: place.jti,
      iss: place.iss,
      digest: place.digest,
      status: place.status,
      reason: place.reason,
      index: place.leaf_index,
      path: place.path,
    })),
  }
}

function toView(row: ReceiptRow): ReceiptView {
  return {
    digest: row.digest,
    iss: row.iss,
    aud: row.aud,
    jti: row.jti,
    receivedAt: row.received_at.toISOString(),
    tree: { size: row.size, root: row.root },
    receipt: row.receipt,
  }
}
