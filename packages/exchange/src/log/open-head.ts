import type { Kysely } from 'kysely'
import type { Context } from '../context.ts'
import type { Database } from '../db/schema.ts'
import { insertCheckpoint, insertFirstHead, type LogHead, readHead, readNewestCheckpoint } from './log-store.ts'
import { signCheckpoint } from './sign-checkpoint.ts'
import { openSuccessor } from './successor/open-successor.ts'
import { readSeal } from './witness/witness-store.ts'

/** Why a sequencer that could lead has nothing to move. */
export type Idle = 'sequencer.sealed' | 'sequencer.other-log'

/** Says so, when the reason is a new one. */
export type SayIdle = (why: Idle, live: string | undefined) => undefined

/**
 * The live head; begins the first log of a node, and the successor of a sealed one where an operator has decided so. Undefined: the live
 * log is sealed, or not the one that this node has the key of; then `idle` says so once.
 */
export async function openHead(
  ctx: Parameters<typeof openSuccessor>[0] & Pick<Context, 'exchangeLog' | 'now'>,
  db: Kysely<Database>,
  idle: SayIdle,
): Promise<LogHead | undefined> {
  const { exchangeLog, now } = ctx
  await insertFirstHead(db, exchangeLog.origin)
  const live = await readHead(db)
  const sealed = live !== undefined && (await readSeal(db, live.epoch)) !== undefined
  const head = sealed ? await openSuccessor(ctx, db, live) : live
  if (head === undefined) return idle('sequencer.sealed', live?.origin)
  if (head.origin !== exchangeLog.origin || head.closedAt !== null) return idle('sequencer.other-log', head.origin)
  if ((await readNewestCheckpoint(db, head.epoch)) === undefined) {
    const note = await signCheckpoint(exchangeLog, head.range)
    await insertCheckpoint(db, { epoch: head.epoch, size: head.range.size, at: new Date(now()), note })
  }
  return head
}

export function idleReporter({ exchangeLog, log }: Pick<Context, 'exchangeLog' | 'log'>): SayIdle {
  let said = ''
  return (event, live) => {
    if (said !== event) log.error({ event, origin: exchangeLog.origin, live }, event)
    said = event
    return undefined
  }
}
