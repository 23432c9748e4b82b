import { type LogFact, messageDigest, receiptLeafHash, receiptTree, signReceipt } from '@hefu/protocol'
import type { Context } from '../context.ts'
import type { PlaceRow, ReceiptRow } from '../db/schema.ts'
import { uuidv7 } from '../uuid.ts'
import type { NewArrival } from './arrival-rows.ts'
import type { StoredAnswer } from './inbox-store.ts'

type IssueContext = Pick<Context, 'region' | 'signer' | 'exchangeLog'>

/** How soon every message of a receipt is in this node's log, in seconds: what the receipt promises. */
export const PROMISED_WITHIN_S = 60

export interface Issued {
  readonly row: ReceiptRow
  readonly places: readonly PlaceRow[]
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
  const receipt = await signReceipt(
    {
      iss: ctx.region,
      aud: iss as typeof ctx.region,
      jti,
      iat: receivedAt,
      receivedAt,
      tree: { size, root },
      log: { origin: ctx.exchangeLog.origin, within: PROMISED_WITHIN_S },
    },
    ctx.signer,
  )
  const digest = messageDigest(receipt)
  const places = inserted.map((arrival, at) => ({
    jti: arrival.jti,
    iss,
    digest: arrival.digest,
    status: arrival.verdict.status,
    reason: arrival.verdict.status === 'refused' ? arrival.verdict.reason : null,
    receipt: digest,
    leaf_index: at,
    path: [...(paths[at] ?? [])],
  }))
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
    places,
    entries: [
      ...inserted.map((arrival) => logEntry(ctx, iss, arrival)),
      { kind: 'receipt.issued', iss: ctx.region, aud: iss, jti, digest, size, root },
    ],
  }
}

/** The same that a later look-up of these messages finds. */
export function answersOf(inserted: readonly NewArrival[], { row, places }: Issued): StoredAnswer[] {
  return places.map(({ jti, digest, status, reason, leaf_index, path }, at) => ({
    jti,
    digest,
    first: inserted[at]?.first === true,
    status,
    reason,
    receipt: row.receipt,
    index: leaf_index,
    path,
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
