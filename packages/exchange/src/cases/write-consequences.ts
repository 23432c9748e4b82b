import type { Effect, Replay } from '@hefu/procedures'
import { sql } from 'kysely'
import type { Context } from '../context.ts'
import { insertAll, type Tx } from '../db/bulk.ts'
import type { TaskRow } from '../db/schema.ts'
import { lookupKey } from '../registers/lookup-key.ts'
import { uuidv7 } from '../uuid.ts'
import { takeClaims } from './claim-store.ts'
import type { LoadedCase } from './loaded-case.ts'

interface Replayed {
  readonly loaded: LoadedCase
  readonly replay: Replay
}

interface Wanted<E extends Effect = Effect> {
  readonly loaded: LoadedCase
  readonly effect: E
}

/** What an officer of this side should do, before it has a row. */
export interface WantedTask {
  readonly loaded: LoadedCase
  readonly digest: string
  readonly key: string
  readonly title: { readonly zh: string; readonly en: string }
  readonly document: string | null
  readonly draft: unknown
}

/** A claim that another case holds: `digest` is the document that wanted it. */
export interface ClaimConflict {
  readonly caseNumber: string
  readonly digest: string
  readonly title: { readonly zh: string; readonly en: string }
}

/** Writes effects, settlement entries, claims and tasks as differences; answers the claims that other cases hold. */
export async function writeConsequences(tx: Tx, ctx: Pick<Context, 'now'>, cases: readonly Replayed[]): Promise<ClaimConflict[]> {
  const wanted: Wanted[] = cases.flatMap(({ loaded, replay }) =>
    replay.view.state === null ? [] : loaded.procedure.effects(replay.view, loaded.row.role).map((effect) => ({ loaded, effect })),
  )
  const numbers = cases.map(({ loaded }) => loaded.row.case_number)
  await writeEffects(tx, ctx, numbers, ofKind(wanted, 'register'))
  await writeSettlement(tx, ctx, numbers, ofKind(wanted, 'settlement'))
  const conflicts = await takeClaims(tx, numbers, ofKind(wanted, 'claim'))
  const tasks: WantedTask[] = [
    ...ofKind(wanted, 'task').map(({ loaded, effect }) => ({ loaded, digest: effect.digest, key: effect.key, title: effect.title, document: effect.document ?? null, draft: null })),
    ...conflicts.filter(isStillPossible(cases)).map(({ loaded, effect }) => ({
      loaded,
      digest: effect.digest,
      key: effect.onConflict.key,
      title: effect.onConflict.title,
      document: effect.onConflict.document,
      draft: effect.onConflict.data === null ? null : { document: effect.onConflict.document, data: effect.onConflict.data },
    })),
  ]
  await writeTasks(tx, ctx, cases, tasks)
  return conflicts.map(({ loaded, effect }) => ({ caseNumber: loaded.row.case_number, digest: effect.digest, title: effect.onConflict.title }))
}

/** What a conflict asks for is asked only while the case still allows it. */
function isStillPossible(cases: readonly Replayed[]) {
  const stateOf = new Map(cases.map(({ loaded, replay }) => [loaded.row.case_number, replay.state]))
  return ({ loaded, effect }: Wanted<Extract<Effect, { kind: 'claim' }>>) =>
    Object.hasOwn(loaded.procedure.states[stateOf.get(loaded.row.case_number) ?? '']?.on ?? {}, effect.onConflict.document)
}

function ofKind<K extends Effect['kind']>(wanted: readonly Wanted[], kind: K): Wanted<Extract<Effect, { kind: K }>>[] {
  return wanted.filter((w) => w.effect.kind === kind) as Wanted<Extract<Effect, { kind: K }>>[]
}

const keyOf = (row: { case_number: string; digest: string; key: string }) => `${row.case_number} ${row.digest} ${row.key}`

/** Removes the stored rows that are no longer wanted; answers the keys of those that stay. */
async function removeUnwanted(tx: Tx, table: 'effects' | 'settlement_entries', numbers: readonly string[], wanted: ReadonlySet<string>): Promise<Set<string>> {
  const stored = await tx.selectFrom(table).select(['case_number', 'digest', 'key']).where('case_number', '=', sql<string>`any(${numbers})`).execute()
  for (const row of stored.filter((r) => !wanted.has(keyOf(r)))) {
    await tx.deleteFrom(table).where('case_number', '=', row.case_number).where('digest', '=', row.digest).where('key', '=', row.key).execute()
  }
  return new Set(stored.map(keyOf))
}

