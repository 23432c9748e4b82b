import { type Checkpoint, parseCheckpointNote, rangeRoot, verifyLogSignature } from '@hefu/translog'
import type { Context } from '../context.ts'
import type { Reader } from '../db/bulk.ts'
import { readHead, readNewestCheckpoint } from './log-store.ts'

/** A checkpoint that may be shown: it was read from the database after its transaction had ended. */
export interface PublishedCheckpoint {
  readonly epoch: number
  readonly checkpoint: Checkpoint
  /** Signed by the log. */
  readonly note: string
  readonly at: Date
}

/**
 * The newest checkpoint as the database holds it, never as it was computed: a commit that was lost must not have been shown. Throws when
 * head and checkpoint do not fit or the log did not sign it; then the tables were changed by somebody else, and nothing may be shown.
 */
export async function readPublished(db: Reader, { exchangeLog }: Pick<Context, 'exchangeLog'>): Promise<PublishedCheckpoint | undefined> {
  const head = await readHead(db)
  const stored = head && (await readNewestCheckpoint(db, head.epoch))
  if (head === undefined || stored === undefined) return undefined
  const parsed = parseCheckpointNote(stored.note)
  const signed = parsed.ok ? verifyLogSignature(parsed.value, exchangeLog.key) : parsed
  if (!signed.ok) throw new Error(`the checkpoint of size ${stored.size} is not this log's: ${signed.code}`)
  const { checkpoint } = signed.value
  // The head may have moved on between the two looks, but never back.
  const same = checkpoint.size === head.range.size
  if (
    checkpoint.size !== stored.size ||
    checkpoint.size < head.range.size ||
    (same && !rangeRoot(head.range).every((byte, at) => byte === checkpoint.root[at]))
  ) {
    throw new Error(`the checkpoint of size ${stored.size} does not fit a log of size ${head.range.size}`)
  }
  return { epoch: head.epoch, checkpoint, note: stored.note, at: stored.at }
}
