import { setTimeout as sleep } from 'node:timers/promises'
import { parseStrictJson, signRequest } from '@hefu/protocol'
import type { RegionId } from '@hefu/reference'
import type { z } from 'zod'
import type { Context } from '../context.ts'
import { addressOf, type PeerAnswer, placeOf, postToPeer } from '../peers/call-peer.ts'
import { uuidv7 } from '../uuid.ts'
import { HEADS_PATH, type HeadsQuestion } from './heads-schemas.ts'

/** The peer could not be asked; `cause` is a code: `refused`, `timeout`, `http-503`, `unreadable`, … */
export class PeerQuestionError extends Error {
  readonly code: string

  constructor(code: string) {
    super(`the peer did not answer: ${code}`)
    this.name = 'PeerQuestionError'
    this.code = code
  }
}

/** Waits before the second and the third attempt. */
const retryMs = [500, 2_000]

/**
 * Asks the peer one thing, signed, and parses the answer by its schema. What may pass by itself (no answer, 5xx, 429) is tried
 * three times, each time with a new signature. Throws PeerQuestionError. Never within a transaction.
 */
export async function askPeer<Answer>(
  ctx: Pick<Context, 'region' | 'federation' | 'peerTls' | 'signer' | 'now'>,
  peer: string,
  question: HeadsQuestion,
  schema: z.ZodType<Answer>,
): Promise<Answer> {
  const body = JSON.stringify(question)
  for (const waitMs of [...retryMs, null]) {
    const answer = await post(ctx, peer, body)
    if (answer.kind === 'answer' && answer.status === 200) {
      const json = parseStrictJson(answer.body)
      const parsed = json.ok ? schema.safeParse(json.value) : undefined
      if (!parsed?.success) throw new PeerQuestionError('unreadable')
      return parsed.data
    }
    const passing = answer.kind === 'no-answer' || answer.status >= 500 || answer.status === 429
    if (!passing || waitMs === null) throw new PeerQuestionError(answer.kind === 'answer' ? `http-${answer.status}` : answer.cause)
    await sleep(waitMs)
  }
  throw new PeerQuestionError('no-answer')
}

async function post(
  ctx: Pick<Context, 'region' | 'federation' | 'peerTls' | 'signer' | 'now'>,
  peer: string,
  body: string,
): Promise<PeerAnswer> {
  const aud = peer as RegionId
  const place = placeOf(ctx, peer)
  const url = addressOf(place, HEADS_PATH)
  const nowMs = ctx.now()
  const authorization = await signRequest(
    { iss: ctx.region, aud, method: 'POST', url, body, jti: uuidv7(nowMs), now: Math.floor(nowMs / 1000) },
    ctx.signer,
  )
  return await postToPeer({ place, path: HEADS_PATH, contentType: 'application/json', body, authorization })
}
