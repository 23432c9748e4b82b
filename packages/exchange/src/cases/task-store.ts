import { isDeepStrictEqual } from 'node:util'
import { documentTitle, refusalReason, type Text } from '@hefu/procedures'
import { requireCaseScope } from '../access/require-scope.ts'
import type { Caller, Context } from '../context.ts'
import { runTogether, type Tx } from '../db/bulk.ts'
import { HefuError } from '../errors.ts'
import { logAdminChange } from '../log/log-admin-change.ts'
import { caseKey, draftOf } from '../vault/stored-keys.ts'
import { coveredBy } from './case-list-store.ts'
import { taskStatements } from './consequence-store.ts'
import type { LoadedCase } from './loaded-case.ts'
import { draftKey, resendKey } from './task-rows.ts'

export interface Draft {
  readonly digest: string
  readonly document: string
  readonly data: unknown
  readonly note: { readonly zh: string; readonly en: string }
}

/** Puts a draft beside the open task that asks for the document, or opens one. */
export async function writeDraft(tx: Tx, ctx: Pick<Context, 'vault' | 'now'>, loaded: LoadedCase, draft: Draft): Promise<void> {
  const open = await tx
    .selectFrom('tasks')
    .select('id')
    .where('case_number', '=', loaded.row.case_number)
    .where('document', '=', draft.document)
    .where('state', '=', 'open')
    .forUpdate()
    .execute()
  for (const { id } of open)
    await tx
      .updateTable('tasks')
      .set(draftColumns(ctx, loaded, draft, id))
      .where('id', '=', id)
      .execute()
  if (open.length > 0 || (await reviseClosedDraft(tx, ctx, loaded, draft))) return
  const title = documentTitle(loaded.procedure, draft.document)
  await runTogether(
    tx,
    taskStatements(ctx, [
      {
        loaded,
        digest: draft.digest,
        key: draftKey(draft.document),
        title: { zh: `拟办：${title.zh}`, en: `Prepare: ${title.en}` },
        document: draft.document,
        draft: { document: draft.document, data: draft.data },
        note: draft.note,
      },
    ]),
  )
}

/** Whether there is a closed task for this draft. A draft that says something else than the one that was closed opens it again. */
async function reviseClosedDraft(tx: Tx, ctx: Pick<Context, 'vault'>, loaded: LoadedCase, draft: Draft): Promise<boolean> {
  const closed = await tx
    .selectFrom('tasks')
    .select(['id', 'draft'])
    .where('case_number', '=', loaded.row.case_number)
    .where('digest', '=', draft.digest)
    .where('key', '=', draftKey(draft.document))
    .executeTakeFirst()
  if (closed && !isDeepStrictEqual(openDraft(ctx, loaded.row, closed), contentOf(draft))) {
    const revised = { ...draftColumns(ctx, loaded, draft, closed.id), state: 'open', closed_at: null } as const
    await tx.updateTable('tasks').set(revised).where('id', '=', closed.id).execute()
  }
  return closed !== undefined
}

function contentOf({ document, data }: Pick<Draft, 'document' | 'data'>) {
  return { document, data }
}

function draftColumns({ vault }: Pick<Context, 'vault'>, { row }: LoadedCase, draft: Draft, id: string) {
  return { draft: vault.seal(caseKey(row), draftOf(id), JSON.stringify(contentOf(draft))), note: JSON.stringify(draft.note) }
}

function openDraft(
  { vault }: Pick<Context, 'vault'>,
  row: { readonly case_number: string; readonly data_key: string | null },
  { id, draft }: { readonly id: string; readonly draft: string | null },
): TaskView['draft'] {
  return draft === null ? null : (JSON.parse(vault.open(caseKey(row), draftOf(id), draft)) as TaskView['draft'])
}

/** The register no longer says what it drafted; without its content, the draft comes back should the register say so again. */
export async function closeDraft(tx: Tx, ctx: Pick<Context, 'now'>, loaded: LoadedCase, document: string): Promise<void> {
  await tx
    .updateTable('tasks')
    .set({ state: 'closed', closed_at: new Date(ctx.now()), draft: null })
    .where('case_number', '=', loaded.row.case_number)
    .where('key', '=', draftKey(document))
    .where('state', '=', 'open')
    .execute()
}

interface TaskView {
  readonly id: string
  readonly caseNumber: string
  readonly procedure: string
  readonly digest: string
  readonly title: { readonly zh: string; readonly en: string }
  readonly document: string | null
  readonly draft: { readonly document: string; readonly data: unknown } | null
  readonly note: { readonly zh: string; readonly en: string } | null
  readonly state: 'open' | 'closed'
  readonly due: string | null
  readonly createdAt: string
  readonly closedAt: string | null
}

