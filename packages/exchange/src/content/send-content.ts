import {
  type ContentAnswer,
  type ContentRequest,
  contentRequestClaims,
  keyOwnerAt,
  parseStrictJson,
  signRequest,
  verifyContentAnswer,
} from '@hefu/protocol'
import type { RegionId } from '@hefu/reference'
import { raiseAlert } from '../alerts/alert-store.ts'
import { lockCases } from '../cases/case-store.ts'
import type { Context } from '../context.ts'
import { runTogether, type Tx } from '../db/bulk.ts'
import type { ContentRequestRow } from '../db/schema.ts'
import { transact } from '../db/transact.ts'
import { logStatements } from '../log/pending-log-store.ts'
import { mayAct } from '../log/require-log.ts'
import { addressOf, placeOf, postToPeer } from '../peers/call-peer.ts'
import { uuidv7 } from '../uuid.ts'
import { CONTENT_REQUESTS_PATH, contentAnswerBody } from './answer-content.ts'
import { answerFact, outcomeOf } from './content-facts.ts'
import { answerContentRow, closeHeldRequest, takeDueRequests } from './content-store.ts'
import { askAgain } from './request-content.ts'
import { applyRecall } from './take-back.ts'

type SendContext = Pick<
  Context,
  'region' | 'db' | 'federation' | 'peerTls' | 'procedures' | 'vault' | 'signer' | 'now' | 'log' | 'metrics' | 'logState'
>

const AT_ONCE = 50

/** A peer that has not answered for so long is an operator's matter. */
const ALERT_AFTER_MS = 86_400_000

/**
 * Asks the peers what is due, and what they held until now anew. Each answer is recorded with what follows from it in one transaction; a process
 * that ends in between asks again with the same text, and gets the same answer.
 */
export async function sendContentRequests(ctx: SendContext, isStopping: () => boolean = () => false): Promise<void> {
  if (!(await mayAct(ctx))) return
  for (const row of await takeDueRequests(ctx.db, ctx.region, new Date(ctx.now()), AT_ONCE)) {
    if (isStopping()) return
    const request = claimsOf(row.request)
    if (row.answer === null) await askOnce(ctx, row, request)
    else await transact(ctx.db, async (tx) => (await closeHeldRequest(tx, row)) && (await askAgain(tx, ctx, request)))
  }
}

/** Of this node's own text. */
function claimsOf(token: string): ContentRequest {
  const [, payload = ''] = token.split('.')
  return contentRequestClaims.parse(JSON.parse(Buffer.from(payload, 'base64url').toString()))
}

async function askOnce(ctx: SendContext, row: ContentRequestRow, request: ContentRequest): Promise<void> {
  const answered = await post(ctx, row, request)
  if (typeof answered !== 'string') {
    await transact(ctx.db, async (tx) => await record(tx, ctx, row, answered))
    ctx.log.info(
      { event: 'content.settled', peer: row.aud, act: row.act, case: row.case_number, outcome: answered.answer.outcome },
      'content.settled',
    )
    return
  }
  ctx.log.warn({ event: 'content.unanswered', peer: row.aud, act: row.act, case: row.case_number, cause: answered }, 'content.unanswered')
  if (ctx.now() - row.created_at.getTime() < ALERT_AFTER_MS) return
  const { jti, aud: peer, case_number: caseNumber } = row
  await raiseAlert(ctx.db, ctx, { kind: 'content.unanswered', key: jti, peer, caseNumber, jti, detail: { cause: answered } })
}

interface Answered {
  readonly answer: ContentAnswer
  readonly signed: { readonly token: string; readonly digest: string }
}

/** The verified answer, or a code that says why there is none: any text that does not verify is none. */
async function post(ctx: SendContext, row: ContentRequestRow, request: ContentRequest): Promise<Answered | string> {
  const body = JSON.stringify({ request: row.request })
  const place = placeOf(ctx, row.aud)
  const nowMs = ctx.now()
  const now = Math.floor(nowMs / 1000)
  const url = addressOf(place, CONTENT_REQUESTS_PATH)
  const asked = { iss: ctx.region, aud: row.aud as RegionId, method: 'POST' as const, url, body, jti: uuidv7(nowMs), now }
  const authorization = await signRequest(asked, ctx.signer)
  const http = await postToPeer({
    place,
    path: CONTENT_REQUESTS_PATH,
    contentType: 'application/json',
    body,
    authorization,
    maxAnswerBytes: 65_536,
  })
  if (http.kind === 'no-answer') return http.cause
  if (http.status !== 200) return `http-${http.status}`
  const json = parseStrictJson(http.body)
  const token = json.ok ? contentAnswerBody.safeParse(json.value).data?.answer : undefined
  if (token === undefined) return 'unreadable'
  const verified = verifyContentAnswer(token, (kid) => keyOwnerAt(ctx.federation, kid, now), { request, digest: row.digest })
  return verified.ok ? { answer: verified.claims, signed: { token, digest: verified.digest } } : 'unverifiable'
}

async function record(tx: Tx, ctx: SendContext, row: ContentRequestRow, { answer, signed }: Answered): Promise<void> {
  const [found] = await lockCases(tx, [row.case_number])
  const nowMs = ctx.now()
  const outcome = outcomeOf(answer, signed, nowMs)
  if (!(await answerContentRow(tx, row, { ...outcome, next_at: outcome.held_until }))) return
  await runTogether(tx, logStatements(nowMs, [answerFact(row, outcome)]))
  if (found !== undefined && found.erased_at === null && answer.outcome === 'recalled' && row.document !== null)
    await applyRecall(tx, ctx, { row: found }, row.document, new Date(answer.at * 1000))
  if (answer.outcome !== 'refused') return
  const { jti, aud: peer, case_number: caseNumber } = row
  await raiseAlert(tx, ctx, { kind: 'content.refused', key: jti, peer, caseNumber, jti, detail: { reason: answer.reason } })
}
