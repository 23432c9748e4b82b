import { type LogEntry, REFUSAL_REASONS, type RefusalReason } from '@hefu/protocol'
import { DigestTable } from './digest-table.ts'
import type { Findings } from './finding.ts'
import { fingerprint } from './fingerprint.ts'

export type Direction = 'issued' | 'received'

/** What a log says of messages and receipts, by digest: to be held against the receipts themselves. */
export interface ReceiptBook {
  /** Receipts by direction. */
  readonly receipts: Readonly<Record<Direction, DigestTable>>
  /** Messages that a receipt of that direction answers: an issued receipt those received or refused, a received receipt those sent. */
  readonly messages: Readonly<Record<Direction, DigestTable>>
}

export function emptyBook(): ReceiptBook {
  return {
    receipts: { issued: new DigestTable(), received: new DigestTable() },
    messages: { issued: new DigestTable(), received: new DigestTable() },
  }
}

/** Writes one entry into the book; the same thing logged twice is a finding. */
export function enter({ receipts, messages }: ReceiptBook, entry: LogEntry, index: number, findings: Findings): void {
  const add = (table: DigestTable, digest: string, check: Uint8Array) => {
    if (table.add(digest, { index, at: entry.at, check }) !== undefined) return
    const before = table.find(digest)
    findings.add('entry-repeated', {
      index,
      subject: digest,
      expected: '1',
      found: `2 (${before === undefined ? '—' : table.index(before)})`,
    })
  }
  switch (entry.kind) {
    case 'message.sent':
      add(messages.received, entry.digest, sentCheck(entry, entry.aud))
      break
    case 'message.received':
      add(messages.issued, entry.digest, answeredCheck({ jti: entry.jti, status: 'accepted' }, entry.iss))
      break
    case 'refusal':
      // Of what could not be verified there is only a count: nothing was answered with a signature.
      if ('jti' in entry) add(messages.issued, entry.digest, answeredCheck({ ...entry, status: 'refused' }, entry.iss))
      break
    case 'receipt.issued':
      add(receipts.issued, entry.digest, receiptCheck(entry))
      break
    case 'receipt.received':
      add(receipts.received, entry.digest, receiptCheck(entry))
      break
    default:
  }
}

// Written anew for each question, and looked at before the next: a million checks need not be a million buffers.
const CHECK = Buffer.alloc(32)

/**
 * The id itself and the other region, until the next call: the receipt of a third proves nothing. All 36 characters of the id are letters
 * of base64url, read as which they are 27 bytes: one native call, a million times.
 */
export function sentCheck({ jti }: { readonly jti: string }, peer: string): Uint8Array {
  CHECK.fill(0, 27)
  CHECK.writeUIntBE(Number(peer), 29, 3)
  CHECK.write(jti, 'base64url')
  return CHECK
}

interface Answered {
  readonly jti: string
  readonly status: 'accepted' | 'refused'
  readonly reason?: RefusalReason | undefined
}

/** The id, the region that sent it, and the answer to it as two numbers, until the next call. */
export function answeredCheck({ jti, status, reason }: Answered, peer: string): Uint8Array {
  const check = sentCheck({ jti }, peer)
  check[27] = status === 'refused' ? 1 : 0
  check[28] = reason === undefined ? 0 : 1 + REFUSAL_REASONS.indexOf(reason)
  return check
}

export function receiptCheck(receipt: {
  readonly iss: string
  readonly aud: string
  readonly jti: string
  readonly size: number
  readonly root: string
}): Uint8Array {
  return fingerprint(receipt.iss, receipt.aud, receipt.jti, receipt.size, receipt.root)
}
