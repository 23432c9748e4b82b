import { setTimeout as sleep } from 'node:timers/promises'
import type { Kysely } from 'kysely'
import type { Context } from '../context.ts'
import { openDatabase } from '../db/open-database.ts'
import type { Database } from '../db/schema.ts'
import { forgetCheckpoints } from './checkpoint-store.ts'
import type { LogHead } from './log-store.ts'
import { idleReporter, openHead, type SayIdle } from './open-head.ts'
import { logFact } from './pending-log-store.ts'
import { type PublishedCheckpoint, readPublished } from './publish-checkpoint.ts'
import { sequenceEntries } from './sequence-entries.ts'
import { SEQUENCER_SESSION, type SequencerLock, takeSequencerLock } from './sequencer-lock.ts'
import { openWitnesses, type Witnesses } from './witness/ask-witnesses.ts'

/** How soon a row that was committed is looked for. */
const POLL_MS = 100
/** When so many looks in a row have found something: fewer and larger batches cost less work and leave fewer dead rows behind. */
const BUSY_POLL_MS = 400
const BUSY_LOOKS = 5
/** How soon a standby tries again, and a sequencer after a failure. */
const STANDBY_MS = 500
/** While a backlog is worked off. */
const PUBLISH_MS = 500
const CONFIRM_POLL_MS = 20
const HEARTBEAT_MS = 60_000
/** How often old checkpoints are forgotten, and how old these are at least. */
const TIDY_MS = 3_600_000
/** A stop does not wait longer for what is pending: it stays there for the next. */
const DRAIN_MS = 5_000

export interface SequencerOptions {
  /** The sequencer's login. */
  readonly url: string
  /** Told of every checkpoint once it may be shown; not waited for. */
  readonly onPublished?: (published: PublishedCheckpoint) => void
}

export interface Sequencer {
  /** Whether this process moves the log now; else it stands by. */
  leading(): boolean
  /** Gives what is pending its place, if this process is the one that does, and ends. */
  stop(): Promise<void>
}

type SequencerContext = Pick<Context, 'region' | 'federation' | 'peerTls' | 'exchangeLog' | 'db' | 'now' | 'log' | 'metrics'>

/** What one process knows while it holds the lock. */
interface Lead {
  readonly ctx: SequencerContext
  readonly db: Kysely<Database>
  readonly lock: SequencerLock
  readonly options: SequencerOptions
  readonly signal: AbortSignal
  readonly witnesses: Witnesses
  readonly idle: SayIdle
}

/** Runs until it is stopped: stands by, and moves the log while it holds the lock. Whatever fails is logged and tried again. */
export function startSequencer(ctx: SequencerContext, options: SequencerOptions): Sequencer {
  const stopping = new AbortController()
  const { signal } = stopping
  const db = openDatabase({ url: options.url, poolSize: 2, onError: () => {}, session: SEQUENCER_SESSION })
  const idle = idleReporter(ctx)
  let leading = false
  const run = async () => {
    while (!signal.aborted) {
      try {
        const lock = await takeSequencerLock(options.url)
        if (lock !== null) {
          leading = true
          await takeLead({ ctx, db, lock, options, signal, idle }).finally(async () => {
            leading = false
            await lock.release()
          })
        }
      } catch (error) {
        ctx.log.error({ event: 'sequencer.disturbed', error }, 'sequencer.disturbed')
      }
      await pause(STANDBY_MS, signal)
    }
  }
  const ended = run().finally(async () => await db.destroy())
  return {
    leading: () => leading,
    async stop() {
      stopping.abort()
      await ended
    },
  }
}

async function takeLead(candidate: Omit<Lead, 'witnesses'>): Promise<void> {
  const { ctx, db, lock, idle } = candidate
  const head = await openHead(ctx, db, idle)
  if (head === undefined) return
  const witnesses = await openWitnesses(ctx, db, head.epoch)
  const leader = { ...candidate, witnesses }
  try {
    await publish(leader)
    if (!(await confirmStart(leader))) return
    await lock.confirm()
    ctx.log.info({ event: 'sequencer.leading', origin: head.origin, size: head.range.size }, 'sequencer.leading')
    await lead(leader, head)
  } finally {
    await witnesses.stop()
  }
}

/**
 * Nothing is signed until a quorum of witnesses has cosigned what was signed last: the database may have come from a backup, and then
 * every further checkpoint would be a second history (protocol.md section 4).
 */
async function confirmStart({ lock, signal, witnesses }: Lead): Promise<boolean> {
  while (lock.held() && !witnesses.sealed()) {
    if (witnesses.confirmed()) return true
    if (signal.aborted) return false
    await pause(CONFIRM_POLL_MS, signal)
  }
  return false
}

async function lead(lead: Lead, confirmed: LogHead): Promise<void> {
  const { ctx, db, lock, signal, witnesses } = lead
  let head: LogHead | undefined = confirmed
  let lastAtMs = await publish(lead)
  let publishedAt = performance.now()
  let looks = 0
  let tidiedAtMs = Number.NEGATIVE_INFINITY
  while (lock.held() && !witnesses.sealed()) {
    const result = await sequenceEntries(ctx, db, head)
    if (result.status === 'placed') {
      head = result.head
      // Of a backlog not every checkpoint is shown, but one at least every half second.
      if (result.more && performance.now() - publishedAt < PUBLISH_MS) continue
      lastAtMs = await publish(lead)
      publishedAt = performance.now()
      if (result.more) continue
    } else if (result.status === 'fenced') {
      ctx.log.warn({ event: 'sequencer.fenced', size: head.range.size }, 'sequencer.fenced')
      head = await openHead(ctx, db, lead.idle)
      if (head === undefined) return
    }
    if (signal.aborted) return await drain(lead, head)
    if (ctx.now() - tidiedAtMs >= TIDY_MS) {
      tidiedAtMs = ctx.now()
      await forgetCheckpoints(db, new Date(tidiedAtMs - TIDY_MS))
    }
    if (ctx.now() - lastAtMs >= HEARTBEAT_MS) {
      await logFact(ctx, { kind: 'heartbeat' })
      continue
    }
    looks = result.status === 'placed' ? looks + 1 : 0
    await pause(looks < BUSY_LOOKS ? POLL_MS : BUSY_POLL_MS, signal)
  }
}

/** What was committed before the stop, up to a time limit: the rest stays for the next sequencer. */
async function drain(lead: Lead, from: LogHead): Promise<void> {
  const until = performance.now() + DRAIN_MS
  for (let head = from; performance.now() < until; ) {
    const result = await sequenceEntries(lead.ctx, lead.db, head)
    if (result.status !== 'placed') return
    head = result.head
    await publish(lead)
  }
}

/** Returns when the checkpoint was signed. */
async function publish({ ctx, db, options, witnesses }: Lead): Promise<number> {
  const published = await readPublished(db, ctx)
  if (published === undefined) throw new Error('a log without a checkpoint')
  ctx.metrics.logSize.set(published.checkpoint.size)
  witnesses.tell(published)
  options.onPublished?.(published)
  return published.at.getTime()
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => {})
}
