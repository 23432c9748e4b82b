import { sql } from 'kysely'
import type { Context } from '../context.ts'
import { HefuError } from '../errors.ts'

export interface ReceiptPosition {
  readonly receivedAt: string
  readonly digest: string
}

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
  filter: { caseNumber?: string | undefined; issuer?: string | undefined; limit: number; after?: ReceiptPosition | undefined },
): Promise<{ items: ReceiptView[]; next: ReceiptPosition | null }> {
  let query = ctx.db
    .selectFrom('receipts')
    .selectAll()
    .orderBy('received_at', 'desc')
    .orderBy('digest', 'desc')
    .limit(filter.limit + 1)
  if (filter.issuer !== undefined) query = query.where('iss', '=', filter.issuer)
  if (filter.after)
    query = query.where(sql<boolean>`(received_at, digest) < (${filter.after.receivedAt}::timestamptz, ${filter.after.digest})`)
  if (filter.caseNumber !== undefined) {
    const { caseNumber } = filter
    query = query.where(
      sql<boolean>`digest in (select p.receipt from places p join documents d on d.jti = p.jti and d.iss = p.iss where d.case_number = ${caseNumber})`,
    )
  }
  const rows = await query.execute()
  const items = rows.slice(0, filter.limit).map(toView)
  const last = items.at(-1)
  return { items, next: rows.length > filter.limit && last ? { receivedAt: last.receivedAt, digest: last.digest } : null }
}

export async function readReceipt(ctx: Pick<Context, 'db'>, digest: string) {
  const row = await ctx.db.selectFrom('receipts').selectAll().where('digest', '=', digest).executeTakeFirst()
  if (!row) throw new HefuError('not-found')
  const places = await ctx.db.selectFrom('places').selectAll().where('receipt', '=', digest).orderBy('leaf_index').execute()
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

function toView(row: {
  digest: string
  iss: string
  aud: string
  jti: string
  received_at: Date
  size: number
  root: string
  receipt: string
}): ReceiptView {
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
