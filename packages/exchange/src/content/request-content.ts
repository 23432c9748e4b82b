import { type ContentRequest, type ErasureReason, type RecallReason, signContentRequest } from '@hefu/protocol'
import type { CaseNumber, RegionId } from '@hefu/reference'
import type { Context } from '../context.ts'
import { runTogether, type Tx } from '../db/bulk.ts'
import type { CaseRow } from '../db/schema.ts'
import { logStatements } from '../log/pending-log-store.ts'
import { uuidv7 } from '../uuid.ts'
import { requestFact, requestRow } from './content-facts.ts'
import { insertContentRequest, regionsWithoutContent } from './content-store.ts'

type RequestContext = Pick<Context, 'region' | 'signer' | 'now'>

type Asked = Pick<CaseRow, 'case_number' | 'state' | 'participants'>

/** With the erasure of a locked case: every other region that ever held it and has not said that it holds nothing is asked to do likewise. */
export async function requestErasure(tx: Tx, ctx: RequestContext, row: Asked, reason: ErasureReason, erasedAt: Date): Promise<void> {
  if (row.state === 'undelivered') return
  const without = await regionsWithoutContent(tx, row.case_number)
  for (const { region } of row.participants) {
    if (region === ctx.region || without.has(region)) continue
    await ask(tx, ctx, { ...frameOf(ctx, row.case_number, region), act: 'erase', reason, erasedAt: Math.floor(erasedAt.getTime() / 1000) })
  }
}

/** Of a locked case: its receiver is asked to give back this document. False where that is asked already. */
export async function requestRecall(
  tx: Tx,
  ctx: RequestContext,
  {
    caseNumber,
    to,
    document,
    reason,
  }: { readonly caseNumber: string; readonly to: string; readonly document: string; readonly reason: RecallReason },
): Promise<boolean> {
  return await ask(tx, ctx, { ...frameOf(ctx, caseNumber, to), act: 'recall', reason, document })
}

function frameOf(ctx: RequestContext, caseNumber: string, to: string) {
  const nowMs = ctx.now()
  return { iss: ctx.region, aud: to as RegionId, jti: uuidv7(nowMs), iat: Math.floor(nowMs / 1000), case: caseNumber as CaseNumber }
}

async function ask(tx: Tx, ctx: RequestContext, claims: ContentRequest): Promise<boolean> {
  const nowMs = ctx.now()
  const row = { ...requestRow(claims, await signContentRequest(claims, ctx.signer), nowMs), next_at: new Date(nowMs) }
  if (!(await insertContentRequest(tx, row))) return false
  await runTogether(tx, logStatements(nowMs, [requestFact(row)]))
  return true
}

/** What was answered `held` is asked anew after its date, with a text of its own. */
export async function askAgain(tx: Tx, ctx: RequestContext, before: ContentRequest): Promise<void> {
  const { jti, iat } = frameOf(ctx, before.case, before.aud)
  await ask(tx, ctx, { ...before, jti, iat })
}
