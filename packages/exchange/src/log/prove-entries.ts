import { formatTlogProof, proveInclusion } from '@hefu/translog'
import type { Context } from '../context.ts'
import { readNewestCheckpoint, tilesOf } from './log-store.ts'
import { readNewestWitnessed } from './witness/witness-store.ts'

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

/** The `.tlog-proof` of an entry. Throws TranslogError `tile` when the tables do not hold what such a log must. */
export async function proveEntry(ctx: Pick<Context, 'db'>, index: number, { epoch, size, note }: ProvenHead): Promise<string> {
  const path = await proveInclusion(index, size, tilesOf(ctx.db, epoch))
  return formatTlogProof({ index, path, checkpoint: note })
}
