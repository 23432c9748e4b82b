import { MAX_MANIFEST_BYTES } from '@hefu/protocol'
import { raiseAlert } from '../alerts/alert-store.ts'
import type { Context } from '../context.ts'
import { getFromPeer, type PeerPlace } from '../peers/call-peer.ts'

export const KEYS_PATH = '/.well-known/hefu/keys'

const TIMEOUT_MS = 5_000
/** As far as clocks may be apart (protocol.md), and half a second that the date of HTTP does not say. */
const TOLERANCE_MS = 120_500

type FetchContext = Pick<Context, 'db' | 'now' | 'log' | 'metrics'>

/** A peer's newest manifest, unverified; or why there is none. Its clock is looked at on the way. */
export async function fetchManifest(ctx: FetchContext, peer: string, place: PeerPlace, signal: AbortSignal): Promise<Uint8Array | string> {
  const beforeMs = ctx.now()
  const answer = await getFromPeer({ place, path: KEYS_PATH, timeoutMs: TIMEOUT_MS, maxAnswerBytes: MAX_MANIFEST_BYTES, signal })
  if (answer.kind === 'no-answer') return answer.cause
  if (answer.dateMs !== undefined) await judgeClock(ctx, peer, answer.dateMs, { beforeMs, afterMs: ctx.now() })
  return answer.status === 200 ? answer.body : `http-${answer.status}`
}

/** Once a day: two nodes whose clocks are apart defer each other's messages. */
async function judgeClock(
  ctx: FetchContext,
  peer: string,
  dateMs: number,
  { beforeMs, afterMs }: { readonly beforeMs: number; readonly afterMs: number },
): Promise<void> {
  const offMs = dateMs < beforeMs ? Math.min(0, dateMs - beforeMs + TOLERANCE_MS) : Math.max(0, dateMs - afterMs - TOLERANCE_MS)
  if (offMs === 0) return
  const secondsOff = Math.round((dateMs - afterMs) / 1000)
  const day = new Date(ctx.now()).toISOString().slice(0, 10)
  await raiseAlert(ctx.db, ctx, { kind: 'clock.skew', key: `${peer}:${day}`, peer, detail: { secondsOff } })
}
