import { REFUSAL_REASONS, SHA256_TEXT, UUID_V7 } from '@hefu/protocol'
import { z } from 'zod'

/** Where peers compare their halves. */
export const HEADS_PATH = '/exchange/v1/heads'
/** Heads a page. */
export const MAX_HEADS = 5_000
/** Messages fetched or restored with one request. */
export const MAX_ITEMS = 100
/** Bytes of items in one body; the first is taken whatever its size. */
export const MAX_ITEM_BYTES = 7 * 1024 * 1024
export const MAX_DAYS = 366

/** A date in Asia/Shanghai: that of the message's `jti`, so that both sides count a message to the same day. */
export const day = z.iso.date().regex(/^20/)
const region = z.string().regex(/^\d{6}$/)
const digest = z.string().regex(SHA256_TEXT)
const messageId = z.strictObject({ iss: region, jti: z.string().regex(UUID_V7) })
const reason = z.enum(REFUSAL_REASONS)

/** What one side knows of one message; `receipt` is the digest of the receipt, null while there is none (`pending`). */
const head = messageId.extend({
  digest,
  status: z.enum(['accepted', 'refused', 'pending']),
  reason: reason.nullable(),
  receipt: digest.nullable(),
})

/** Everything that one message left behind, each part signed by the side that wrote it. */
const item = messageId.extend({
  digest,
  status: z.enum(['accepted', 'refused']),
  reason: reason.nullable(),
  /** The exact bytes; null where the side that answers refused them and keeps no content. */
  message: z
    .string()
    .max(256 * 1024)
    .nullable(),
  receipt: z.string().max(8192),
  index: z.int().min(0),
  path: z.array(digest).max(64),
})

export const headsQuestion = z.union([
  z.strictObject({ days: z.strictObject({ from: day, to: day }) }),
  z.strictObject({ day, after: messageId.exactOptional() }),
  z.strictObject({ fetch: z.array(messageId).min(1).max(MAX_ITEMS) }),
  z.strictObject({ restore: z.array(item).min(1).max(MAX_ITEMS) }),
])

export const daysAnswer = z.strictObject({ days: z.array(z.strictObject({ day, count: z.int().min(1), digest })).max(MAX_DAYS) })
export const headsAnswer = z.strictObject({ heads: z.array(head).max(MAX_HEADS), more: z.boolean() })
export const itemsAnswer = z.strictObject({ items: z.array(item).max(MAX_ITEMS) })
export const restoredAnswer = z.strictObject({ restored: z.int().min(0).max(MAX_ITEMS) })
export const headsAnswerSchema = z.union([daysAnswer, headsAnswer, itemsAnswer, restoredAnswer])

export type HeadsQuestion = z.infer<typeof headsQuestion>
export type HeadsAnswer = z.infer<typeof headsAnswerSchema>
export type MessageId = z.infer<typeof messageId>
export type Head = z.infer<typeof head>
export type Item = z.infer<typeof item>
export type DaySum = z.infer<typeof daysAnswer>['days'][number]
