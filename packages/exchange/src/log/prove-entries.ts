import {
  formatTlogProof,
  leafHash,
  parseCheckpointNote,
  proveConsistency,
  proveInclusion,
  type ReadTiles,
  readRoot,
  TranslogError,
  verifyConsistency,
  verifyInclusion,
} from '@hefu/translog'
import type { Context } from '../context.ts'
import { readNewestCheckpoint, tilesOf } from './log-store.ts'
import { type DamageContext, reportDamage } from './report-damage.ts'
import { readFirstWitnessed, readNewestWitnessed } from './witness/witness-store.ts'

/** What a proof is made against. */
export interface ProvenHead {
  readonly epoch: number
  readonly size: number
  readonly at: Date
  readonly note: string
  /** Cosigned by a quorum. */
  readonly witnessed: boolean
}

/** The newest checkpoint that a quorum cosigned, or, where that does not cover the entry, the newest at all. */
export async function headOver(ctx: Pick<Context, 'db'>, epoch: number, index: number): Promise<ProvenHead | undefined> {
  const witnessed = await readNewestWitnessed(ctx.db, epoch)
  if (witnessed !== undefined && witnessed.size > index) return { ...witnessed, witnessed: true }
  const newest = await readNewestCheckpoint(ctx.db, epoch)
  return newest !== undefined && newest.size > index ? { ...newest, witnessed: false } : undefined
}

/**
 * For evidence, which an old signature is judged by (protocol.md section 3): the first checkpoint over the entry that a quorum cosigned, or,
 * where none did yet, the newest.
 */
export async function firstHeadOver(ctx: Pick<Context, 'db'>, epoch: number, index: number): Promise<ProvenHead | undefined> {
  const witnessed = await readFirstWitnessed(ctx.db, epoch, index)
  return witnessed === undefined ? await headOver(ctx, epoch, index) : { ...witnessed, witnessed: true }
}

/**
 * The `.tlog-proof` of an entry, tried before anybody else does. Throws HefuError `unavailable` when it does not lead to the checkpoint, or
 * the tables do not hold what such a log must.
 */
export async function proveSoundly(
  ctx: DamageContext,
  { index, entry }: { readonly index: number; readonly entry: string },
  { epoch, size, note }: Pick<ProvenHead, 'epoch' | 'size' | 'note'>,
  readTiles: ReadTiles = tilesOf(ctx.db, epoch),
): Promise<string> {
  return await orDamaged(ctx, epoch, async () => {
    const path = await proveInclusion(index, size, readTiles)
    if (!verifyInclusion({ leaf: leafHash(Buffer.from(entry)), index, size, path, root: rootOf(note) })) {
      throw new TranslogError('tile', `entry ${index} is not in the tree of size ${size}`)
    }
    return formatTlogProof({ index, path, checkpoint: note })
  })
}

/**
 * That the tree of size `to` begins with that of size `from`, with both roots; and that the newest checkpoint begins with both. Throws as
 * `proveSoundly` does.
 */
export async function proveSizes(
  ctx: DamageContext,
  { epoch, size, note }: Pick<ProvenHead, 'epoch' | 'size' | 'note'>,
  { from, to }: { readonly from: number; readonly to: number },
): Promise<{ proof: readonly Uint8Array[]; fromRoot: Uint8Array; toRoot: Uint8Array }> {
  const tiles = tilesOf(ctx.db, epoch)
  return await orDamaged(ctx, epoch, async () => {
    const [proof, fromRoot, toRoot] = await Promise.all([proveConsistency(from, to, tiles), readRoot(from, tiles), readRoot(to, tiles)])
    const onwards = await proveConsistency(to, size, tiles)
    const leads =
      verifyConsistency({ oldSize: from, oldRoot: fromRoot, newSize: to, newRoot: toRoot, path: proof }) &&
      verifyConsistency({ oldSize: to, oldRoot: toRoot, newSize: size, newRoot: rootOf(note), path: onwards })
    if (!leads) throw new TranslogError('tile', `the trees of sizes ${from} and ${to} do not lead to that of size ${size}`)
    return { proof, fromRoot, toRoot }
  })
}

async function orDamaged<T>(ctx: DamageContext, epoch: number, prove: () => Promise<T>): Promise<T> {
  try {
    return await prove()
  } catch (error) {
    if (error instanceof TranslogError && error.code === 'tile') throw await reportDamage(ctx, epoch, error)
    throw error
  }
}

function rootOf(note: string): Uint8Array {
  const parsed = parseCheckpointNote(note)
  if (!parsed.ok) throw new TranslogError('tile', `not a checkpoint: ${parsed.code}`)
  return parsed.value.checkpoint.root
}
