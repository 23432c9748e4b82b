import type { LogEntry } from '@hefu/protocol'
import { DigestTable } from './digest-table.ts'
import { fingerprint } from './fingerprint.ts'

/** `sent`, `received` (or refused): messages; `held`, `issued`: receipts of the other for what was sent, and for what was received. */
export type Side = 'sent' | 'received' | 'held' | 'issued'

/** A message of which the receipt is at hand; a receipt whose text is. */
export const RECEIPTED = 1
/** A message that was refused: its entry does not repeat what it was about. */
export const REFUSED = 2
/**
 * A message that its sender meant for another region, or a receipt for nothing else: anybody who was sent it can show it here, so its
 * sender neither has to have sent it here nor to hold the receipt.
 */
export const MEANT_FOR_ANOTHER = 3

/** What one half says of messages and receipts, by side and peer. */
export class HalfBook {
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

  /** The text of this receipt is at hand; without a row the log does not have it, which is `verify`'s to tell. */
  shown(side: 'held' | 'issued', peer: string, digest: string): void {
    const table = this.#table(side, peer)
    const row = table.find(digest)
    if (row !== undefined) table.setMark(row, RECEIPTED)
  }

  /** Index and digest of the receipts that the log names and of which nobody has shown the text. */
  *missing(): Generator<{ readonly side: 'held' | 'issued'; readonly index: number; readonly digest: string }> {
    for (const [name, table] of this.tables) {
      const side = (['held', 'issued'] as const).find((one) => name.startsWith(one))
      if (side === undefined) continue
      for (const row of table.rows()) if (table.mark(row) === 0) yield { side, index: table.index(row), digest: table.digest(row) }
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
