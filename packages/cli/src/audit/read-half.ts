import { type ExportManifest, type KeyLookUp, type LogEntry, MAX_RECEIPT_LINE_BYTES, parseLogEntry } from '@hefu/protocol'
import { DigestTable } from './digest-table.ts'
import { linesOf } from './export-reader.ts'
import { Findings } from './finding.ts'
import { fingerprint } from './fingerprint.ts'
import { readReceiptLine } from './judge-receipts.ts'
import type { ExportedNote, OpenedExport } from './open-export.ts'
import { readEntriesOf } from './read-entries.ts'

/** `sent`, `received` (or refused): messages; `held`, `issued`: receipts of the other for what was sent, and for what was received. */
export type Side = 'sent' | 'received' | 'held' | 'issued'

/** A log, laid out to be held against another. */
export interface HalfLog {
  readonly region: string
  readonly origin: string
  readonly size: number
  readonly manifest: ExportManifest
  readonly exportedAt: number
  readonly cosigned: readonly ExportedNote[]
  /** Whether its entries, tiles and checkpoint agree with each other. */
  readonly treeHolds: boolean
  readonly roots: ReadonlyMap<number, Uint8Array>
  /** By side and peer. */
  readonly tables: ReadonlyMap<string, DigestTable>
  /** Procedures by label. */
  readonly procedures: readonly string[]
}

/** A message of which the receipt is at hand. */
export const RECEIPTED = 1
/** A message that was refused: its entry does not repeat what it was about. */
export const REFUSED = 2
/**
 * A message that its sender meant for another region, or a receipt for nothing else: anybody who was sent it can show it here, so its
 * sender neither has to have sent it here nor to hold the receipt.
 */
export const MEANT_FOR_ANOTHER = 3

export function tableOf({ tables }: HalfLog, side: Side, peer: string): DigestTable {
  return tables.get(`${side} ${peer}`) ?? new DigestTable()
}

export interface HalfOptions {
  /** Sizes whose roots are wanted. */
  readonly rootsAt: readonly number[]
  readonly lookUpKey: KeyLookUp | undefined
  readonly onProgress: (done: number, total: number) => void
}

/** Reads one half whole. What is wrong with the half itself is `verify`'s to tell; here only whether its tree holds. */
export async function readHalf({ reader, manifest, pinned, cosigned }: OpenedExport, options: HalfOptions): Promise<HalfLog> {
  const own = new Findings()
  const { size, root } = pinned.checkpoint
  const book = new HalfBook()
  const tree = {
    size,
    from: manifest.from ?? 0,
    to: Math.min(manifest.to ?? size, size),
    rootsAt: options.rootsAt.filter((at) => at <= size),
  }
  const on = {
    onEntry: (bytes: Uint8Array, index: number) => {
      const parsed = parseLogEntry(bytes)
      if (parsed.ok) book.enter(parsed.entry, index)
      else own.add('entry-schema', { index, expected: '', found: parsed.code })
    },
    onProgress: (done: number) => options.onProgress(done, size),
  }
  const read = await readEntriesOf(reader, tree, on, own)
  for await (const line of linesOf(reader.stream('receipts.ndjson'), MAX_RECEIPT_LINE_BYTES)) {
    const receipt = await readReceiptLine(line, 0, { region: manifest.region, lookUpKey: options.lookUpKey }, own)
    if (receipt === undefined) continue
    if (receipt.line.direction === 'received') book.receipted(receipt.receipt.iss, receipt.line.leaves)
    else if (receipt.line.leaves.every(({ reason }) => reason === 'audience'))
      book.meantForAnother(receipt.receipt.aud, receipt.line.digest)
  }
  const treeHolds = !own.hasErrors && Buffer.compare(read.root, root) === 0 && manifest.origin === pinned.checkpoint.origin
  const { region, origin, exportedAt } = manifest
  return {
    region,
    origin,
    size,
    manifest,
    exportedAt,
    cosigned,
    treeHolds,
    roots: read.roots,
    tables: book.tables,
    procedures: book.procedures,
  }
}

class HalfBook {
  readonly tables = new Map<string, DigestTable>()
  /** Label 0: a refusal does not say. */
  readonly procedures: string[] = ['—']
  readonly #labels = new Map<string, number>()

  enter(entry: LogEntry, index: number): void {
    switch (entry.kind) {
      case 'message.sent':
        return void this.#message('sent', entry.aud, entry, index)
      case 'message.received':
        return void this.#message('received', entry.iss, entry, index)
      case 'refusal': {
        if (!('jti' in entry)) return
        const row = this.#table('received', entry.iss).add(entry.digest, { index, at: entry.at, check: messageCheck(entry) })
        if (row !== undefined) this.#table('received', entry.iss).setMark(row, entry.reason === 'audience' ? MEANT_FOR_ANOTHER : REFUSED)
        return
      }
      case 'receipt.issued':
      case 'receipt.received': {
        const [side, peer] = entry.kind === 'receipt.issued' ? (['issued', entry.aud] as const) : (['held', entry.iss] as const)
        const check = fingerprint(entry.iss, entry.aud, entry.jti, entry.size, entry.root)
        this.#table(side, peer).add(entry.digest, { index, at: entry.at, check })
        return
      }
      default:
        return
    }
  }

  /** Of these messages the peer's receipt is at hand. */
  receipted(peer: string, leaves: readonly { readonly digest: string }[]): void {
    const table = this.#table('sent', peer)
    for (const { digest } of leaves) {
      const row = table.find(digest)
      if (row !== undefined) table.setMark(row, RECEIPTED)
    }
  }

  /** Issued for nothing but messages that were meant for another region. */
  meantForAnother(peer: string, digest: string): void {
    const table = this.#table('issued', peer)
    const row = table.find(digest)
    if (row !== undefined) table.setMark(row, MEANT_FOR_ANOTHER)
  }

  #message(
    side: 'sent' | 'received',
    peer: string,
    entry: LogEntry & { readonly procedure: string; readonly digest: string } & MessageParties,
    index: number,
  ) {
    const label = this.#labelOf(entry.procedure)
    this.#table(side, peer).add(entry.digest, { index, at: entry.at, check: messageCheck(entry), label })
  }

  #table(side: Side, peer: string): DigestTable {
    const name = `${side} ${peer}`
    const table = this.tables.get(name) ?? new DigestTable()
    this.tables.set(name, table)
    return table
  }

  #labelOf(procedure: string): number {
    const label = this.#labels.get(procedure)
    if (label !== undefined) return label
    // Two bytes hold a label: what a hostile log has beyond is counted together.
    if (this.procedures.length > 60_000) return 0
    this.#labels.set(procedure, this.procedures.length)
    return this.procedures.push(procedure) - 1
  }
}

interface MessageParties {
  readonly iss: string
  readonly aud: string
  readonly jti: string
}

/** Two halves: whose and which it is, and what it is about; a refusal has only the first. 128 bits of each. */
function messageCheck(
  entry: MessageParties & { readonly procedure?: string; readonly document?: string; readonly case?: string },
): Uint8Array {
  const about = fingerprint(entry.procedure ?? '', entry.document ?? '', entry.case ?? '')
  return Buffer.concat([fingerprint(entry.iss, entry.aud, entry.jti).subarray(0, 16), about.subarray(0, 16)])
}
