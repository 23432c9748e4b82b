import {
  checkMessageText,
  type ExportedLeaf,
  type ExportedReceipt,
  type KeyLookUp,
  type KeyOwner,
  MAX_RECEIPT_LINE_BYTES,
  messageDigest,
  parseReceiptClaims,
  parseReceiptLine,
  RECEIPT_TYP,
  type Receipt,
  receiptLeafHash,
  verifyReceipt,
} from '@hefu/protocol'
import { treeRoot, verifyInclusion } from '@hefu/translog'
import type { DigestTable } from './digest-table.ts'
import { type ExportReader, linesOf, readOrWhyNot } from './export-reader.ts'
import type { Findings } from './finding.ts'
import { answeredCheck, type ReceiptBook, receiptCheck, sentCheck } from './receipt-book.ts'

export interface ReceiptRules {
  readonly region: string
  readonly epoch: number
  /** `at` of the first and of the newest entry of the log. */
  readonly firstAt: number
  readonly latestAt: number
  readonly exportedAt: number
  /** Whether all entries were looked at: only then is anything missing. */
  readonly whole: boolean
  /** A message without a receipt is late after this. */
  readonly lateAfterMs: number
  /** Keys of the federation; undefined: signatures are not looked at. */
  readonly lookUpKey: KeyLookUp | undefined
  /** What the receipts of the log's successor answer and that log does not have: it stands in this one. */
  readonly later: readonly UnloggedLeaf[]
  readonly onProgress: (receipts: number) => void
}

/** A message that a receipt of the export answers, and that the log does not have. */
export interface UnloggedLeaf {
  readonly leaf: ExportedLeaf
  /** `peer`: the other region of the exchange. */
  readonly receipt: Pick<ExportedReceipt, 'digest' | 'direction'> & { readonly peer: string }
  /** It may be in what was not exported. */
  readonly elsewhere: boolean
}

export interface JudgedReceipts {
  readonly count: number
  readonly unlogged: readonly UnloggedLeaf[]
  /** Of `later`, what this log does not have either. */
  readonly strangers: readonly UnloggedLeaf[]
}

/** What is in flight when a log is cut off at a checkpoint: a receipt is promised to be logged within 60 seconds. */
export const IN_FLIGHT_MS = 2 * 60_000
export const LATE_AFTER_MS = 24 * 60 * 60_000

const RECEIPTED = 1
const FILE = 'receipts.ndjson'

/** Holds every receipt of the export against the log, and the log against the receipts. */
export async function judgeReceipts(
  reader: ExportReader,
  book: ReceiptBook,
  rules: ReceiptRules,
  findings: Findings,
): Promise<JudgedReceipts> {
  const unlogged: UnloggedLeaf[] = []
  let line = 0
  for await (const batch of batches(linesOf(reader.stream(FILE), MAX_RECEIPT_LINE_BYTES))) {
    const read = await Promise.all(batch.map((bytes, n) => readReceiptLine(bytes, line + n + 1, rules, findings)))
    for (const one of read) if (one !== undefined) unlogged.push(...judgeReceipt(one, book, rules, findings))
    line += batch.length
    rules.onProgress(line)
  }
  if (line === 0) await judgeNone(reader, findings)
  // A receipt that this log holds too was judged with it: what nobody had witnessed stands in the successor once more.
  const isHeld = ({ receipt: { direction, digest } }: UnloggedLeaf) => book.receipts[direction].find(digest) !== undefined
  const strangers = rules.later.filter((one) => !isHeld(one) && !judgeLeaf(one, book, findings))
  if (rules.whole) judgeMissing(book, rules, findings)
  return { count: line, unlogged, strangers }
}

/** An export without receipts has the file all the same, and it is empty. */
async function judgeNone(reader: ExportReader, findings: Findings): Promise<void> {
  const file = await readOrWhyNot(reader, FILE)
  if (!(file instanceof Uint8Array))
    findings.add(file.code, { subject: FILE, expected: '{digest, receipt, direction, leaves} …', found: file.found })
}

