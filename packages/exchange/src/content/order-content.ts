import type { ErasureReason, RecallReason } from '@hefu/protocol'
import { shanghaiDate } from '@hefu/reference'
import { requireCaseScope } from '../access/require-scope.ts'
import { loadCases, lockCases, readCaseRow } from '../cases/case-store.ts'
import { replayCase } from '../cases/loaded-case.ts'
import type { Caller, Context } from '../context.ts'
import type { Tx } from '../db/bulk.ts'
import type { CaseRow } from '../db/schema.ts'
import { transact } from '../db/transact.ts'
import { HefuError } from '../errors.ts'
import { logAdminChange } from '../log/log-admin-change.ts'
import { requireLog } from '../log/require-log.ts'
import { eraseContent, isUnsettled } from '../retention/retention-store.ts'
import { type ContentRequestView, readContentRequests, readOpenRequest, viewOf } from './content-store.ts'
import { requestErasure, requestRecall } from './request-content.ts'

type OrderContext = Pick<Context, 'region' | 'db' | 'procedures' | 'vault' | 'signer' | 'now' | 'logState'>

export interface OrderedErasure {
  readonly caseNumber: string
  readonly erasedAt: string
  readonly contentRequests: readonly ContentRequestView[]
}

/** Why somebody may order it before its time: what the law gives a person, or says of what was never lawful. */
export type OrderedReason = Exclude<ErasureReason, 'retention-ended'>

/**
 * Erases the content of a final case before its time, on this half, and asks the others. Ordered twice, it is done once. Throws HefuError:
 * not-found, scope-not-allowed, conflict (not final, still in effect, or something is still underway).
 */
export async function orderErasure(ctx: OrderContext, caller: Caller, caseNumber: string, reason: OrderedReason): Promise<OrderedErasure> {
  await requireLog(ctx)
  const erasedAt = await transact(ctx.db, async (tx) => {
    const row = await lockOwnCase(tx, caller, caseNumber)
    if (row.erased_at !== null) return row.erased_at
    const inEffect = row.effective_until !== null && row.effective_until >= shanghaiDate(ctx.now())
    if (!row.final || inEffect || (await isUnsettled(tx, caseNumber))) throw new HefuError('conflict', { detail: notErasable })
    const at = new Date(ctx.now())
    await eraseContent(tx, caseNumber, at)
    await logAdminChange(tx, ctx, caller, { action: 'case.erasure-ordered', caseNumber, subject: caseNumber })
    await requestErasure(tx, ctx, row, reason, at)
    return at
  })
  ctx.vault.forgetKeys()
  return {
    caseNumber,
    erasedAt: erasedAt.toISOString(),
    contentRequests: (await readContentRequests(ctx.db, [caseNumber])).get(caseNumber) ?? [],
  }
}

/**
 * Asks the receiver to give back a document that this agency sent by mistake. Its standing changes when the receiver has confirmed, on both halves.
 * Ordered twice while it waits, it is asked once. Throws HefuError: not-found, scope-not-allowed, erased, recalled, conflict.
 */
export async function orderRecall(
  ctx: OrderContext,
  caller: Caller,
  caseNumber: string,
  id: string,
  reason: RecallReason,
): Promise<ContentRequestView> {
  await requireLog(ctx)
  return await transact(ctx.db, async (tx) => {
    const row = await lockOwnCase(tx, caller, caseNumber)
    const [loaded] = await loadCases(tx, ctx, [row])
    const document = loaded?.documents.find(({ jti, status }) => jti === id && status !== 'cancelled')
    if (loaded === undefined || document === undefined) throw new HefuError('not-found')
    if (row.erased_at !== null) throw new HefuError('erased')
    if (document.recalled_at !== null) throw new HefuError('recalled')
    if (document.iss !== ctx.region) throw new HefuError('conflict', { detail: notTheAuthor })
    if (document.status !== 'held' || document.received_at === null) throw new HefuError('conflict', { detail: notThere })
    if (replayCase(loaded).final) throw new HefuError('conflict', { detail: caseIsFinal })
    const asked = { caseNumber, to: document.aud, document: document.digest, reason }
    if (await requestRecall(tx, ctx, asked))
      await logAdminChange(tx, ctx, caller, { action: 'document.recall-ordered', caseNumber, subject: `sha256:${document.digest}` })
    const open = await readOpenRequest(tx, { iss: ctx.region, case_number: caseNumber, act: 'recall', document: document.digest })
    if (open === undefined) throw new HefuError('conflict')
    return viewOf(open)
  })
}

async function lockOwnCase(tx: Tx, caller: Caller, caseNumber: string): Promise<CaseRow> {
  const known = await readCaseRow(tx, caseNumber)
  if (known === undefined || known.agency !== caller.agency) throw new HefuError('not-found')
  requireCaseScope(caller, known, 'write')
  const [row] = await lockCases(tx, [caseNumber])
  if (row === undefined) throw new HefuError('not-found')
  return row
}

const notErasable = {
  zh: '只有已终结、效力期已过且没有未送达或未处理文书的办件才能删除内容。',
  en: 'Only of a final case that is no longer in effect, and of which nothing is still to be delivered or applied, the content can be erased.',
}
const notTheAuthor = { zh: '只能召回本区域出具的文书。', en: 'Only the region that wrote a document can recall it.' }
const notThere = {
  zh: '对方尚未签收或已拒收此文书：没有可召回的内容。送达后再召回。',
  en: 'The receiver has not accepted this document, or has refused it: there is nothing to give back. Recall it once it is delivered.',
}
const caseIsFinal = {
  zh: '办件已终结：请用业务流程自己的文书撤销其效力；内容按保存期限或依责令删除。',
  en: "The case is final: the procedure's own documents undo what it decided; its content is erased at the end of its retention, or by order.",
}
