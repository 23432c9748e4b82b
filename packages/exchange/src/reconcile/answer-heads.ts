import { parseStrictJson } from '@hefu/protocol'
import type { Context } from '../context.ts'
import { HefuError } from '../errors.ts'
import { fieldErrorsOf, jsonFieldError } from '../field-errors.ts'
import { authenticatePeer } from '../peers/authenticate-peer.ts'
import { boundsOf, dayCount, eachDay } from './day-bounds.ts'
import { type HeadsAnswer, type HeadsQuestion, headsQuestion, MAX_DAYS, MAX_HEADS } from './heads-schemas.ts'
import { readHeads, readItems, sumDays } from './heads-store.ts'
import { upToBytes } from './item-batches.ts'
import { applyAll, restoreItems } from './restore-items.ts'

type AnswerContext = Pick<
  Context,
  | 'region'
  | 'db'
  | 'queue'
  | 'federation'
  | 'procedures'
  | 'registers'
  | 'vault'
  | 'signer'
  | 'now'
  | 'log'
  | 'metrics'
  | 'recent'
  | 'logState'
  | 'peerRates'
>

export interface HeadsRequest {
  /** The header as it came. */
  readonly authorization: string | undefined
  /** Path as called, without query. */
  readonly path: string
  readonly body: Buffer
}

/**
 * Answers a peer that compares halves. The signature is judged before the body is read, and every way to fail there looks the same.
 * Throws HefuError: unauthenticated, malformed-json, malformed-request.
 */
export async function answerHeads(ctx: AnswerContext, request: HeadsRequest): Promise<HeadsAnswer> {
  const peer = await authenticatePeer(ctx, { ...request, method: 'POST' })
  const question = parseQuestion(request.body)
  const answer = await answerQuestion(ctx, peer, question)
  ctx.log.info({ event: 'reconcile.answered', peer, question: Object.keys(question)[0] }, 'reconcile.answered')
  return answer
}

function parseQuestion(body: Buffer): HeadsQuestion {
  const json = parseStrictJson(body)
  if (!json.ok) throw new HefuError('malformed-json', { errors: [jsonFieldError(json.code)] })
  const parsed = headsQuestion.safeParse(json.value)
  if (!parsed.success) throw new HefuError('malformed-request', { errors: fieldErrorsOf(parsed.error, json.value) })
  return parsed.data
}

async function answerQuestion(ctx: AnswerContext, peer: string, question: HeadsQuestion): Promise<HeadsAnswer> {
  if ('days' in question) {
    const { from, to } = question.days
    const days = dayCount(from, to)
    if (days < 1 || days > MAX_DAYS) throw new HefuError('malformed-request')
    return { days: await sumDays(ctx.db, ctx, peer, eachDay(from, to)) }
  }
  if ('day' in question) {
    const heads = await readHeads(ctx.db, ctx, peer, { ...boundsOf(question.day), after: question.after }, MAX_HEADS + 1)
    return { heads: heads.slice(0, MAX_HEADS), more: heads.length > MAX_HEADS }
  }
  if ('fetch' in question) return { items: upToBytes(await readItems(ctx.db, ctx, peer, question.fetch)) }
  const { restored, caseNumbers } = await restoreItems(ctx, peer, question.restore)
  await applyAll(ctx, caseNumbers)
  return { restored }
}
