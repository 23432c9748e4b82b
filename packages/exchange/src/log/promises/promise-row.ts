import type { PromiseRow, ReceiptRow } from '../../db/schema.ts'

/** A peer's promise is looked at no later, however long a receipt says it may take. */
const LATEST_S = 86_400

/** What the receipt promises (protocol.md section 2), counted from now on; none where the receiver keeps no log. */
export function promiseRow({ digest, iss, receipt }: Pick<ReceiptRow, 'digest' | 'iss' | 'receipt'>, nowMs: number): PromiseRow[] {
  const log = promiseOf(receipt)
  if (log === undefined) return []
  const due = new Date(nowMs + Math.min(log.within, LATEST_S) * 1000)
  return [
    {
      receipt: digest,
      peer: iss,
      origin: log.origin,
      due_at: due,
      state: 'open',
      next_at: due,
      attempts: 0,
      checked_at: null,
      proven_size: null,
      missed_log: null,
      missed_size: null,
      missed_at: null,
    },
  ]
}

/** Of a receipt whose signature and claims have been verified. */
function promiseOf(receipt: string): { origin: string; within: number } | undefined {
  const claims = JSON.parse(Buffer.from(receipt.split('.')[1] ?? '', 'base64url').toString()) as {
    log?: { origin: string; within: number }
  }
  return claims.log
}
