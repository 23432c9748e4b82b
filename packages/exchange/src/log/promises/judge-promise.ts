import { type Policy, verifyCheckpoint } from '@hefu/translog'
import type { PromiseRow } from '../../db/schema.ts'
import { WITNESS_AGE_MS } from '../log-state.ts'

/** A look at a log that did not hold what it should: which head was shown, null where none that a quorum has seen since the promise was due. */
export interface Miss {
  readonly log: string | null
  readonly size: number | null
  readonly at: Date
}

/**
 * `missed`: to be remembered, and looked at once more. `not-in-log`: the log has gone on since it was first seen without the message, or
 * stood still for a quarter of an hour. `unwitnessed`: in a quarter of an hour the peer has shown no log that a quorum saw.
 */
export type Judged = { readonly verdict: 'missed'; readonly miss: Miss } | { readonly verdict: 'wait' | 'not-in-log' | 'unwitnessed' }

/**
 * What it means that a message is not in the log that the peer shows after its promise was due. Not yet a broken word: what the log was to
 * take up while its node was down, or sealed until a successor took its place, has its place in the first batch after that.
 */
export function judgeMiss(
  { due_at, missed_log, missed_size, missed_at }: Pick<PromiseRow, 'due_at' | 'missed_log' | 'missed_size' | 'missed_at'>,
  checkpoint: string | undefined,
  policy: Policy,
  nowMs: number,
): Judged {
  const shown = shownSince(due_at, checkpoint, policy)
  if (missed_at === null || (shown !== undefined && shown.log !== missed_log)) {
    // A head after none: the time goes on. Another log: it begins anew.
    const at = missed_log === null && missed_at !== null ? missed_at : new Date(nowMs)
    return { verdict: 'missed', miss: { log: shown?.log ?? null, size: shown?.size ?? null, at } }
  }
  const isOver = nowMs - missed_at.getTime() > WITNESS_AGE_MS
  if (shown === undefined) return { verdict: isOver ? 'unwitnessed' : 'wait' }
  return { verdict: isOver || shown.size > Number(missed_size) ? 'not-in-log' : 'wait' }
}

function shownSince(due: Date, checkpoint: string | undefined, policy: Policy): { log: string; size: number } | undefined {
  const verified = checkpoint === undefined ? undefined : verifyCheckpoint(checkpoint, policy)
  if (!verified?.ok || (verified.value.quorumTime ?? 0) * 1000 < due.getTime()) return undefined
  return { log: verified.value.checkpoint.origin, size: verified.value.checkpoint.size }
}
