import type { Replay } from '@hefu/procedures'
import { raiseAlert } from '../alerts/alert-store.ts'
import type { Context } from '../context.ts'
import type { Tx } from '../db/bulk.ts'
import { caseEtag } from './case-etag.ts'
import type { LoadedCase } from './loaded-case.ts'
import { replayCase } from './loaded-case.ts'
import { type CaseEvent, updateCases, updateStandings, writeEvents } from './projection-store.ts'
import { type ClaimConflict, writeConsequences } from './write-consequences.ts'

export interface Projected {
  readonly loaded: LoadedCase
  readonly replay: Replay
  /** Claims of this case that another case holds: a register's answer must not go out. */
  readonly conflicts: readonly ClaimConflict[]
}

/**
 * Replays the cases and writes the difference between what replay wants and what is stored: state, standings, effects,
 * tasks, events. The case rows are locked by the caller, so the difference cannot be written twice.
 */
export async function projectCases(tx: Tx, ctx: Pick<Context, 'now' | 'log' | 'metrics'>, cases: readonly LoadedCase[]): Promise<Projected[]> {
  const replayed = cases.map((loaded) => ({ loaded, replay: replayCase(loaded) }))
  await updateCases(tx, ctx.now(), replayed.map(({ loaded, replay }) => caseColumns(loaded, replay)))
  await updateStandings(tx, replayed.flatMap(({ loaded, replay }) => changedStandings(loaded, replay)))
  await writeEvents(tx, ctx.now(), replayed.flatMap(({ loaded, replay }) => eventsOf(loaded, replay)))
  const conflicts = await writeConsequences(tx, ctx, replayed)
  for (const { loaded, replay } of replayed) {
    for (const [one, other] of replay.forks) {
      await raiseAlert(tx, ctx, { kind: 'case.fork', key: `${loaded.row.case_number}:${one}:${other}`, caseNumber: loaded.row.case_number, detail: { digests: [one, other] } })
    }
  }
  return replayed.map((one) => ({ ...one, conflicts: conflicts.filter((conflict) => conflict.caseNumber === one.loaded.row.case_number) }))
}

function caseColumns(loaded: LoadedCase, replay: Replay) {
  const dues = replay.deadlines.map((d) => d.due).filter((due) => due !== null)
  return {
    case_number: loaded.row.case_number,
    state: replay.state,
    final: replay.final,
    ball_holder: replay.ballHolder,
    due: dues.sort()[0] ?? null,
    effective_until: replay.effectiveUntil,
    etag: caseEtag(loaded.documents),
  }
}

function changedStandings(loaded: LoadedCase, replay: Replay) {
  return loaded.documents.flatMap((row) => {
    const now = row.status === 'held' ? replay.standings.get(row.digest) : undefined
    if (!now) return []
    const reason = 'reason' in now ? now.reason : null
    if (now.standing === row.standing && (reason?.code ?? null) === (row.standing_reason?.code ?? null)) return []
    return [{ jti: row.jti, iss: row.iss, standing: now.standing, standing_reason: reason }]
  })
}

function eventsOf(loaded: LoadedCase, replay: Replay): CaseEvent[] {
  const { case_number: caseNumber, agency } = loaded.row
  const events: CaseEvent[] = changedStandings(loaded, replay).map((change) => {
    const row = loaded.documents.find((d) => d.jti === change.jti && d.iss === change.iss)
    return { type: `document.${change.standing}`, caseNumber, agency, digest: row?.digest ?? null }
  })
  if (replay.state !== loaded.row.state) events.push({ type: `case.${replay.state}`, caseNumber, agency, digest: null })
  return events
}
