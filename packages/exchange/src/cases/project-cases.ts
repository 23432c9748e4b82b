import type { Replay } from '@hefu/procedures'
import { raiseAlert } from '../alerts/alert-store.ts'
import type { Context } from '../context.ts'
import { insertStatements, runTogether, type Statement, type Tx } from '../db/bulk.ts'
import { caseEtag } from './case-etag.ts'
import { type ClaimConflict, planConsequences } from './consequences.ts'
import type { LoadedCase } from './loaded-case.ts'
import { replayCase } from './loaded-case.ts'
import { type CaseEvent, eventStatements, standingStatements, updateCaseStatements } from './projection-store.ts'

export interface Projected {
  readonly loaded: LoadedCase
  readonly replay: Replay
  /** Claims of this case that another case holds: a register's answer must not go out. */
  readonly conflicts: readonly ClaimConflict[]
}

/**
 * Replays the cases and writes the difference between what replay wants and what is stored: state, standings, effects,
 * tasks, events; `further` statements run with them. The case rows are locked by the caller (or new), so the difference
 * cannot be written twice.
 */
export async function projectCases(
  tx: Tx,
  ctx: Pick<Context, 'now' | 'log' | 'metrics'>,
  cases: readonly LoadedCase[],
  further: readonly Statement[] = [],
): Promise<Projected[]> {
  const replayed = cases.map((loaded) => ({ loaded, replay: replayCase(loaded) }))
  const consequences = await planConsequences(tx, ctx, replayed)
  await runTogether(tx, [
    ...caseStatements(ctx.now(), replayed),
    ...further,
    ...standingStatements(replayed.flatMap(({ loaded, replay }) => changedStandings(loaded, replay))),
    ...eventStatements(
      ctx.now(),
      replayed.flatMap(({ loaded, replay }) => eventsOf(loaded, replay)),
    ),
    ...consequences.writes,
  ])
  for (const { loaded, replay } of replayed) {
    for (const [one, other] of replay.forks) {
      await raiseAlert(tx, ctx, {
        kind: 'case.fork',
        key: `${loaded.row.case_number}:${one}:${other}`,
        caseNumber: loaded.row.case_number,
        detail: { digests: [one, other] },
      })
    }
  }
  return replayed.map(({ loaded, replay }) => ({
    loaded: asStored(loaded, replay),
    replay,
    conflicts: consequences.conflicts.filter((conflict) => conflict.caseNumber === loaded.row.case_number),
  }))
}

/** The case as it is stored now: a second projection in the same transaction writes only what is new. */
function asStored(loaded: LoadedCase, replay: Replay): LoadedCase {
  const changed = new Map(changedStandings(loaded, replay).map((row) => [row.jti, row]))
  const { row, procedure } = loaded
  return {
    row: { ...row, ...caseColumns(loaded, replay) },
    procedure,
    documents: loaded.documents.map((document) => ({ ...document, ...changed.get(document.jti) })),
  }
}

/** A new case is inserted as it stands after its first document; what has not changed is not written. */
function caseStatements(nowMs: number, replayed: readonly { loaded: LoadedCase; replay: Replay }[]): Statement[] {
  const columns = replayed.map(({ loaded, replay }) => ({ loaded, now: caseColumns(loaded, replay) }))
  const fresh = columns.filter(({ loaded }) => loaded.isNew)
  const changed = columns.filter(
    ({ loaded, now }) => !loaded.isNew && Object.entries(now).some(([name, value]) => loaded.row[name as keyof typeof now] !== value),
  )
  return [
    ...insertStatements(
      'cases',
      fresh.map(({ loaded, now }) => ({ ...loaded.row, ...now })),
    ),
    ...updateCaseStatements(
      nowMs,
      changed.map(({ now }) => now),
    ),
  ]
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