/** Signatures are computed on other threads, so a few lines go together. */
async function* batches<Value>(values: AsyncIterable<Value>): AsyncGenerator<Value[]> {
  let batch: Value[] = []
  for await (const value of values) {
    batch.push(value)
    if (batch.length === 64) {
      yield batch
      batch = []
    }
  }
  if (batch.length > 0) yield batch
}

export interface ReadReceipt {
  readonly line: ExportedReceipt
  readonly receipt: Receipt
}

/** A receipt that is what it says: digest, claims, parties, signature and tree. Undefined: reported, and good for nothing. */
export async function readReceiptLine(
  bytes: Uint8Array | undefined,
  number: number,
  { region, lookUpKey }: Pick<ReceiptRules, 'region' | 'lookUpKey'>,
  findings: Findings,
): Promise<ReadReceipt | undefined> {
  const refuse = (code: 'receipt-form' | 'receipt-digest' | 'receipt-signature' | 'receipt-tree', expected: string, found: string) => {
    findings.add(code, { subject: `receipts.ndjson:${number}`, expected, found })
    return undefined
  }
  const line = bytes && parseReceiptLine(bytes)
  if (line === undefined) return refuse('receipt-form', '{digest, receipt, direction, leaves}', bytes === undefined ? 'too long' : '—')
  const text = checkMessageText(line.receipt, RECEIPT_TYP)
  const receipt = text.ok ? parseReceiptClaims(text.payload) : undefined
  if (receipt === undefined) return refuse('receipt-form', RECEIPT_TYP, text.ok ? 'claims' : 'text')
  const digest = messageDigest(line.receipt)
  if (digest !== line.digest) return refuse('receipt-digest', line.digest, digest)
  const own = line.direction === 'issued' ? receipt.iss : receipt.aud
  if (own !== region) return refuse('receipt-form', `${line.direction} ${region}`, own)
  if (lookUpKey !== undefined) {
    const verified = verifyReceipt(line.receipt, { lookUpKey, issuer: receipt.iss })
    if (!verified.ok) return refuse('receipt-signature', receipt.iss, verified.why)
    judgeKey(text.ok ? lookUpKey(text.kid) : undefined, receipt, number, findings)
  }
  const { size, root } = receipt.tree
  return leadsToRoot(line.leaves, receipt) ? { line, receipt } : refuse('receipt-tree', `${size} ${root}`, `${line.leaves.length}`)
}

/** An export has the newest heads only: since when a receipt exists, they do not say. */
function judgeKey(owner: KeyOwner | undefined, { receivedAt }: Receipt, number: number, findings: Findings): void {
  const revoked = owner?.times?.revoked
  if (revoked?.reason !== 'compromised') return
  const [expected, found] = [revoked.at, receivedAt].map((seconds) => new Date(seconds * 1000).toISOString()) as [string, string]
  findings.add('receipt-key-doubtful', { subject: `receipts.ndjson:${number}`, expected: `< ${expected}`, found })
}

/** All of the tree's messages in order, or each with its place and path. */
function leadsToRoot(leaves: readonly ExportedLeaf[], { tree: { size, root } }: Receipt): boolean {
  const hash = Buffer.from(root, 'base64url')
  if (leaves.length === size) return Buffer.compare(treeRoot(leaves.map(receiptLeafHash)), hash) === 0
  const places = new Set(leaves.map(({ index }) => index))
  if (places.size !== leaves.length) return false
  return leaves.every(({ index, path, ...leaf }) => {
    if (index === undefined || path === undefined) return false
    const hashes = path.map((text) => Buffer.from(text, 'base64url'))
    return verifyInclusion({ leaf: receiptLeafHash(leaf), index, size, path: hashes, root: hash })
  })
}

