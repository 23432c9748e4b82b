import { parseStrictJson, signRequest } from '@hefu/protocol'
import type { RegionId } from '@hefu/reference'
import { MAX_NOTE_BYTES } from '@hefu/translog'
import { z } from 'zod'
import type { Context } from '../../context.ts'
import { addressOf, getFromPeer, placeOf } from '../../peers/call-peer.ts'
import { uuidv7 } from '../../uuid.ts'
import type { EntryProof } from '../answer-proof.ts'
import { LOG_PATH } from '../log-paths.ts'
import type { ProvenKind } from './verify-proofs.ts'

const TIMEOUT_MS = 10_000

const entryProof = z.object({ entry: z.string(), proof: z.string() })
const answerSchema = entryProof.extend({ more: z.array(entryProof).optional() })

export interface AskContext extends Pick<Context, 'region' | 'federation' | 'peerTls' | 'signer' | 'now'> {
  readonly signal: AbortSignal
}

export interface EntryQuestion {
  readonly kind: ProvenKind
  /** Who signed what the entries are about. */
  readonly iss: RegionId
  readonly jtis: readonly string[]
  /** `first`: for evidence, by the earliest witnessed checkpoint over each; else all by the newest. */
  readonly head?: 'first'
}

/**
 * What the peer shows of its log, unverified; empty: it answered that there is nothing. `away`: it could not be asked, or would not answer;
 * `answered`: something of HTTP came back.
 */
export type Fetched =
  | { readonly ok: true; readonly proofs: readonly EntryProof[] }
  | { readonly ok: false; readonly away: string; readonly answered: boolean }

/** Asks a peer to prove that its log holds messages, or requests about content, that this node is a party of. */
export async function fetchProofs(ctx: AskContext, peer: RegionId, { kind, iss, jtis, head }: EntryQuestion): Promise<Fetched> {
  const place = placeOf(ctx, peer)
  const path = `${LOG_PATH}/proof`
  const url = addressOf(place, path)
  const nowMs = ctx.now()
  const signed = { iss: ctx.region, aud: peer, method: 'GET', url, body: '', jti: uuidv7(nowMs), now: Math.floor(nowMs / 1000) } as const
  const authorization = await signRequest(signed, ctx.signer)
  const query = new URLSearchParams({ kind, iss })
  for (const jti of jtis) query.append('jti', jti)
  if (head !== undefined) query.set('head', head)
  const answer = await getFromPeer({ place, path: `${path}?${query}`, authorization, timeoutMs: TIMEOUT_MS, signal: ctx.signal })
  if (answer.kind === 'no-answer') return { ok: false, away: answer.cause, answered: false }
  if (answer.status === 404) return { ok: true, proofs: [] }
  if (answer.status !== 200) return { ok: false, away: `http-${answer.status}`, answered: true }
  const json = parseStrictJson(answer.body)
  const parsed = json.ok ? answerSchema.safeParse(json.value) : undefined
  // A peer that answers 200 and no proof has none.
  if (!parsed?.success) return { ok: true, proofs: [] }
  return { ok: true, proofs: [parsed.data, ...(parsed.data.more ?? [])] }
}

/** The newest checkpoint that the peer publishes, unverified. */
export async function fetchCheckpoint(ctx: AskContext, peer: RegionId): Promise<string | undefined> {
  const answer = await getFromPeer({
    place: placeOf(ctx, peer),
    path: `${LOG_PATH}/checkpoint`,
    timeoutMs: TIMEOUT_MS,
    signal: ctx.signal,
    maxAnswerBytes: MAX_NOTE_BYTES,
  })
  return answer.kind === 'answer' && answer.status === 200 ? answer.body.toString('utf8') : undefined
}
