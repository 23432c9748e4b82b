import type { Caller, Context } from '../context.ts'
import { type FieldError, HefuError } from '../errors.ts'
import { officerAgency } from '../registers/record-of.ts'
import { pageOfRows, readImportRow, type StoredImport } from './import-store.ts'
import type { RowFailure } from './row-outcome.ts'

export interface ImportDetail {
  readonly id: string
  readonly target: string
  readonly state: 'queued' | 'running' | 'done'
  readonly rows: { readonly total: number; readonly done: number; readonly failed: number }
  /** Share of the rows that are done or failed, 0 to 1. */
  readonly progress: number
  readonly createdAt: string
  readonly finishedAt: string | null
}

type Page = { readonly limit: number; readonly after?: number | undefined }

/** An import of the caller's agency. Throws HefuError: role-not-allowed, not-found. */
export async function readImport(ctx: Pick<Context, 'db'>, caller: Caller, id: string): Promise<ImportDetail> {
  const row = await ownImport(ctx, caller, id)
  return {
    id: row.id,
    target: row.target,
    state: row.state,
    rows: { total: row.rows_total, done: row.rows_done, failed: row.rows_failed },
    progress: (row.rows_done + row.rows_failed) / row.rows_total,
    createdAt: row.created_at.toISOString(),
    finishedAt: row.finished_at?.toISOString() ?? null,
  }
}

/** Rows that were not taken, by line; `next` is the line to go on after. Throws HefuError: role-not-allowed, not-found. */
export async function listImportErrors(
  ctx: Pick<Context, 'db'>,
  caller: Caller,
  id: string,
  page: Page,
): Promise<{ items: { line: number; code: string; errors: readonly FieldError[] }[]; next: number | null }> {
  await ownImport(ctx, caller, id)
  const { shown, next } = cut(await pageOfRows(ctx.db, id, 'failed', page), page)
  return { items: shown.map(({ line, errors }) => ({ line, ...(errors as RowFailure) })), next }
}

/** Rows that were taken, by line, with the case each opened (null: a record of a register). Throws HefuError: role-not-allowed, not-found. */
export async function listImportResults(
  ctx: Pick<Context, 'db'>,
  caller: Caller,
  id: string,
  page: Page,
): Promise<{ items: { line: number; caseNumber: string | null }[]; next: number | null }> {
  await ownImport(ctx, caller, id)
  const { shown, next } = cut(await pageOfRows(ctx.db, id, 'done', page), page)
  return { items: shown.map(({ line, result }) => ({ line, caseNumber: result })), next }
}

async function ownImport(ctx: Pick<Context, 'db'>, caller: Caller, id: string): Promise<StoredImport> {
  const agency = officerAgency(caller)
  const row = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id) ? await readImportRow(ctx.db, id) : undefined
  if (row?.agency !== agency) throw new HefuError('not-found')
  return row
}

function cut<Row extends { line: number }>(rows: readonly Row[], page: Page): { shown: Row[]; next: number | null } {
  const shown = rows.slice(0, page.limit)
  return { shown, next: rows.length > page.limit ? (shown.at(-1)?.line ?? null) : null }
}
