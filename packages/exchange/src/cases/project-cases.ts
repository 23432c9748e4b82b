import { isDeepStrictEqual } from 'node:util'
import type { Replay } from '@hefu/procedures'
import { agreementByName, agreementName } from '@hefu/protocol'
import { raiseAlert } from '../alerts/alert-store.ts'
import type { Context } from '../context.ts'
import { insertDocuments, insertStatements, runTogether, type Statement, type Tx } from '../db/bulk.ts'
import type { CaseRow, DocumentRow } from '../db/schema.ts'
import { sealedDocument } from '../vault/sealed-document.ts'
import { caseKey } from '../vault/stored-keys.ts'
import { caseEtag } from './case-etag.ts'
import { type ClaimConflict, planConsequences } from './consequences.ts'
import { type LoadedCase, replayCase, storedClaims } from './loaded-case.ts'
import {
  type CaseColumns,
  type CaseEvent,
  eventStatements,
  moveTasks,
  standingStatements,
  updateCaseStatements,
} from './projection-store.ts'

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
  ctx: Pick<Context, 'federation' | 'vault' | 'now' | 'log' | 'metrics'>,
  cases: readonly LoadedCase[],
  further: readonly Statement[] = [],
): Promise<Projected[]> {
  const replayed = cases.map((loaded) => replayStored(ctx, loaded))
  for (const { loaded, before, columns } of replayed) if (!loaded.isNew && before.agency !== columns.agency) await moveTasks(tx, columns)
  const consequences = await planConsequences(tx, ctx, replayed)
  const writes = [
    ...caseStatements(ctx.now(), replayed),
    ...documentStatements(ctx, replayed),
    ...further,
    ...eventStatements(ctx.now(), replayed.flatMap(eventsOf)),
    ...consequences.writes,
  ]
  await runTogether(tx, writes, { keepPlan: cases.length === 1 && cases[0]?.isNew === true })
  await alertForks(tx, ctx, replayed)
  return replayed.map((one) => ({
    loaded: asStored(one),
    replay: one.replay,
    conflicts: consequences.conflicts.filter((conflict) => conflict.caseNumber === one.loaded.row.case_number),
  }))
}

/** What replay says of a case, as rows. */
interface Replayed {
  /** With the columns that replay gives it. */
  readonly loaded: LoadedCase
  readonly before: CaseRow
  readonly replay: Replay
  readonly columns: CaseColumns
  readonly changes: readonly StandingChange[]
}

function replayStored(ctx: Pick<Context, 'federation'>, stored: LoadedCase): Replayed {
  const before = replayCase(stored)
  const start = stored.documents.find(({ digest }) => digest === before.view.effective[0]?.digest)
  // Two documents that start the case are a fork; what the row says is then that of whichever came first.
  const row = start && before.forks.length > 0 ? startedBy(ctx, stored.row, start) : stored.row
  const loaded = { ...stored, row }
  const replay = row.deadline_rules === stored.row.deadline_rules ? before : replayCase(loaded)
  const columns = caseColumns(loaded, replay)
  return {
    loaded: { ...loaded, row: { ...row, ...columns } },
    before: stored.row,
    replay,
    columns,
    changes: changedStandings(loaded, replay),
  }
}

/** Who takes part, and under which agreement, is what the effective first document says, whichever of two such documents came first. */
function startedBy(ctx: Pick<Context, 'federation'>, row: CaseRow, start: DocumentRow): CaseRow {
  const agencies = new Map([
    [start.iss, start.from_agency],
    [start.aud, start.to_agency],
  ])
  const participants = row.participants.map((one) => ({ ...one, agency: agencies.get(one.region) ?? one.agency }))
  const agreement = start.message === null ? undefined : agreementByName(ctx.federation, storedClaims(start.message).agreement)
  return {
    ...row,
    ...(isDeepStrictEqual(participants, row.participants) ? {} : { participants }),
    ...(agreement && { agreement: agreementName(agreement), deadline_rules: agreement.deadlineRules }),
    ...(start.issued_at.getTime() === row.opened_at.getTime() ? {} : { opened_at: start.issued_at }),
    agency: participants.find(({ role }) => role === row.role)?.agency ?? row.agency,
  }
}

