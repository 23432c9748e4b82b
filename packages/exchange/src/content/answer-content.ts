import {
  type ContentAnswer,
  type ContentRequest,
  keyOwnerAt,
  parseStrictJson,
  signContentAnswer,
  verifyContentRequest,
} from '@hefu/protocol'
import { z } from 'zod'
import { lockCases } from '../cases/case-store.ts'
import type { Context } from '../context.ts'
import { runTogether, type Tx } from '../db/bulk.ts'
import type { CaseRow } from '../db/schema.ts'
import { transact } from '../db/transact.ts'
import { HefuError } from '../errors.ts'
import { logStatements } from '../log/pending-log-store.ts'
import { authenticatePeer } from '../peers/authenticate-peer.ts'
import { judgeErasure } from '../retention/judge-erasure.ts'
import { answerFact, outcomeOf, requestFact, requestRow } from './content-facts.ts'
import { insertContentRequest, lockContentRequest } from './content-store.ts'
import { takeBack } from './take-back.ts'

export const CONTENT_REQUESTS_PATH = '/exchange/v1/content-requests'

export const contentRequestBody = z.strictObject({ request: z.string().max(8192) })
export const contentAnswerBody = z.strictObject({ answer: z.string().max(8192) })

type AnswerContext = Pick<
  Context,
  'region' | 'db' | 'federation' | 'procedures' | 'vault' | 'signer' | 'now' | 'log' | 'metrics' | 'peerRates'
>

/** What a judgement says, before it is signed; what it does to this half is in the same transaction. */
export type Judged = ContentAnswer extends infer One
  ? One extends unknown
    ? Omit<One, 'iss' | 'aud' | 'jti' | 'iat' | 'case' | 'request'>
    : never
  : never

/**
 * Answers a peer that asks for content to be erased or given back. What the answer says has happened when it is given: the same transaction does
 * it, signs and logs it. The same request gets the same answer for ever. Throws HefuError: unauthenticated, malformed-request, unverifiable, conflict.
 */
export async function answerContent(
  ctx: AnswerContext,
  http: { readonly authorization: string | undefined; readonly path: string; readonly body: Buffer },
): Promise<z.infer<typeof contentAnswerBody>> {
  const peer = await authenticatePeer(ctx, { ...http, method: 'POST' })
  const json = parseStrictJson(http.body)
  const body = json.ok ? contentRequestBody.safeParse(json.value).data : undefined
  if (body === undefined) throw new HefuError('malformed-request')
  const now = Math.floor(ctx.now() / 1000)
  const verified = verifyContentRequest(body.request, (kid) => keyOwnerAt(ctx.federation, kid, now), ctx.region)
  if (!verified.ok || verified.claims.iss !== peer) throw new HefuError('unverifiable')
  const { claims } = verified
  const signed = { token: body.request, digest: verified.digest }
  const answer = await transact(ctx.db, async (tx) => await answerOnce(tx, ctx, claims, signed))
  // An erased key is in nobody's memory when the peer reads that it is gone.
  ctx.vault.forgetKeys()
  ctx.log.info({ event: 'content.answered', peer, act: claims.act, case: claims.case }, 'content.answered')
  return { answer }
}

async function answerOnce(tx: Tx, ctx: AnswerContext, request: ContentRequest, signed: { token: string; digest: string }): Promise<string> {
  const [row] = await lockCases(tx, [request.case])
  const stored = await lockContentRequest(tx, request.iss, request.jti)
  if (stored !== undefined) {
    if (stored.digest !== signed.digest || stored.answer === null) throw new HefuError('conflict')
    return stored.answer
  }
  const judged = await judge(tx, ctx, request, row?.participants.some(({ region }) => region === request.iss) ? row : undefined)
  const nowMs = ctx.now()
  const { iss, aud, jti } = request
  const answer = {
    iss: aud,
    aud: iss,
    jti,
    iat: Math.floor(nowMs / 1000),
    case: request.case,
    request: signed.digest,
    ...judged,
  } as ContentAnswer
  const signedAnswer = await signContentAnswer(answer, ctx.signer)
  const asked = requestRow(request, signed, nowMs)
  const outcome = outcomeOf(answer, signedAnswer, nowMs)
  await insertContentRequest(tx, { ...asked, ...outcome })
  await runTogether(tx, logStatements(nowMs, [requestFact(asked), answerFact(asked, outcome)]))
  return signedAnswer.token
}

/** To a region that takes no part in a case it is as if there were none. */
async function judge(tx: Tx, ctx: AnswerContext, request: ContentRequest, row: CaseRow | undefined): Promise<Judged> {
  if (request.act === 'erase') return await judgeErasure(tx, ctx, row)
  return row === undefined ? { outcome: 'refused', reason: 'document-unknown' } : await takeBack(tx, ctx, row, request)
}
