import { type LogEntry, parseLogEntry } from '@hefu/protocol'
import type { Findings } from './finding.ts'

export interface EntryRules {
  readonly region: string
  /** Which log of the region it is, from 0; in all but the first, entry 0 says what it succeeds. */
  readonly epoch: number
  /** Entries are written in the transaction of what they tell and placed after: so far `at` may run back. */
  readonly toleranceMs: number
  /** Longest time without an entry; the heartbeat comes every minute. */
  readonly maxGapMs: number
}

export const AT_TOLERANCE_MS = 2 * 60_000
export const MAX_GAP_MS = 5 * 60_000

/** Judges the entries of a log one after the other: their form, their parties, their times. */
export class EntryJudge {
  readonly #rules: EntryRules
  readonly #findings: Findings
  readonly counts: Record<string, number> = {}
  #latest: { readonly at: number; readonly stopped: boolean; readonly index: number } | undefined
  /** When a successor was opened. What waited while the log before it was sealed stands behind entry 0, with its own, earlier times. */
  #openedAt: number | undefined
  /** `at` of the newest entry; undefined when none was read. */
  get latestAt(): number | undefined {
    return this.#latest === undefined ? this.#openedAt : Math.max(this.#latest.at, this.#openedAt ?? 0)
  }

  constructor(rules: EntryRules, findings: Findings) {
    this.#rules = rules
    this.#findings = findings
  }

  /** The entry, or undefined when it cannot be read. */
  judge(bytes: Uint8Array, index: number): LogEntry | undefined {
    const parsed = parseLogEntry(bytes)
    if (!parsed.ok) {
      const isForm = parsed.code === 'json' || parsed.code === 'canonical'
      this.#findings.add(isForm ? 'entry-form' : 'entry-schema', { index, expected: 'docs/protocol.md §4', found: parsed.code })
      return undefined
    }
    const { entry } = parsed
    this.counts[entry.kind] = (this.counts[entry.kind] ?? 0) + 1
    this.#judgeParties(entry, index)
    this.#judgePlace(entry, index)
    this.#judgeTime(entry, index)
    return entry
  }

  /** After the last entry: an export of a log that was alive follows its last entry closely. */
  end(exportedAt: number): void {
    this.#judgeGap(exportedAt, this.#latest?.index ?? 0, false)
  }

  #judgeParties(entry: LogEntry, index: number): void {
    const own = ownParty(entry)
    if (own === undefined || (own === this.#rules.region && !('iss' in entry && entry.iss === entry.aud))) return
    this.#findings.add('entry-party', { index, expected: this.#rules.region, found: own })
  }

  #judgePlace({ kind }: LogEntry, index: number): void {
    const may = this.#rules.epoch > 0 && index === 0
    if (may === (kind === 'log.successor')) return
    this.#findings.add(may ? 'successor-missing' : 'successor-misplaced', { index, expected: may ? 'log.successor' : '—', found: kind })
  }

  #judgeTime({ at, kind }: LogEntry, index: number): void {
    if (kind === 'log.successor' && index === 0) {
      this.#openedAt = at
      return
    }
    const latest = this.#latest
    if (latest !== undefined && at < latest.at - this.#rules.toleranceMs)
      this.#findings.add('time-backwards', { index, expected: `≥ ${iso(latest.at - this.#rules.toleranceMs)}`, found: iso(at) })
    this.#judgeGap(at, index, kind === 'node.started')
    // The newest time so far: going back by less than the tolerance again and again must not add up.
    this.#latest = { at: Math.max(at, latest?.at ?? at), stopped: kind === 'node.stopped', index }
  }

  #judgeGap(at: number, index: number, isStart: boolean): void {
    const latestAt = this.latestAt
    if (latestAt === undefined || at - latestAt <= this.#rules.maxGapMs) return
    const seen = { index, expected: `≤ ${this.#rules.maxGapMs / 60_000} min`, found: `${iso(latestAt)} – ${iso(at)}` }
    this.#findings.add(this.#latest?.stopped && isStart ? 'node-away' : 'heartbeat-gap', seen)
  }
}

/** The region that must be the log's own. */
function ownParty(entry: LogEntry): string | undefined {
  switch (entry.kind) {
    case 'message.sent':
    case 'receipt.issued':
      return entry.iss
    case 'message.received':
    case 'receipt.received':
      return entry.aud
    default:
      // A refusal too: a message refused because it was meant for somebody else names them.
      return undefined
  }
}

function iso(ms: number): string {
  return new Date(ms).toISOString()
}
