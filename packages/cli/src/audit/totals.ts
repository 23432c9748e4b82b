/** What became of the messages of one day and procedure. */
export interface DayTotals {
  readonly from: string
  readonly to: string
  /** Asia/Shanghai. */
  readonly day: string
  readonly procedure: string
  readonly sent: number
  /** The other half has them alike. */
  readonly matched: number
  readonly late: number
  readonly missing: number
  readonly differing: number
  /** Received by the other half, and not in the log of the sender. */
  readonly unsent: number
}

export type Outcome = 'matched' | 'late' | 'missing' | 'differing' | 'unsent'

/** The zone has had no other offset since 1991. */
const SHANGHAI_MS = 8 * 3_600_000

/** Counts by sender, receiver, day and procedure. */
export class Totals {
  readonly #rows = new Map<string, { -readonly [Member in keyof DayTotals]: DayTotals[Member] }>()

  count(from: string, to: string, { at, procedure }: { readonly at: number; readonly procedure: string }, outcome: Outcome): void {
    const day = new Date(at + SHANGHAI_MS).toISOString().slice(0, 10)
    const key = [from, to, day, procedure].join(' ')
    const row = this.#rows.get(key) ?? { from, to, day, procedure, sent: 0, matched: 0, late: 0, missing: 0, differing: 0, unsent: 0 }
    this.#rows.set(key, row)
    row[outcome]++
    if (outcome !== 'unsent') row.sent++
  }

  /** By day, then direction and procedure. */
  rows(): DayTotals[] {
    const key = ({ day, from, to, procedure }: DayTotals) => [day, from, to, procedure].join(' ')
    return [...this.#rows.values()].toSorted((a, b) => (key(a) < key(b) ? -1 : 1))
  }
}
