import { z } from 'zod'
import { digest, jti, regionId } from './claims.ts'
import { MAX_MESSAGES, REFUSAL_REASONS } from './constants.ts'
import { readPlainReceiptLine } from './plain-receipt.ts'
import { parseStrictJson } from './strict-json.ts'

const size = z.int().min(0)
const epochMs = z.int().min(0).max(253_402_300_799_999)
const origin = z.string().min(1).max(255)

/** `manifest.json` of an export folder: what was exported, pinned to one checkpoint. Unsigned: everything in it is checked against that. */
export const exportManifest = z.strictObject({
  v: z.literal(1),
  region: regionId,
  origin,
  epoch: z.int().min(0).max(32_767),
  size,
  exportedAt: epochMs,
  /** Entries were fetched from here on, rounded down to a whole bundle; absent: from the first. */
  from: size.exactOptional(),
  /** … and up to here, not included; absent: to the end. */
  to: size.exactOptional(),
})
export type ExportManifest = Readonly<z.infer<typeof exportManifest>>

/** `GET /v1/exchange-log/export`: what an export is pinned to. Notes are C2SP signed notes. */
export const exportOffer = z.strictObject({
  v: z.literal(1),
  region: regionId,
  origin,
  epoch: z.int().min(0).max(32_767),
  /** The pinned checkpoint; with its cosignatures where there are any. */
  checkpoint: z.string(),
  /** Of each witness the newest checkpoint of this log that it cosigned. */
  witnessed: z.array(z.strictObject({ witness: origin, note: z.string() })).max(512),
  /** Of each log that this node is a witness of, the newest checkpoint that it cosigned. */
  cosigned: z.array(z.strictObject({ origin, note: z.string() })).max(512),
  /** Logs that this one succeeds, oldest first. */
  earlier: z.array(z.strictObject({ origin, epoch: z.int().min(0).max(32_767), size, checkpoint: z.string() })).max(1000),
})
export type ExportOffer = Readonly<z.infer<typeof exportOffer>>

/** `pin.json`, there while an export is not finished: with it an interrupted one goes on to the same checkpoint. */
export const exportPin = z.strictObject({ manifest: exportManifest, offer: exportOffer })
export type ExportPin = Readonly<z.infer<typeof exportPin>>

const leaf = z.strictObject({
  jti,
  digest,
  status: z.enum(['accepted', 'refused']),
  reason: z.enum(REFUSAL_REASONS).exactOptional(),
  /**
   * Place in the receipt's tree, where not all of its messages are listed: an answer that was lost and asked for again names only some.
   */
  index: z.int().min(0).max(MAX_MESSAGES).exactOptional(),
  path: z.array(digest).max(64).exactOptional(),
})

/** A line of `receipts.ndjson`: a receipt and its messages in the order of the tree, all of them or each with its path. */
export const exportedReceipt = z.strictObject({
  digest,
  receipt: z.string(),
  direction: z.enum(['issued', 'received']),
  leaves: z.array(leaf).min(1).max(MAX_MESSAGES),
})
export type ExportedReceipt = Readonly<z.infer<typeof exportedReceipt>>
export type ExportedLeaf = ExportedReceipt['leaves'][number]

/** A line of `receipts.ndjson`, without its end; undefined when it is none. */
export function parseReceiptLine(bytes: Uint8Array): ExportedReceipt | undefined {
  return (readPlainReceiptLine(bytes) as ExportedReceipt | undefined) ?? parseExported(exportedReceipt, bytes)
}

/** Longest line: 500 messages, each with a path of nine hashes and more. */
export const MAX_RECEIPT_LINE_BYTES = 1024 * 1024

/** The value that the bytes hold, or undefined: not strict JSON, or not of that schema. */
export function parseExported<Schema extends z.ZodType>(schema: Schema, bytes: Uint8Array): z.infer<Schema> | undefined {
  const json = parseStrictJson(bytes)
  return json.ok ? schema.safeParse(json.value).data : undefined
}