const tasksOf = (ctx: Pick<Context, 'db'>, caller: Caller) =>
  ctx.db
    .selectFrom('tasks')
    .innerJoin('cases', 'cases.case_number', 'tasks.case_number')
    .where('tasks.agency', '=', caller.agency ?? '')
    .select([
      'tasks.id',
      'tasks.case_number',
      'cases.procedure',
      'cases.restricted',
      'tasks.digest',
      'tasks.title',
      'tasks.document',
      'tasks.draft',
      'tasks.note',
      'tasks.state',
      'cases.due',
      'cases.data_key',
      'tasks.created_at',
      'tasks.closed_at',
    ])

type TaskQueryRow = Awaited<ReturnType<ReturnType<typeof tasksOf>['executeTakeFirstOrThrow']>>

export async function listTasks(
  ctx: Pick<Context, 'db' | 'vault'>,
  caller: Caller,
  page: { state?: 'open' | 'closed' | undefined; caseNumber?: string | undefined; limit: number; after?: string },
): Promise<{ items: TaskView[]; next: string | null }> {
  let query = tasksOf(ctx, caller)
    .where(coveredBy(caller))
    .orderBy('tasks.id')
    .limit(page.limit + 1)
  if (page.state !== undefined) query = query.where('tasks.state', '=', page.state)
  if (page.caseNumber !== undefined) query = query.where('tasks.case_number', '=', page.caseNumber)
  if (page.after !== undefined) query = query.where('tasks.id', '>', page.after)
  const rows = await query.execute()
  const items = rows.slice(0, page.limit).map((row) => toTask(ctx, row))
  return { items, next: rows.length > page.limit ? (items.at(-1)?.id ?? null) : null }
}

export async function readTask(ctx: Pick<Context, 'db' | 'vault'>, caller: Caller, id: string): Promise<TaskView> {
  return toTask(ctx, await readTaskRow(ctx, caller, id, 'read'))
}

/** A task of the caller's agency that its scopes do not cover is refused by that rule. */
async function readTaskRow(ctx: Pick<Context, 'db'>, caller: Caller, id: string, action: 'read' | 'write'): Promise<TaskQueryRow> {
  const row = await tasksOf(ctx, caller).where('tasks.id', '=', id).executeTakeFirst()
  if (!row) throw new HefuError('not-found')
  requireCaseScope(caller, row, action)
  return row
}

/** An officer says a task is done or not needed; writing the document closes it by itself. */
export async function closeTask(ctx: Pick<Context, 'db' | 'vault' | 'now'>, caller: Caller, id: string): Promise<TaskView> {
  await readTaskRow(ctx, caller, id, 'write')
  await ctx.db.transaction().execute(async (tx) => {
    const closed = await tx
      .updateTable('tasks')
      .set({ state: 'closed', closed_at: new Date(ctx.now()) })
      .where('id', '=', id)
      .where('state', '=', 'open')
      .returning('case_number')
      .executeTakeFirst()
    if (closed) await logAdminChange(tx, ctx, caller, { action: 'task.closed', caseNumber: closed.case_number, subject: id })
  })
  return await readTask(ctx, caller, id)
}

/**
 * The successor of a refused document, or of one that was never sent because of that (`refusal` is null), is a new document,
 * which only an officer may write.
 */
export async function openResendTask(
  tx: Tx,
  ctx: Pick<Context, 'vault' | 'now'>,
  loaded: LoadedCase,
  digest: string,
  document: string,
  refusal: string | null,
): Promise<string> {
  const title = documentTitle(loaded.procedure, document)
  const why = refusal === null ? neverSent : refusedFor(refusal)
  await runTogether(
    tx,
    taskStatements(ctx, [
      {
        loaded,
        digest,
        key: resendKey,
        title: { zh: `重新制作“${title.zh}”：${why.zh}`, en: `Write "${title.en}" anew: ${why.en}` },
        document,
        draft: null,
      },
    ]),
  )
  const row = await tx
    .selectFrom('tasks')
    .select('id')
    .where('case_number', '=', loaded.row.case_number)
    .where('digest', '=', digest)
    .where('key', '=', resendKey)
    .executeTakeFirstOrThrow()
  await tx.updateTable('tasks').set({ state: 'open', closed_at: null }).where('id', '=', row.id).where('state', '=', 'closed').execute()
  return row.id
}

const neverSent: Text = { zh: '前序文书被对方拒收，本文书未发送', en: 'it was never sent, because the peer refused a document before it' }

function refusedFor(code: string): Text {
  const { zh, en } = refusalReason(code)
  return { zh: `对方拒收（${zh}）`, en: `the peer refused it (${en})` }
}

function toTask(ctx: Pick<Context, 'vault'>, row: TaskQueryRow): TaskView {
  return {
    id: row.id,
    caseNumber: row.case_number,
    procedure: row.procedure,
    digest: row.digest,
    title: row.title,
    document: row.document,
    draft: openDraft(ctx, row, row),
    note: row.note,
    state: row.state,
    due: row.due,
    createdAt: row.created_at.toISOString(),
    closedAt: row.closed_at?.toISOString() ?? null,
  }
}
