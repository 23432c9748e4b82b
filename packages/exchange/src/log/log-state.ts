import type { Context } from '../context.ts'
import { readLogStateRow } from './log-state-store.ts'

/** How old what is known may be. */
const REFRESH_MS = 1_000
/** No log, no action (protocol.md section 4). */
const MAX_PENDING_MS = 30_000
/** How old the newest witnessed checkpoint may be while a witness answers, unless a setting says otherwise. */
export const WITNESS_AGE_MS = 15 * 60_000

export interface LogState {
  /** Of the live log; null before there is one. */
  readonly origin: string | null
  readonly epoch: number | null
  readonly size: number | null
  /** A witness knows another history: final for this log. */
  readonly sealed: boolean
  /** The tables did not lead to what the log has signed, and nobody has acknowledged that yet. */
  readonly damaged: boolean
  /** A process moves the log, and a quorum has confirmed to it that nothing is missing. */
  readonly confirmed: boolean
  /** A process leads and waits for that. */
  readonly waiting: boolean
  /** Of the oldest entry that waits for its place; 0 without one, and while the log waits for its confirmation. */
  readonly pendingMs: number
  /** Since the newest witnessed checkpoint was signed; null without one. */
  readonly witnessedMs: number | null
  /** Since a witness answered anything; null when none ever did. */
  readonly answeredMs: number | null
  /** A witness answers, and yet the newest witnessed checkpoint is older than it may be. */
  readonly unwitnessed: boolean
}

/** What this process knows of its log, not older than a second. */
export interface LogStateReader {
  read(): Promise<LogState>
  /** Read now: before a refusal. */
  readNow(): Promise<LogState>
}

export function logStateReader({ db, now }: Pick<Context, 'db' | 'now'>, witnessAgeMs: number = WITNESS_AGE_MS): LogStateReader {
  let known: { readonly state: Promise<LogState>; readonly at: number } | undefined
  // Time that nobody could do anything about does not count: the start, and waiting for the witnesses.
  let countedFromMs: number | undefined
  const readNow = async () => {
    const row = await readLogStateRow(db)
    const nowMs = now()
    const since = (at: Date | null) => (at === null ? null : Math.max(0, nowMs - at.getTime()))
    const waiting = row.leads && !row.confirmed
    if (waiting || countedFromMs === undefined) countedFromMs = nowMs
    const pendingFrom = row.oldest_pending === null ? nowMs : Math.max(row.oldest_pending.getTime(), countedFromMs)
    const times = { witnessedMs: since(row.witnessed), answeredMs: since(row.answered) }
    return {
      origin: row.origin,
      epoch: row.epoch,
      size: row.size === null ? null : Number(row.size),
      sealed: row.sealed,
      damaged: row.damaged,
      confirmed: row.leads && row.confirmed && !row.sealed,
      waiting,
      pendingMs: Math.max(0, nowMs - pendingFrom),
      ...times,
      unwitnessed: !row.sealed && isUnwitnessed(times, witnessAgeMs),
    }
  }
  return {
    readNow,
    async read() {
      const at = performance.now()
      if (known === undefined || at - known.at >= REFRESH_MS) {
        known = { state: readNow(), at }
        // What failed is not remembered.
        known.state.catch(() => {
          known = undefined
        })
      }
      return await known.state
    },
  }
}

export function isLate({ pendingMs }: LogState): boolean {
  return pendingMs > MAX_PENDING_MS
}

function isUnwitnessed({ witnessedMs, answeredMs }: Pick<LogState, 'witnessedMs' | 'answeredMs'>, maxAgeMs: number): boolean {
  return answeredMs !== null && answeredMs <= maxAgeMs && (witnessedMs === null || witnessedMs > maxAgeMs)
}
