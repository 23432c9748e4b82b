import type { ReceiptRow } from '../db/schema.ts'

/** The row of a receipt whose signature and claims have been verified. */
export function storedReceipt(receipt: string, digest: string, nowMs: number): ReceiptRow {
  const claims = JSON.parse(Buffer.from(receipt.split('.')[1] ?? '', 'base64url').toString()) as {
    iss: string
    aud: string
    jti: string
    receivedAt: number
    tree: { size: number; root: string }
  }
  return {
    digest,
    iss: claims.iss,
    aud: claims.aud,
    jti: claims.jti,
    receipt,
    received_at: new Date(claims.receivedAt * 1000),
    size: claims.tree.size,
    root: claims.tree.root,
    stored_at: new Date(nowMs),
  }
}
