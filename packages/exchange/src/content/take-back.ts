import type { ContentRequest } from '@hefu/protocol'
import { loadCases } from '../cases/case-store.ts'
import { type LoadedCase, replayCase } from '../cases/loaded-case.ts'
import { projectCases } from '../cases/project-cases.ts'
import type { Context } from '../context.ts'
import type { Tx } from '../db/bulk.ts'
import type { CaseRow } from '../db/schema.ts'
import type { Judged } from './answer-content.ts'
import { setRecalled } from './content-store.ts'

type TakeBackContext = Pick<Context, 'federation' | 'procedures' | 'vault' | 'now' | 'log' | 'metrics'>

/**
 * A document of a locked case goes back: blocked at once, and what it caused here is withdrawn. Not where the case has run its course: what was
 * decided is undone by the procedure's own documents, and content goes with its retention or by order.
 */
export async function takeBack(
  tx: Tx,
  ctx: TakeBackContext,
  row: CaseRow,
  { iss, document }: Extract<ContentRequest, { act: 'recall' }>,
): Promise<Judged> {
  if (row.erased_at !== null) return { outcome: 'refused', reason: 'erased' }
  const [loaded] = await loadCases(tx, ctx, [row])
  const held = loaded?.documents.find((one) => one.digest === document && one.iss === iss && one.status === 'held')
  if (loaded === undefined || held === undefined) return { outcome: 'refused', reason: 'document-unknown' }
  if (held.recalled_at !== null) return { outcome: 'recalled', at: Math.floor(held.recalled_at.getTime() / 1000) }
  if (replayCase(loaded).final) return { outcome: 'refused', reason: 'case-final' }
  const at = Math.floor(ctx.now() / 1000)
  await applyRecall(tx, ctx, loaded, document, new Date(at * 1000))
  return { outcome: 'recalled', at }
}

/** On either half, in the transaction that knows of the receiver's confirmation: replay is asked anew, and the difference is written. */
export async function applyRecall(
  tx: Tx,
  ctx: TakeBackContext,
  { row }: Pick<LoadedCase, 'row'>,
  document: string,
  at: Date,
): Promise<void> {
  await setRecalled(tx, row.case_number, document, at)
  await projectCases(tx, ctx, await loadCases(tx, ctx, [row]))
}