type StandingChange = Pick<DocumentRow, 'jti' | 'iss' | 'digest' | 'standing' | 'standing_reason'>

async function alertForks(tx: Tx, ctx: Pick<Context, 'now' | 'log' | 'metrics'>, replayed: readonly Replayed[]): Promise<void> {
  for (const { loaded, replay } of replayed) {
    const caseNumber = loaded.row.case_number
    for (const [one, other] of replay.forks)
      await raiseAlert(tx, ctx, { kind: 'case.fork', key: `${caseNumber}:${one}:${other}`, caseNumber, detail: { digests: [one, other] } })
  }
}

/** The case as it is stored now: a second projection in the same transaction writes only what is new. */
function asStored({ loaded: { row, procedure, documents }, changes }: Replayed): LoadedCase {
  return { row, procedure, documents: withStandings(documents, changes) }
}

function withStandings(documents: readonly DocumentRow[], changes: readonly StandingChange[]): DocumentRow[] {
  const changed = new Map(changes.map((change) => [change.jti, change]))
  return documents.map((row) => ({ ...row, ...changed.get(row.jti) }))
}

/** A new case is inserted as it stands after its first document; what has not changed is not written. */
function caseStatements(nowMs: number, replayed: readonly Replayed[]): Statement[] {
  const fresh = replayed.filter(({ loaded }) => loaded.isNew)
  const changed = replayed.filter(
    ({ loaded, before, columns }) =>
      !loaded.isNew && Object.entries(columns).some(([name, value]) => before[name as keyof CaseColumns] !== value),
  )
  return [
    ...insertStatements(
      'cases',
      fresh.map(({ loaded }) => ({ ...loaded.row })),
    ),
    ...updateCaseStatements(
      nowMs,
      changed.map(({ columns }) => columns),
    ),
  ]
}

/** New documents are inserted with the standing they have, stored ones updated. */
function documentStatements({ vault }: Pick<Context, 'vault'>, replayed: readonly Replayed[]): Statement[] {
  const unstored = replayed.flatMap(({ loaded, changes }) => {
    const documents = loaded.documents.filter(({ jti }) => loaded.unstored?.has(jti))
    return withStandings(documents, changes).map((row) => sealedDocument(vault, caseKey(loaded.row), row))
  })
  const changed = replayed.flatMap(({ loaded, changes }) => changes.filter(({ jti }) => !loaded.unstored?.has(jti)))
  return [...insertDocuments(unstored), ...standingStatements(changed.map(({ digest: _, ...row }) => row))]
}

function caseColumns({ row, procedure, documents }: LoadedCase, replay: Replay): CaseColumns {
  const dues = replay.deadlines.map((d) => d.due).filter((due) => due !== null)
  return {
    case_number: row.case_number,
    agency: row.agency,
    participants: row.participants,
    agreement: row.agreement,
    deadline_rules: row.deadline_rules,
    opened_at: row.opened_at,
    state: replay.state,
    final: replay.final,
    ball_holder: replay.ballHolder,
    due: dues.sort()[0] ?? null,
    effective_until: replay.effectiveUntil,
    restricted: procedure.restricted?.holds(replay.view) ? procedure.restricted.scope : null,
    etag: caseEtag(documents),
  }
}

function changedStandings(loaded: LoadedCase, replay: Replay): StandingChange[] {
  return loaded.documents.flatMap(({ jti, iss, digest, status, standing, standing_reason }) => {
    const now = status === 'held' ? replay.standings.get(digest) : undefined
    if (!now) return []
    const reason = 'reason' in now ? now.reason : null
    if (now.standing === standing && (reason?.code ?? null) === (standing_reason?.code ?? null)) return []
    return [{ jti, iss, digest, standing: now.standing, standing_reason: reason }]
  })
}

function eventsOf({ before, replay, columns, changes }: Replayed): CaseEvent[] {
  const { case_number: caseNumber, agency } = columns
  const events = changes.map(({ standing, digest }): CaseEvent => ({ type: `document.${standing}`, caseNumber, agency, digest }))
  if (replay.state !== before.state) events.push({ type: `case.${replay.state}`, caseNumber, agency, digest: null })
  return events
}
