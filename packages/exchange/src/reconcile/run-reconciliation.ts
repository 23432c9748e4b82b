import { shanghaiDate } from '@hefu/reference'
import type { Context } from '../context.ts'
import type { ReconciliationRow } from '../db/schema.ts'
import { uuidv7 } from '../uuid.ts'
import { PeerQuestionError } from './ask-peer.ts'
import { compareHalves } from './compare-halves.ts'
import { type Difference, type DifferenceKind, keyOf } from './compare-heads.ts'
import { daysBefore } from './day-bounds.ts'
import { healHalves } from './heal-halves.ts'
import {
  asOnlyReconciler,
  finishReconciliation,
  insertReconciliation,
  nextReconciliation,
  startReconciliation,
  unappliedCases,
} from './reconciliation-store.ts'
import { applyAll } from './restore-items.ts'
import type { ItemRefusal } from './verify-item.ts'

/** What a reconciliation found and did; counts are of messages, `applied` of cases. */
export interface ReconciliationResult {
  readonly days: number
  readonly differingDays: number
  readonly compared: number
  readonly sentAgain: number
  readonly fetched: number
  readonly restoredAtPeer: number
  readonly applied: number
  /** What still differs after healing: at most 1,000 of the `openTotal`. */
  readonly open: { readonly iss: string; readonly jti: string; readonly why: DifferenceKind | ItemRefusal | 'not-answered' }[]
  readonly openTotal: number
  /** Nothing differs any more but what is on its way. */
  readonly match: boolean
}

const scheduledDays = 31
const openShown = 1_000
/** What was accepted so long ago and is not applied was forgotten by the queue. */
const applyAfterMs = 5_000

/**
 * The job `reconcile`: runs what was requested for this peer, oldest first; when nothing was and this is the nightly schedule, one over
 * the last 31 days. Not otherwise: a sweep may have asked for what has been done meanwhile. A run whose process was killed is run again from the start: everything it does may be done twice. Does
 * nothing while another process reconciles with this peer: that one looks again before it ends.
 */
export async function runReconciliation(ctx: Context, peer: string, { nightly }: { readonly nightly?: true } = {}): Promise<void> {
  if (nightly && !(await nextReconciliation(ctx.db, peer))) await schedule(ctx, peer)
  // Asked again after the lock is free: what was requested meanwhile found the lock taken.
  while (await nextReconciliation(ctx.db, peer)) {
    const ran = await asOnlyReconciler(ctx.db, peer, async () => {
      for (let row = await nextReconciliation(ctx.db, peer); row; row = await nextReconciliation(ctx.db, peer)) await run(ctx, row)
    })
    if (!ran) return
  }
}

async function schedule(ctx: Context, peer: string): Promise<void> {
  const nowMs = ctx.now()
  const today = shanghaiDate(nowMs)
  const from = daysBefore(today, scheduledDays - 1)
  await insertReconciliation(ctx.db, {
    id: uuidv7(nowMs),
    peer,
    requested_by: 'schedule',
    from_day: from,
    to_day: today,
    created_at: new Date(nowMs),
  })
}

async function run(ctx: Context, row: ReconciliationRow): Promise<void> {
  await startReconciliation(ctx.db, row.id)
  const end = await reconcile(ctx, row).then(
    (result) => ({ state: 'done' as const, result }),
    (error: Error) => ({ state: 'failed' as const, result: failureOf(ctx, row, error) }),
  )
  await finishReconciliation(ctx.db, row.id, { ...end, at: new Date(ctx.now()) })
}

/** By code or name only: the text of an unexpected error may quote a document. */
function failureOf(ctx: Context, { id, peer }: ReconciliationRow, error: Error): { failure: string } {
  const failure = error instanceof PeerQuestionError ? error.code : 'internal'
  ctx.log.error(
    { event: 'reconcile.failed', reconciliation: id, peer, failure, error: error.name, stack: error.stack?.split('\n').slice(1, 6) },
    'reconcile.failed',
  )
  return { failure }
}

async function reconcile(ctx: Context, { id, peer, from_day: from, to_day: to }: ReconciliationRow): Promise<ReconciliationResult> {
  const tell = (event: string, counts: object) => ctx.log.info({ event, reconciliation: id, peer, ...counts }, event)
  const first = await compareHalves(ctx, peer, from, to)
  const { days, differingDays, compared } = first
  tell('reconcile.compared', { days, differingDays, compared, differences: first.differences.length })
  const { caseNumbers, failures, ...healed } = await healHalves(ctx, peer, first.differences)
  tell('reconcile.healed', { ...healed, failures: failures.size })
  const applied = await applyAgain(ctx, peer, caseNumbers)
  tell('reconcile.applied', { applied })
  const { differences } = first.differences.length === 0 ? first : await compareHalves(ctx, peer, from, to)
  const match = differences.every((one) => isUnderWay(one) && !failures.has(keyOf(one)))
  tell('reconcile.finished', { open: differences.length, match })
  const open = differences.slice(0, openShown).map((one) => ({ iss: one.iss, jti: one.jti, why: failures.get(keyOf(one)) ?? one.kind }))
  return { days, differingDays, compared, ...healed, applied, open, openTotal: differences.length, match }
}

/** Its sender delivers it; `answer-lost-…` means that the stored answer comes back with that delivery. */
function isUnderWay({ kind }: Difference): boolean {
  return kind === 'pending-here' || kind === 'pending-at-peer' || kind === 'answer-lost-here' || kind === 'answer-lost-at-peer'
}

/** Replays what came back and what was accepted but never applied; answers how many cases are applied now. */
async function applyAgain(ctx: Context, peer: string, restored: readonly string[]): Promise<number> {
  const until = new Date(ctx.now() - applyAfterMs)
  const cases = new Set([...restored, ...(await unappliedCases(ctx.db, peer, until))])
  if (cases.size === 0) return 0
  await applyAll(ctx, cases)
  const still = new Set(await unappliedCases(ctx.db, peer, until))
  return [...cases].filter((caseNumber) => !still.has(caseNumber)).length
}
