import type { RegionId } from '@hefu/reference'
import { verifyInclusion } from '@hefu/translog'
import { z } from 'zod'
import { fromBase64url } from './base64url.ts'
import { digest, jti } from './claims.ts'
import { DEFERRAL_REASONS, type DeferralReason, MAX_MESSAGES, REFUSAL_REASONS, type RefusalReason } from './constants.ts'
import type { KeyLookUp } from './keys.ts'
import { receiptLeafHash, receiptTree, type VerifiedReceipt, verifyReceipt } from './receipt.ts'
import { parseStrictJson } from './strict-json.ts'

const place = {
  /** Which of `receipts` covers this message, from 0. */
  receipt: z.int().min(0),
  /** The message's leaf in that receipt's tree, from 0. */
  index: z.int().min(0),
  /** Hashes from the leaf upwards, base64url. A tree of 500 leaves is 9 high. */
  path: z.array(digest).max(64),
}

const answerEntry = z.discriminatedUnion('status', [
  z.strictObject({ jti, status: z.literal('accepted'), ...place }),
  z.strictObject({ jti, status: z.literal('refused'), reason: z.enum(REFUSAL_REASONS), ...place }),
  /** Without a readable `jti` (unverifiable) it is null: the place in the list says which message is meant. */
  z.strictObject({ jti: jti.nullable(), status: z.literal('deferred'), reason: z.enum(DEFERRAL_REASONS) }),
])

/** Body of the answer to `POST inbox`: one entry per message, in order (protocol.md section 2). */
export const answerSchema = z.strictObject({
  receipts: z.array(z.string()).max(MAX_MESSAGES),
  messages: z.array(answerEntry).min(1).max(MAX_MESSAGES),
})

export type Answer = z.infer<typeof answerSchema>
export type AnswerEntry = z.infer<typeof answerEntry>

export interface SentBatch {
  /** This region, which sent the messages. */
  readonly iss: RegionId
  /** The region they were sent to: only its receipts count. */
  readonly aud: RegionId
  readonly messages: readonly { readonly jti: string; readonly digest: string }[]
}

/**
 * Why an answer proves nothing for a message. `unreadable`: not the schema of an answer; `extra-entry`: more entries than messages;
 * `missing-entry`, `order`: no entry, or another message's, at its place; `no-receipt`: names a receipt that is not there;
 * the rest is the receipt's own fault. `path`: the path does not lead from this message's own leaf to the signed root, so the
 * receipt is for other bytes, another status or another message.
 */
export type InvalidAnswer =
  | 'unreadable'
  | 'extra-entry'
  | 'missing-entry'
  | 'order'
  | 'no-receipt'
  | 'receipt-signature'
  | 'receipt-claims'
  | 'receipt-issuer'
  | 'receipt-audience'
  | 'path'

export interface ReceiptedOutcome {
  /** The receipt's exact text, and its digest. */
  readonly receipt: string
  readonly receiptDigest: string
  /** Epoch seconds, as the receiver signed it. */
  readonly receivedAt: number
  readonly index: number
  readonly path: readonly string[]
}

export type Outcome =
  | ({ readonly status: 'accepted' } & ReceiptedOutcome)
  | ({ readonly status: 'refused'; readonly reason: RefusalReason } & ReceiptedOutcome)
  | { readonly status: 'deferred'; readonly reason: DeferralReason }
  | { readonly status: 'invalid'; readonly why: InvalidAnswer }

/**
 * What the peer's answer proves about each message that was sent, in the order it was sent. The answer is hostile until proven
 * otherwise: a 2xx without a receipt that verifies, and a path from the message's own leaf, is a failure and not a delivery.
 */
export function verifyAnswer(answerBytes: Uint8Array, sent: SentBatch, lookUpKey: KeyLookUp): Outcome[] {
  const json = parseStrictJson(answerBytes)
  const answer = json.ok ? answerSchema.safeParse(json.value).data : undefined
  if (answer === undefined) return sent.messages.map(() => invalid('unreadable'))
  if (answer.messages.length > sent.messages.length) return sent.messages.map(() => invalid('extra-entry'))

  const receipts = verifyNamedReceipts(answer, sent, lookUpKey)
  const answered = new Set(answer.messages.map((entry) => entry.jti))
  const proven = provenWhole(answer, sent, receipts)
  return sent.messages.map((message, at) => {
    const entry = answer.messages[at]
    if (entry === undefined || !isFor(entry, message.jti)) return invalid(answered.has(message.jti) ? 'order' : 'missing-entry')
    if (entry.status === 'deferred') return { status: 'deferred', reason: entry.reason }
    const receipt = receipts.get(entry.receipt)
    return receipt === undefined ? invalid('no-receipt') : judgeEntry(entry, message.digest, receipt, proven.has(entry.receipt))
  })
}