async function writeEffects(tx: Tx, ctx: Pick<Context, 'now'>, numbers: readonly string[], wanted: readonly Wanted<Extract<Effect, { kind: 'register' }>>[]): Promise<void> {
  const rows = wanted.map(({ loaded, effect }) => ({
    case_number: loaded.row.case_number,
    digest: effect.digest,
    key: effect.key,
    kind: effect.kind,
    register: effect.register,
    lookup_key: lookupKey(effect.lookup.kind, effect.lookup.value),
    data: effect.data,
    created_at: new Date(ctx.now()),
  }))
  const stored = await removeUnwanted(tx, 'effects', numbers, new Set(rows.map(keyOf)))
  await insertAll(tx, 'effects', rows.filter((row) => !stored.has(keyOf(row))))
}

async function writeSettlement(tx: Tx, ctx: Pick<Context, 'now'>, numbers: readonly string[], wanted: readonly Wanted<Extract<Effect, { kind: 'settlement' }>>[]): Promise<void> {
  const rows = wanted.map(({ loaded, effect }) => ({
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
    created_at: new Date(ctx.now()),
  }))
  const stored = await removeUnwanted(tx, 'settlement_entries', numbers, new Set(rows.map(keyOf)))
  await insertAll(tx, 'settlement_entries', rows.filter((row) => !stored.has(keyOf(row))))
}

/** Tasks that replay asks for open and close with it; tasks of the node itself (`resend`, `draft:…`) have their own ends. */
async function writeTasks(tx: Tx, ctx: Pick<Context, 'now'>, cases: readonly Replayed[], wanted: readonly WantedTask[]): Promise<void> {
  const numbers = cases.map(({ loaded }) => loaded.row.case_number)
  const stored = await tx.selectFrom('tasks').select(['id', 'case_number', 'digest', 'key', 'state', 'document']).where('case_number', '=', sql<string>`any(${numbers})`).execute()
  const wantedKeys = new Set(wanted.map((w) => `${w.loaded.row.case_number} ${w.digest} ${w.key}`))
  const byNumber = new Map(cases.map((one) => [one.loaded.row.case_number, one]))
  const over = stored.filter((task) => task.state === 'open' && isOver(task, wantedKeys, byNumber.get(task.case_number)))
  if (over.length > 0) {
    const ids = over.map((task) => task.id)
    await tx.updateTable('tasks').set({ state: 'closed', closed_at: new Date(ctx.now()) }).where('id', '=', sql<string>`any(${ids}::uuid[])`).execute()
  }
  const known = new Set(stored.map(keyOf))
  await insertTasks(tx, ctx, wanted.filter((w) => !known.has(`${w.loaded.row.case_number} ${w.digest} ${w.key}`)))
}

function isOver(task: Pick<TaskRow, 'case_number' | 'digest' | 'key' | 'document'>, wanted: ReadonlySet<string>, one: Replayed | undefined): boolean {
  if (task.key === 'resend') return false
  if (!task.key.startsWith('draft:')) return !wanted.has(keyOf(task))
  // A draft is good while the document it answers is still the one to answer.
  const answer = one?.loaded.procedure.registerAnswers.find((a) => a.document === task.document)
  return !one || !answer || !answer.states.includes(one.replay.state) || one.replay.view.effective.at(-1)?.digest !== task.digest
}

export async function insertTasks(tx: Tx, ctx: Pick<Context, 'now'>, tasks: readonly (WantedTask & { note?: { zh: string; en: string } })[]): Promise<void> {
  const nowMs = ctx.now()
  await insertAll(
    tx,
    'tasks',
    tasks.map((task) => ({
      id: uuidv7(nowMs),
      case_number: task.loaded.row.case_number,
      digest: task.digest,
      key: task.key,
      agency: task.loaded.row.agency,
      title: task.title,
      document: task.document,
      draft: task.draft ?? null,
      note: task.note ?? null,
      state: 'open',
      created_at: new Date(nowMs),
    })),
    sql`on conflict (case_number, digest, key) do nothing`,
  )
}
