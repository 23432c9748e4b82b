import type { Procedure } from '@hefu/procedures'
import { readClients } from '../access/client-store.ts'
import { requireScope } from '../access/require-scope.ts'
import type { Caller, Context } from '../context.ts'
import { HefuError } from '../errors.ts'
import { failureOf, importCase, isPassing } from './import-cases.ts'
import { importRecords } from './import-records.ts'
import {
  asOnlyRunner,
  countAttempt,
  endRows,
  finishImport,
  queuedRows,
  readImportRow,
  type StoredImport,
  startImport,
} from './import-store.ts'
import { type ImportTarget, importTarget, scopeOfTarget } from './import-target.ts'
import type { QueuedRow, RowFailure, RowOutcome } from './row-outcome.ts'

const ROWS_PER_BATCH = 500
/** Submissions of one import at a time: the interactive callers keep their share of the connections. */
const SUBMISSIONS_AT_ONCE = 4
/** How often progress is written: it costs a commit. */
const ROWS_PER_REPORT = 40
/** After that many unexpected errors a row is given up, so that one row cannot keep its import open for ever. */
const MAX_ATTEMPTS = 5

/**
 * The `import` job: carries an import on from where it stands, until no row waits. Does nothing when the import is
 * finished or another runner has it. A row takes effect once: a killed run is simply run again. Throws when rows could
 * not be judged now; they keep their place, and the sweep brings the import back.
 */
export async function runImport(ctx: Context, id: string): Promise<void> {
  await asOnlyRunner(ctx.db, id, async () => {
    const run = await readImportRow(ctx.db, id)
    if (!run || !(await startImport(ctx.db, id))) return
    const target = importTarget(ctx, run.target)
    if (!target) throw new Error(`import ${id}: this node has no target ${run.target}`)
    let after = 0
    for (;;) {
      const rows = await queuedRows(ctx, run, after, ROWS_PER_BATCH)
      if (rows.length === 0) break
      after = rows.at(-1)?.line as number
      await runRows(ctx, run, target, rows)
    }
    const finished = await finishImport(ctx.db, id, new Date(ctx.now()))
    if (!finished)
      throw new HefuError('unavailable', {
        detail: { zh: '部分行尚未处理，将自动重试', en: 'Some rows could not be judged yet: they are tried again' },
      })
    ctx.log.info(
      { event: 'import.finished', import: id, target: run.target, done: finished.rows_done, failed: finished.rows_failed },
      'import.finished',
    )
  })
}

async function runRows(ctx: Context, run: StoredImport, target: ImportTarget, rows: readonly QueuedRow[]): Promise<void> {
  const caller = await callerNow(ctx, run)
  try {
    requireScope(ctx, caller, scopeOfTarget(target))
  } catch (error) {
    if (!(error instanceof HefuError)) throw error
    const failure = failureOf(error)
    return await end(
      ctx,
      run,
      rows.map(({ line }) => ({ line, failure })),
    )
  }
  if ('register' in target) {
    const write = async (some: readonly QueuedRow[]) => await importRecords(ctx, run, caller, target.register, some)
    // A batch that fails as a whole is tried row by row: the others must not suffer for one.
    await write(rows).catch(async () => {
      for (const row of rows) await orCount(ctx, run, row, async () => await write([row]))
    })
    return
  }
  for (let start = 0; start < rows.length; start += ROWS_PER_REPORT)
    await submitRows(ctx, run, caller, target.procedure, rows.slice(start, start + ROWS_PER_REPORT))
}

/** Who sent the import, less what was taken away from that client since; one that was revoked has nothing left. */
async function callerNow({ db }: Pick<Context, 'db'>, run: StoredImport): Promise<Caller> {
  const [client] = await readClients(db, [run.client])
  const scopes = client === undefined ? run.scopes : run.scopes.filter((scope) => client.scopes.includes(scope))
  return { client: run.client, role: 'officer', agency: run.agency, scopes: new Set(scopes), actor: run.actor }
}

/** A row that was submitted and is not reported yet when the process dies gets the same case again. */
async function submitRows(
  ctx: Context,
  run: StoredImport,
  caller: Caller,
  procedure: Procedure,
  rows: readonly QueuedRow[],
): Promise<void> {
  const outcomes: RowOutcome[] = []
  const waiting = rows.values()
  const lane = async () => {
    for (const row of waiting) {
      const outcome = await orCount(ctx, run, row, async () => await importCase(ctx, run, caller, procedure, row))
      if (outcome) outcomes.push(outcome)
    }
  }
  const lanes = await Promise.allSettled(Array.from({ length: SUBMISSIONS_AT_ONCE }, lane))
  await end(ctx, run, outcomes)
  const stopped = lanes.find((one) => one.status === 'rejected')
  if (stopped) throw stopped.reason
}

/** Does the work for one row. An unexpected error is counted and leaves the row waiting, until it has been too many. */
async function orCount<Result>(ctx: Context, run: StoredImport, row: QueuedRow, work: () => Promise<Result>): Promise<Result | undefined> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof HefuError && isPassing(error)) throw error
    // With the database away this throws too, and nothing is counted.
    const attempts = await countAttempt(ctx.db, run.id, row.line)
    ctx.log.error(
      { event: 'import.row-failed', import: run.id, line: row.line, attempts, error: (error as Error).name },
      'import.row-failed',
    )
    if (attempts >= MAX_ATTEMPTS) await end(ctx, run, [{ line: row.line, failure: givenUp }])
    return undefined
  }
}

async function end(ctx: Pick<Context, 'db'>, run: StoredImport, outcomes: readonly RowOutcome[]): Promise<void> {
  await ctx.db.transaction().execute(async (tx) => await endRows(tx, run.id, outcomes))
}

const givenUp: RowFailure = {
  code: 'internal',
  errors: [
    {
      pointer: '',
      code: 'internal',
      zh: '该行多次处理失败，请联系运维人员后重新提交',
      en: 'The row failed several times inside the node: ask the operators, then submit it again',
    },
  ],
}