interface NamedReceipt {
  readonly token: string
  readonly verified: VerifiedReceipt
}

/** Each receipt once, however many messages name it, and none that no message names: signatures cost time. */
function verifyNamedReceipts(answer: Answer, { iss, aud }: SentBatch, lookUpKey: KeyLookUp): Map<number, NamedReceipt> {
  const named = new Set(answer.messages.flatMap((entry) => (entry.status === 'deferred' ? [] : [entry.receipt])))
  const receipts = [...named].flatMap((at): [number, NamedReceipt][] => {
    const token = answer.receipts[at]
    return token === undefined ? [] : [[at, { token, verified: verifyReceipt(token, { lookUpKey, issuer: aud, audience: iss }) }]]
  })
  return new Map(receipts)
}

function isFor(entry: AnswerEntry, jti: string): boolean {
  return entry.jti === jti || (entry.jti === null && entry.status === 'deferred' && entry.reason === 'unverifiable')
}

/**
 * Receipts whose whole tree was sent and answered here, every path in its place: one tree proves all of it, at two hashes a message
 * instead of one for every level of its path.
 */
function provenWhole(answer: Answer, { messages }: SentBatch, receipts: ReadonlyMap<number, NamedReceipt>): ReadonlySet<number> {
  const entries = answer.messages.flatMap((entry, n) =>
    entry.status === 'deferred' ? [] : [{ entry, leaf: leafOf(entry, messages[n]?.digest ?? '') }],
  )
  const byReceipt = Map.groupBy(entries, ({ entry }) => entry.receipt)
  return new Set([...byReceipt].filter(([at, named]) => isWholeTree(named, receipts.get(at)?.verified)).map(([at]) => at))
}

/** Every leaf of the tree exactly once: two entries in one place would let one be taken for the other. */
function isWholeTree(named: readonly { entry: ReceiptedEntry; leaf: Uint8Array }[], verified: VerifiedReceipt | undefined): boolean {
  if (!verified?.ok || named.length !== verified.receipt.tree.size) return false
  const inOrder = named.toSorted((a, b) => a.entry.index - b.entry.index)
  if (inOrder.some(({ entry }, at) => entry.index !== at)) return false
  const tree = receiptTree(inOrder.map(({ leaf }) => leaf))
  return tree.root === verified.receipt.tree.root && inOrder.every(({ entry }, at) => isSamePath(entry.path, tree.paths[at] ?? []))
}

function isSamePath(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((hash, at) => hash === other[at])
}

type ReceiptedEntry = Exclude<AnswerEntry, { status: 'deferred' }>

/** Built from the digest of what was sent, never from anything the answer says. */
function leafOf(entry: ReceiptedEntry, digest: string): Uint8Array {
  return receiptLeafHash({ jti: entry.jti, digest, status: entry.status, reason: entry.status === 'refused' ? entry.reason : undefined })
}

function judgeEntry(entry: ReceiptedEntry, digest: string, { token, verified }: NamedReceipt, isProven: boolean): Outcome {
  if (!verified.ok) return invalid(`receipt-${verified.why}`)
  const { tree, receivedAt } = verified.receipt
  const { index, path } = entry
  if (!isProven && !leadsToRoot(leafOf(entry, digest), index, path, tree)) return invalid('path')
  const receipted = { receipt: token, receiptDigest: verified.digest, receivedAt, index, path }
  return entry.status === 'refused' ? { status: 'refused', reason: entry.reason, ...receipted } : { status: 'accepted', ...receipted }
}

/** Hashes as they are written on the wire: base64url. */
function leadsToRoot(leaf: Uint8Array, index: number, path: readonly string[], tree: { size: number; root: string }): boolean {
  const hashes = path.map(fromBase64url)
  const root = fromBase64url(tree.root)
  if (root === undefined || !hashes.every((hash) => hash !== undefined)) return false
  return verifyInclusion({ leaf, index, size: tree.size, path: hashes, root })
}

function invalid(why: InvalidAnswer): Outcome {
  return { status: 'invalid', why }
}
