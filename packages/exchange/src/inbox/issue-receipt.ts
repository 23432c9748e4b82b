import { type LogFact, messageDigest, receiptLeafHash, receiptTree, signReceipt } from '@hefu/protocol'
import type { Context } from '../context.ts'
import type { ReceiptRow } from '../db/schema.ts'
import { uuidv7 } from '../uuid.ts'
import type { NewArrival, Place } from './arrival-rows.ts'
import type { StoredAnswer } from './inbox-store.ts'

type IssueContext = Pick<Context, 'region' | 'signer' | 'exchangeLog'>

/** How soon every message of a receipt is in this node's log, in seconds: what the receipt promises. */
export const PROMISED_WITHIN_S = 60

export interface Issued {
  readonly row: ReceiptRow
  /** In the order of the messages. */
  readonly places: readonly Place[]
  readonly entries: readonly LogFact[]
}

/** One receipt over all of them (protocol.md section 2), with what the exchange log will hold of it. */
export async function issueReceipt(ctx: IssueContext, iss: string, inserted: readonly NewArrival[], nowMs: number): Promise<Issued> {
  const leaves = inserted.map(({ jti, digest, verdict }) =>
    receiptLeafHash({ jti, digest, status: verdict.status, ...(verdict.status === 'refused' ? { reason: verdict.reason } : {}) }),
  )
  const { size, root, paths } = receiptTree(leaves)
  const receivedAt = Math.floor(nowMs / 1000)
  const jti = uuidv7(nowMs)
  const { receipt, digest } = await writeReceipt(ctx, { aud: iss, jti, receivedAt, size, root, origin: ctx.exchangeLog.origin })
  return {
    row: {
      digest,
      iss: ctx.region,
      aud: iss,
      jti,
      receipt,
      received_at: new Date(receivedAt * 1000),
      size,
      root,
      stored_at: new Date(nowMs),
    },
    places: inserted.map((_, index) => ({ receiptDigest: digest, index, path: paths[index] ?? [] })),
    entries: [
      ...inserted.map((arrival) => logEntry(ctx, iss, arrival)),
      { kind: 'receipt.issued', iss: ctx.region, aud: iss, jti, digest, size, root },
    ],
  }
}

export interface ReceiptFacts {
  readonly aud: string
  readonly jti: string
  /** Epoch seconds. */
  readonly receivedAt: number
  readonly size: number
  readonly root: string
  /** Of the log that the promise is about. */
  readonly origin: string
}

/** The same facts, signed with the same key, are the same bytes (RFC 8032). */
export async function writeReceipt(
  { region, signer }: Pick<IssueContext, 'region' | 'signer'>,
  { aud, jti, receivedAt, size, root, origin }: ReceiptFacts,
): Promise<{ receipt: string; digest: string }> {
  const log = { origin, within: PROMISED_WITHIN_S }
  const claims = { iss: region, aud: aud as typeof region, jti, iat: receivedAt, receivedAt, tree: { size, root }, log }
  const receipt = await signReceipt(claims, signer)
  return { receipt, digest: messageDigest(receipt) }
}

/** The same that a later look-up of these messages finds. */
export function answersOf(inserted: readonly NewArrival[], { row, places }: Issued): StoredAnswer[] {
  return inserted.map(({ jti, digest, first, verdict }, index) => ({
    jti,
    digest,
    first,
    status: verdict.status,
    reason: verdict.status === 'refused' ? verdict.reason : null,
    receipt: row.receipt,
    index,
    path: places[index]?.path ?? [],
  }))
}

function logEntry(ctx: IssueContext, iss: string, { jti, digest, verdict }: NewArrival): LogFact {
  if (verdict.status === 'refused') return { kind: 'refusal', iss, aud: ctx.region, jti, digest, reason: verdict.reason }
  const { claims } = verdict
  return {
    kind: 'message.received',
    iss,
    aud: claims.aud,
    jti,
    procedure: claims.procedure,
    document: claims.document,
    case: claims.case,
    digest,
  }
}
