import { sql } from 'kysely'
import type { Context } from '../context.ts'
import { insertStatements, type Statement, type Tx } from '../db/bulk.ts'
import { uuidv7 } from '../uuid.ts'
import { caseKey, draftOf } from '../vault/stored-keys.ts'
import type { WantedTask } from './task-rows.ts'

/** A row that follows from a case; `key` of a claim is its look-up key. `id`, `state`, `document`: of tasks only. */
export interface StoredRow {
  readonly kind: 'effect' | 'settlement' | 'claim' | 'task'
  readonly case_number: string
  readonly digest: string
  readonly key: string
  readonly id: string | null
  readonly state: string | null
  readonly document: string | null
}

/** One look at everything that follows from these cases. */
export async function storedConsequences(tx: Tx, caseNumbers: readonly string[]): Promise<StoredRow[]> {
  if (caseNumbers.length === 0) return []
  const { rows } =
    await sql<StoredRow>`select 'effect' as kind, case_number, digest, key, null::uuid as id, null as state, null as document from effects where case_number = any(${caseNumbers})
    union all select 'settlement', case_number, digest, key, null, null, null from settlement_entries where case_number = any(${caseNumbers})
    union all select 'claim', case_number, digest, lookup_key, null, null, null from claims where case_number = any(${caseNumbers})
    union all select 'task', case_number, digest, key, id, state, document from tasks where case_number = any(${caseNumbers})`.execute(tx)
  return rows
}

export function removalStatements(table: 'effects' | 'settlement_entries', rows: readonly StoredRow[]): Statement[] {
  return rows.map(
    (row) => sql`delete from ${sql.table(table)} where case_number = ${row.case_number} and digest = ${row.digest} and key = ${row.key}`,
  )
}

export function taskStatements(ctx: Pick<Context, 'vault' | 'now'>, tasks: readonly WantedTask[]): Statement[] {
  const nowMs = ctx.now()
  return insertStatements(
    'tasks',
    tasks.map((task) => ({
      ...draftedTask(ctx, task, uuidv7(nowMs)),
      case_number: task.loaded.row.case_number,
      digest: task.digest,
      key: task.key,
      agency: task.loaded.row.agency,
      title: task.title,
      document: task.document,
      note: task.note ?? null,
      state: 'open',
      created_at: new Date(nowMs),
    })),
    sql`on conflict (case_number, digest, key) do nothing`,
  )
}

function draftedTask({ vault }: Pick<Context, 'vault'>, { loaded, draft }: WantedTask, id: string) {
  const isEmpty = draft === null || draft === undefined
  return { id, draft: isEmpty ? null : vault.seal(caseKey(loaded.row), draftOf(id), JSON.stringify(draft)) }
}

export function taskClosingStatements(ids: readonly string[], at: Date): Statement[] {
  return ids.length === 0 ? [] : [sql`update tasks set state = 'closed', closed_at = ${at} where id = any(${ids}::uuid[])`]
}
