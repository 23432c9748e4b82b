import type { Effect, Replay, Text } from '@hefu/procedures'
import type { Context } from '../context.ts'
import { insertStatements, type Statement, type Tx } from '../db/bulk.ts'
import { caseKey, effectOf } from '../vault/stored-keys.ts'
import { takeClaims, type WantedClaim } from './claim-store.ts'
import { removalStatements, type StoredRow, storedConsequences, taskClosingStatements, taskStatements } from './consequence-store.ts'
import type { LoadedCase } from './loaded-case.ts'
import { isTaskOver, type WantedTask } from './task-rows.ts'

export interface Replayed {
  readonly loaded: LoadedCase
  readonly replay: Replay
}

/** A claim that another case holds: `digest` is the document that wanted it. */
export interface ClaimConflict {
  readonly caseNumber: string
  readonly digest: string
  readonly title: Text
}

export interface Consequences {
  readonly writes: Statement[]
  readonly conflicts: readonly ClaimConflict[]
}

/**
 * Compares the effects that replay wants on this side with the rows there are (one look for all cases), and plans the
 * difference. Claims are taken at once: who holds them decides which tasks there are.
 */
export async function planConsequences(tx: Tx, ctx: Pick<Context, 'vault' | 'now'>, cases: readonly Replayed[]): Promise<Consequences> {
  const wanted = cases.flatMap(({ loaded, replay }) =>
    replay.view.state === null ? [] : loaded.procedure.effects(replay.view, loaded.row.role).map((effect) => ({ loaded, effect })),
  )
  const stored = await storedConsequences(
    tx,
    cases.filter(({ loaded }) => !loaded.isNew).map(({ loaded }) => loaded.row.case_number),
  )
  const at = new Date(ctx.now())
  const claims = wanted.flatMap(({ loaded, effect }): WantedClaim[] => (effect.kind === 'claim' ? [{ loaded, effect }] : []))
  const conflicts = await takeClaims(
    tx,
    ctx,
    stored.filter((row) => row.kind === 'claim'),
    claims,
  )
  const tasks = [
    ...wanted.flatMap(({ loaded, effect }) =>
      effect.kind === 'task'
        ? [{ loaded, digest: effect.digest, key: effect.key, title: effect.title, document: effect.document ?? null, draft: null }]
        : [],
    ),
    ...conflicts.filter(isStillPossible(cases)).map(conflictTask),
  ]
  return {
    writes: [
      ...differences(
        'effects',
        stored.filter((row) => row.kind === 'effect'),
        wanted.flatMap(({ loaded, effect }) => effectRow(ctx, loaded, effect, at)),
      ),
      ...differences(
        'settlement_entries',
        stored.filter((row) => row.kind === 'settlement'),
        wanted.flatMap(({ loaded, effect }) => settlementRow(loaded, effect, at)),
      ),
      ...taskClosingStatements(closedTasks(stored, tasks, cases), at),
      ...taskStatements(
        ctx,
        tasks.filter((task) => !isStored(stored, task)),
      ),
    ],
    conflicts: conflicts.map(({ loaded, effect }) => ({
      caseNumber: loaded.row.case_number,
      digest: effect.digest,
      title: effect.onConflict.title,
    })),
  }
}

function conflictTask({ loaded, effect }: WantedClaim): WantedTask {
  const { key, title, document, data } = effect.onConflict
  return { loaded, digest: effect.digest, key, title, document, draft: data === null ? null : { document, data } }
}

/** What a conflict asks for is asked only while the case still allows it. */
function isStillPossible(cases: readonly Replayed[]) {
  const stateOf = new Map(cases.map(({ loaded, replay }) => [loaded.row.case_number, replay.state]))
  return ({ loaded, effect }: WantedClaim) =>
    Object.hasOwn(loaded.procedure.states[stateOf.get(loaded.row.case_number) ?? '']?.on ?? {}, effect.onConflict.document)
}

type ConsequenceRow = Readonly<Record<string, unknown>> & { readonly case_number: string; readonly digest: string; readonly key: string }

const keyOf = (row: { case_number: string; digest: string; key: string }) => `${row.case_number} ${row.digest} ${row.key}`

function differences(
  table: 'effects' | 'settlement_entries',
  stored: readonly StoredRow[],
  wanted: readonly ConsequenceRow[],
): Statement[] {
  const wantedKeys = new Set(wanted.map(keyOf))
  const storedKeys = new Set(stored.map(keyOf))
  const over = stored.filter((row) => !wantedKeys.has(keyOf(row)))
  return [
    ...removalStatements(table, over),
    ...insertStatements(
      table,
      wanted.filter((row) => !storedKeys.has(keyOf(row))),
    ),
  ]
}

function effectRow({ vault }: Pick<Context, 'vault'>, loaded: LoadedCase, effect: Effect, at: Date): ConsequenceRow[] {
  if (effect.kind !== 'register') return []
  const id = { case_number: loaded.row.case_number, digest: effect.digest, key: effect.key }
  return [
    {
      ...id,
      kind: effect.kind,
      register: effect.register,
      lookup_key: vault.lookupKey(effect.lookup.kind, effect.lookup.value),
      data: vault.seal(caseKey(loaded.row), effectOf(id), JSON.stringify(effect.data)),
      created_at: at,
    },
  ]
}

function settlementRow(loaded: LoadedCase, effect: Effect, at: Date): ConsequenceRow[] {
  if (effect.kind !== 'settlement') return []
  return [
    {
      case_number: loaded.row.case_number,
      digest: effect.digest,
      key: effect.key,
      agency: loaded.row.agency,
      insurance_type: effect.data.insuranceType,
      payer: effect.data.payer,
      payee: effect.data.payee,
      pool_yuan: effect.data.poolYuan,
      personal_yuan: effect.data.personalYuan,
      total_yuan: effect.data.totalYuan,
      completed_on: effect.data.completedOn,
      created_at: at,
    },
  ]
}

function isStored(stored: readonly StoredRow[], task: WantedTask): boolean {
  return stored.some(
    (row) => row.kind === 'task' && row.case_number === task.loaded.row.case_number && row.digest === task.digest && row.key === task.key,
  )
}

function closedTasks(stored: readonly StoredRow[], wanted: readonly WantedTask[], cases: readonly Replayed[]): string[] {
  const wantedKeys = new Set(wanted.map((task) => `${task.loaded.row.case_number} ${task.digest} ${task.key}`))
  const byNumber = new Map(cases.map((one) => [one.loaded.row.case_number, one]))
  return stored.flatMap((row) => {
    const one = byNumber.get(row.case_number)
    if (row.kind !== 'task' || row.state !== 'open' || row.id === null || !one) return []
    return isTaskOver(row, wantedKeys.has(keyOf(row)), one) ? [row.id] : []
  })
}