/** Gives the messages that the log does not have. */
function judgeReceipt({ line, receipt }: ReadReceipt, book: ReceiptBook, rules: ReceiptRules, findings: Findings): UnloggedLeaf[] {
  const { digest, direction, leaves } = line
  const table = book.receipts[direction]
  const row = table.find(digest)
  // Newer than the checkpoint, or of the log before this one, or in a part that was not exported.
  const elsewhere = receipt.iat * 1000 > rules.latestAt - IN_FLIGHT_MS || receipt.iat * 1000 < rules.firstAt - IN_FLIGHT_MS || !rules.whole
  if (row === undefined) {
    const code = elsewhere ? 'receipt-unproven' : 'receipt-unlogged'
    findings.add(code, { subject: digest, expected: `receipt.${direction}`, found: '—' })
  } else if (table.mark(row) === RECEIPTED) {
    findings.add('receipt-repeated', { index: table.index(row), subject: digest, expected: '1', found: '2' })
    return []
  } else {
    table.setMark(row, RECEIPTED)
    if (!table.agrees(row, receiptCheck({ ...receipt, ...receipt.tree })))
      findings.add('receipt-differs', { index: table.index(row), subject: digest, expected: describe(receipt), found: '≠' })
  }
  // Whoever signed it knows all that it covers: what is not shown could be a message that was never logged.
  if (direction === 'issued' && leaves.length < receipt.tree.size)
    findings.add('receipt-partial', { subject: digest, expected: `${receipt.tree.size}`, found: `${leaves.length}` })
  const peer = direction === 'issued' ? receipt.aud : receipt.iss
  const unlogged = leaves
    .map((leaf) => ({ leaf, receipt: { digest, direction, peer }, elsewhere }))
    .filter((one) => !judgeLeaf(one, book, findings))
  if (!elsewhere) for (const one of unlogged) reportUnlogged(one, rules.epoch === 0 ? 'message-unlogged' : 'message-earlier', findings)
  return unlogged
}

export function reportUnlogged({ leaf }: UnloggedLeaf, code: 'message-unlogged' | 'message-earlier', findings: Findings): void {
  findings.add(code, { subject: leaf.digest, expected: describeLeaf(leaf), found: '—' })
}

function describeLeaf({ jti, status, reason }: ExportedLeaf): string {
  return `${jti} ${status} ${reason ?? ''}`.trim()
}

function describe({ iss, aud, jti, tree }: Receipt): string {
  return `${iss} ${aud} ${jti} ${tree.size} ${tree.root}`
}

/** False: the log does not have that message. */
function judgeLeaf({ leaf, receipt: { digest, direction, peer } }: UnloggedLeaf, { messages }: ReceiptBook, findings: Findings): boolean {
  const table = messages[direction]
  const row = table.find(leaf.digest)
  if (row === undefined) return false
  const index = table.index(row)
  if (table.mark(row) === RECEIPTED) findings.add('message-receipted-twice', { index, subject: leaf.digest, expected: '1', found: digest })
  table.setMark(row, RECEIPTED)
  const check = direction === 'issued' ? answeredCheck(leaf, peer) : sentCheck(leaf, peer)
  if (!table.agrees(row, check)) findings.add('message-differs', { index, subject: leaf.digest, expected: describeLeaf(leaf), found: '≠' })
  return true
}

/** Entries that no receipt of the export bears out. */
function judgeMissing({ receipts, messages }: ReceiptBook, rules: ReceiptRules, findings: Findings): void {
  const unmarked = function* (table: DigestTable) {
    for (const row of table.rows()) if (table.mark(row) !== RECEIPTED) yield { index: table.index(row), at: table.at(row) }
  }
  for (const direction of ['issued', 'received'] as const)
    for (const { index } of unmarked(receipts[direction]))
      findings.add('receipt-missing', { index, expected: `receipts.ndjson: ${direction}`, found: '—' })
  for (const { index } of unmarked(messages.issued)) {
    // One transaction writes the message, its receipt and both entries: where the entry is, the receipt was.
    findings.add('message-unreceipted', { index, expected: 'receipt.issued', found: '—' })
  }
  for (const { index, at } of unmarked(messages.received)) {
    const late = rules.exportedAt - at > rules.lateAfterMs
    findings.add(late ? 'message-late' : 'message-open', { index, expected: 'receipt.received', found: new Date(at).toISOString() })
  }
}
