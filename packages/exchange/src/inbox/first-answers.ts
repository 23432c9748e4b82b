import { raiseAlert } from '../alerts/alert-store.ts'
import type { Context } from '../context.ts'
import { runTogether } from '../db/bulk.ts'
import { transact } from '../db/transact.ts'
import { HefuError } from '../errors.ts'
import { storedReceipt } from '../outbox/stored-receipt.ts'
import { type AnswerRow, readAnswerRows, receiptStatements, type StoredAnswer } from './inbox-store.ts'
import { writeReceipt } from './issue-receipt.ts'
import { readLogOrigins, readReceiptEntry } from './receipt-store.ts'

type AnswersContext = Pick<Context, 'region' | 'ownSigners' | 'db' | 'now' | 'log' | 'metrics'>

/**
 * What was answered to these messages the first time. A receipt whose row is gone is written once more from what the exchange log says of
 * it: the same facts under the same key are the same bytes, and its digest says so. Somebody is told in any case: no code removes a receipt.
 * Throws HefuError `unavailable` when it cannot be: another receipt would answer one message twice.
 */
export async function firstAnswers(ctx: AnswersContext, iss: string, jtis: readonly string[]): Promise<StoredAnswer[]> {
  const rows = await readAnswerRows(ctx.db, iss, jtis)
  const lost = rows.filter(({ receipt }) => receipt === null)
  const restored = lost.length === 0 ? new Map<string, string>() : await restoreReceipts(ctx, iss, lost)
  return rows.map(({ receiptDigest, receivedAt: _, ...answer }) => ({
    ...answer,
    receipt: answer.receipt ?? restored.get(receiptDigest) ?? '',
  }))
}

/** Receipts by digest. */
async function restoreReceipts(ctx: AnswersContext, iss: string, lost: readonly AnswerRow[]): Promise<ReadonlyMap<string, string>> {
  const restored = new Map<string, string>()
  for (const [digest, [row]] of Map.groupBy(lost, ({ receiptDigest }) => receiptDigest)) {
    const receipt = row && (await writeAgain(ctx, iss, row))
    await transact(ctx.db, async (tx) => {
      if (receipt !== undefined) await runTogether(tx, receiptStatements([storedReceipt(receipt, digest, ctx.now())]))
      const why = receipt === undefined ? 'not-restored' : 'restored'
      await raiseAlert(tx, ctx, { kind: 'receipt.lost', key: `${digest}:${why}`, peer: iss, detail: { digest, why } })
    })
    if (receipt === undefined) throw new HefuError('unavailable', { detail: notRestored(digest) })
    restored.set(digest, receipt)
  }
  return restored
}

/** Undefined: the log does not name it, or the private half of the key that signed it is no longer here. */
async function writeAgain(ctx: AnswersContext, aud: string, { receiptDigest, receivedAt }: AnswerRow): Promise<string | undefined> {
  const entry = await readReceiptEntry(ctx.db, receiptDigest)
  if (entry === undefined) return undefined
  const { jti, size, root } = entry
  const origins = await readLogOrigins(ctx.db)
  for (const signer of ctx.ownSigners)
    for (const origin of origins) {
      const facts = { aud, jti, receivedAt: receivedAt.getTime() / 1000, size, root, origin }
      const written = await writeReceipt({ region: ctx.region, signer }, facts)
      if (written.digest === receiptDigest) return written.receipt
    }
  return undefined
}

function notRestored(digest: string) {
  return {
    zh: `本节点已答复过该报文，而回执 ${digest} 已从数据库中丢失，且无法重新生成：见警报 receipt.lost。`,
    en: `This node has answered the message before; its receipt ${digest} is gone from the database and cannot be written again: see the alert receipt.lost.`,
  }
}
