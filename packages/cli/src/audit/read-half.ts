import { type KeyLookUp, MAX_RECEIPT_LINE_BYTES, parseLogEntry } from '@hefu/protocol'
import { DigestTable } from './digest-table.ts'
import { linesOf } from './export-reader.ts'
import { Findings } from './finding.ts'
import { HalfBook, type Side } from './half-book.ts'
import { type ReadReceipt, readReceiptLine } from './judge-receipts.ts'
import type { ExportedNote, OpenedExport } from './open-export.ts'
import { readEntriesOf } from './read-entries.ts'

/** All logs of one region, laid out to be held against another's. */
export interface HalfLog {
  readonly region: string
  /** Of the live log. */
  readonly origin: string
  readonly size: number
  readonly exportedAt: number
  readonly cosigned: readonly ExportedNote[]
  /** Whether entries, tiles and checkpoint of each log agree with each other. */
  readonly treeHolds: boolean
  readonly roots: ReadonlyMap<number, Uint8Array>
  /** By side and peer. */
  readonly tables: ReadonlyMap<string, DigestTable>
  /** Procedures by label. */
  readonly procedures: readonly string[]
}

export function tableOf({ tables }: HalfLog, side: Side, peer: string): DigestTable {
  return tables.get(`${side} ${peer}`) ?? new DigestTable()
}

export interface HalfOptions {
  /** Sizes whose roots are wanted. */
  readonly rootsAt: readonly number[]
  readonly lookUpKey: KeyLookUp | undefined
  readonly onProgress: (done: number, total: number) => void
}

/**
 * Reads one half whole: its logs, the first one first, the live one last. What is wrong with the half itself is `verify`'s to tell; here only
 * whether its trees hold, and whether the receipts are there that its logs name: without them a half proves nothing to the other.
 */
export async function readHalf(logs: readonly OpenedExport[], options: HalfOptions, findings: Findings): Promise<HalfLog> {
  const live = logs.at(-1) as OpenedExport
  const { region, origin, exportedAt } = live.manifest
  const { size } = live.pinned.checkpoint
  const book = new HalfBook()
  const own = new Findings()
  const total = logs.reduce((sum, { pinned }) => sum + pinned.checkpoint.size, 0)
  let before = 0
  let roots: HalfLog['roots'] = new Map()
  for (const log of logs) {
    const progress = before
    const rootsAt = log === live ? options.rootsAt.filter((at) => at <= size) : []
    roots = await readLog(log, book, { ...options, rootsAt, onProgress: (done) => options.onProgress(progress + done, total) }, own)
    before += log.pinned.checkpoint.size
  }
  for (const { side, index, digest } of book.missing()) {
    const expected = `${region} receipts.ndjson: ${side === 'issued' ? 'issued' : 'received'}`
    findings.add('receipt-missing', { index, subject: digest, expected, found: '—' })
  }
  const { tables, procedures } = book
  return { region, origin, size, exportedAt, cosigned: live.cosigned, treeHolds: !own.hasErrors, roots, tables, procedures }
}

/** Gives the roots that are wanted. */
async function readLog({ reader, manifest, pinned }: OpenedExport, book: HalfBook, options: HalfOptions, own: Findings) {
  const { size, root } = pinned.checkpoint
  const on = {
    onEntry: (bytes: Uint8Array, index: number) => {
      const parsed = parseLogEntry(bytes)
      if (parsed.ok) book.enter(parsed.entry, index)
      else own.add('entry-schema', { index, expected: '', found: parsed.code })
    },
    onProgress: (done: number) => options.onProgress(done, size),
  }
  const tree = { size, from: manifest.from ?? 0, to: Math.min(manifest.to ?? size, size), rootsAt: options.rootsAt }
  const read = await readEntriesOf(reader, tree, on, own)
  if (Buffer.compare(read.root, root) !== 0 || manifest.origin !== pinned.checkpoint.origin)
    own.add('root-differs', { index: size, expected: manifest.origin, found: pinned.checkpoint.origin })
  for await (const line of linesOf(reader.stream('receipts.ndjson'), MAX_RECEIPT_LINE_BYTES)) {
    const receipt = await readReceiptLine(line, 0, { region: manifest.region, lookUpKey: options.lookUpKey }, own)
    if (receipt !== undefined) enterReceipt(book, receipt)
  }
  return read.roots
}

function enterReceipt(book: HalfBook, { line: { digest, direction, leaves }, receipt: { iss, aud } }: ReadReceipt): void {
  if (direction === 'received') {
    book.shown('held', iss, digest)
    book.receipted(iss, leaves)
  } else {
    book.shown('issued', aud, digest)
    if (leaves.every(({ reason }) => reason === 'audience')) book.meantForAnother(aud, digest)
  }
}
