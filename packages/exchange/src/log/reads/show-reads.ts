import { parseLogEntry, parseStrictJson, policyOf, signRequest } from '@hefu/protocol'
import type { RegionId } from '@hefu/reference'
import { z } from 'zod'
import type { Context } from '../../context.ts'
import { HefuError } from '../../errors.ts'
import { addressOf, getFromPeer, placeOf } from '../../peers/call-peer.ts'
import { uuidv7 } from '../../uuid.ts'
import { LOG_PATH } from '../log-paths.ts'
import { provenTexts } from '../promises/verify-proofs.ts'
import { MAX_READS, type ReadEntry, readOf } from './answer-reads.ts'
import { findReads, type ReadsPeriod } from './reads-store.ts'

/** Whoever asks waits no longer for all peers together. */
const PATIENCE_MS = 5_000

export interface ShownRead extends Omit<ReadEntry, 'v' | 'kind' | 'at'> {
  /** In whose log it is. */
  readonly region: string
  readonly at: string
}

export interface ReadsSource {
  readonly region: string
  /**
   * `own`: this node's log; `proven`: all that it showed is in its witnessed log; `unproven`: some of it was not, and is left out; `none-claimed`:
   * it says that there were no reads, which no inclusion proof can prove (ADR 0024); `away`: no answer; `no-log`.
   */
  readonly status: 'own' | 'proven' | 'unproven' | 'none-claimed' | 'away' | 'no-log'
  /** There are older reads in the period. */
  readonly more: boolean
}

export interface Reads {
  readonly items: ShownRead[]
  readonly sources: ReadsSource[]
  /** Where the next page ends; null: this was the last. */
  readonly olderTo: Date | null
}

type ReadsContext = Pick<Context, 'region' | 'federation' | 'peerTls' | 'db' | 'now' | 'signer' | 'log'>

/**
 * Who read this region's data, here and at its peers, newest first. What a peer says counts when its log proves it; a peer that does not
 * answer is named as such. Throws HefuError `not-found` for another region's data: its own node answers that.
 */
export async function showReads(ctx: ReadsContext, owner: string, period: ReadsPeriod): Promise<Reads> {
  if (owner !== ctx.region) throw new HefuError('not-found')
  const signal = AbortSignal.timeout(PATIENCE_MS)
  const peers = ctx.federation.regions.map(({ region }) => region).filter((region) => region !== ctx.region)
  const asked = await Promise.all([ownReads(ctx, period), ...peers.map((peer) => readsAt(ctx, peer, period, signal))])
  const { items, olderTo } = pageOfReads(asked)
  return { items, sources: asked.map(({ source }) => source), olderTo }
}

/**
 * No further back than each source has told: what is older comes with the next page, and so does all of the instant at which one stopped. A
 * source that says it has more and shows nothing is not waited for.
 */
function pageOfReads(asked: readonly Asked[]): Pick<Reads, 'items' | 'olderTo'> {
  const items = asked.flatMap(({ reads }) => reads).toSorted((a, b) => (a.at < b.at ? 1 : -1))
  const ends = asked.filter(({ source }) => source.more).flatMap(({ reads }) => reads.map(({ at }) => at).toSorted()[0] ?? [])
  const end = ends.toSorted().at(-1)
  if (end === undefined) return { items, olderTo: null }
  const newer = items.filter(({ at }) => at > end)
  if (newer.length > 0) return { items: newer, olderTo: new Date(end) }
  // A page that is one instant: it is shown whole as far as it was told, and the next one begins before it.
  return { items: items.filter(({ at }) => at >= end), olderTo: new Date(Date.parse(end) - 1) }
}

interface Asked {
  readonly source: ReadsSource
  readonly reads: readonly ShownRead[]
}

async function ownReads({ db, region }: ReadsContext, period: ReadsPeriod): Promise<Asked> {
  const found = await findReads(db, region, period, MAX_READS + 1)
  const reads = found.slice(0, MAX_READS).flatMap(({ entry }) => {
    const parsed = parseLogEntry(Buffer.from(entry))
    const read = parsed.ok ? readOf(region, parsed.entry) : undefined
    return read ? [shown(region, read)] : []
  })
  return { source: { region, status: 'own', more: found.length > MAX_READS }, reads }
}

async function readsAt(ctx: ReadsContext, peer: RegionId, period: ReadsPeriod, signal: AbortSignal): Promise<Asked> {
  const policy = policyOf(ctx.federation, peer)
  if (policy === undefined) return { source: { region: peer, status: 'no-log', more: false }, reads: [] }
  const fetched = await fetchReads(ctx, peer, period, signal)
  if (fetched === undefined) return { source: { region: peer, status: 'away', more: false }, reads: [] }
  const proven = provenTexts(fetched.reads, policy).flatMap(({ said }) => readOf(ctx.region, said) ?? [])
  const status = statusOf(proven.length, fetched.reads.length)
  return { source: { region: peer, status, more: fetched.more }, reads: proven.map((read) => shown(peer, read)) }
}

function statusOf(proven: number, said: number): ReadsSource['status'] {
  if (said === 0) return 'none-claimed'
  return proven === said ? 'proven' : 'unproven'
}

function shown(region: string, { v: _, kind: __, at, ...read }: ReadEntry): ShownRead {
  return { ...read, region, at: new Date(at).toISOString() }
}

const answerSchema = z.object({ reads: z.array(z.object({ entry: z.string(), proof: z.string() })).max(MAX_READS), more: z.boolean() })

/** Undefined: it could not be asked, would not answer, or answered something else. */
async function fetchReads(
  ctx: ReadsContext,
  peer: RegionId,
  { from, to }: ReadsPeriod,
  signal: AbortSignal,
): Promise<z.infer<typeof answerSchema> | undefined> {
  const place = placeOf(ctx, peer)
  const path = `${LOG_PATH}/reads`
  const nowMs = ctx.now()
  const signed = { method: 'GET', url: addressOf(place, path), body: '', jti: uuidv7(nowMs), now: Math.floor(nowMs / 1000) } as const
  const authorization = await signRequest({ ...signed, iss: ctx.region, aud: peer }, ctx.signer)
  const query = new URLSearchParams({ from: from.toISOString(), to: to.toISOString() })
  const answer = await getFromPeer({ place, path: `${path}?${query}`, authorization, timeoutMs: PATIENCE_MS, signal })
  const json = answer.kind === 'answer' && answer.status === 200 ? parseStrictJson(answer.body) : undefined
  const parsed = json?.ok ? answerSchema.safeParse(json.value) : undefined
  if (!parsed?.success)
    ctx.log.info(
      { event: 'reads.peer-away', peer, cause: answer.kind === 'answer' ? `http-${answer.status}` : answer.cause },
      'reads.peer-away',
    )
  return parsed?.data
}
