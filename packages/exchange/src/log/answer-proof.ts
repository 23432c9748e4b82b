import { parseLogEntry } from '@hefu/protocol'
import type { ReadTiles, Tile } from '@hefu/translog'
import type { Context } from '../context.ts'
import { HefuError } from '../errors.ts'
import { authenticatePeer, type SignedRequest } from '../peers/authenticate-peer.ts'
import { type FoundEntry, findEntries } from './log-proof-store.ts'
import { tilesOf } from './log-store.ts'
import { firstHeadOver, proveSoundly } from './prove-entries.ts'
import { requireConfirmedLog } from './require-log.ts'
import { readNewestWitnessed, type WitnessedCheckpoint } from './witness/witness-store.ts'

/** Ids that one request may ask for: they stand in its address. */
export const MAX_PROOFS = 150
/** More than one entry of a kind and id is rare: texts refused as `reused-id`, or a log and its successor. */
const MAX_FOUND = 4 * MAX_PROOFS

export interface ProofQuestion {
  readonly kind: string
  readonly iss: string
  readonly jtis: readonly string[]
  /** `first`: by the earliest checkpoint over each that a quorum has witnessed, which says since when it exists; else all by the newest. */
  readonly head?: 'first' | undefined
}

/** `entry`: the exact text in the log; `proof`: a `.tlog-proof` with a checkpoint that a quorum has witnessed. */
export interface EntryProof {
  readonly entry: string
  readonly proof: string
}

export interface ProofAnswer extends EntryProof {
  /** All others that were asked for. */
  readonly more?: EntryProof[]
}

type ProofContext = Pick<Context, 'region' | 'federation' | 'db' | 'now' | 'log' | 'metrics' | 'logState' | 'peerRates'>

/**
 * Proves to a peer that entries are in this log, where it is a party of each: `iss`, `aud` or the owner of the data. Whatever it is not a
 * party of is as if it were not there. Throws HefuError: unauthenticated, not-found when there is nothing, log-unavailable, log-sealed.
 */
export async function answerProof(
  ctx: ProofContext,
  request: Pick<SignedRequest, 'authorization' | 'path'>,
  { kind, iss, jtis, head }: ProofQuestion,
): Promise<ProofAnswer> {
  await requireConfirmedLog(ctx)
  const peer = await authenticatePeer(ctx, { ...request, method: 'GET', body: Buffer.alloc(0) })
  const found = (await findEntries(ctx.db, { kind, jtis, peer }, MAX_FOUND)).filter((one) => isParty(peer, iss, one))
  const [first, ...more] = head === 'first' ? await proveByFirst(ctx, found) : await proveAll(ctx, found)
  if (first === undefined) throw new HefuError('not-found')
  return more.length === 0 ? first : { ...first, more }
}

function isParty(peer: string, iss: string, { entry }: FoundEntry): boolean {
  const parsed = parseLogEntry(Buffer.from(entry))
  if (!parsed.ok || !('iss' in parsed.entry) || parsed.entry.iss !== iss) return false
  const { entry: members } = parsed
  return [members.iss, members.aud, 'owner' in members ? members.owner : undefined].includes(peer)
}

/** Of a log that is closed with what its own witnesses have seen last; what no quorum has seen yet is not shown. */
export async function proveAll(ctx: Pick<Context, 'db' | 'log' | 'metrics' | 'now'>, found: readonly FoundEntry[]): Promise<EntryProof[]> {
  const logs = new Map<number, { witnessed: WitnessedCheckpoint | undefined; tiles: ReadTiles }>()
  for (const epoch of new Set(found.map((one) => one.epoch))) {
    logs.set(epoch, { witnessed: await readNewestWitnessed(ctx.db, epoch), tiles: remembering(tilesOf(ctx.db, epoch)) })
  }
  const proofs: EntryProof[] = []
  for (const { epoch, index, entry } of found) {
    const log = logs.get(epoch)
    if (log?.witnessed === undefined || index >= log.witnessed.size) continue
    proofs.push({ entry, proof: await proveSoundly(ctx, { index, entry }, log.witnessed, log.tiles) })
  }
  return proofs
}

/** An old signature is judged by the time when others first saw it (protocol.md section 3). */
async function proveByFirst(ctx: Pick<Context, 'db' | 'log' | 'metrics' | 'now'>, found: readonly FoundEntry[]): Promise<EntryProof[]> {
  const proofs: EntryProof[] = []
  for (const { epoch, index, entry } of found) {
    const head = await firstHeadOver(ctx, epoch, index)
    if (head?.witnessed) proofs.push({ entry, proof: await proveSoundly(ctx, { index, entry }, head) })
  }
  return proofs
}

/** Proofs of one answer share most of their tiles. */
function remembering(readTiles: ReadTiles): ReadTiles {
  const known = new Map<string, Uint8Array>()
  const key = ({ level, index }: Tile) => `${level}/${index}`
  return async (tiles) => {
    const missing = tiles.filter((tile) => !known.has(key(tile)))
    if (missing.length > 0) {
      const read = await readTiles(missing)
      missing.forEach((tile, at) => void known.set(key(tile), read[at] ?? new Uint8Array(0)))
    }
    return tiles.map((tile) => known.get(key(tile)) ?? new Uint8Array(0))
  }
}
