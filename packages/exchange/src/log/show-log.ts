import { HASH_BYTES, parseTilePath, TILE_WIDTH, TranslogError, tileWidth } from '@hefu/translog'
import type { Context } from '../context.ts'
import { HefuError } from '../errors.ts'
import { readHead, tilesOf } from './log-store.ts'
import { type DamageContext, reportDamage } from './report-damage.ts'
import { readNewestWitnessed } from './witness/witness-store.ts'

/** The newest checkpoint of the live log that a quorum has cosigned. Throws HefuError `not-found` while there is none. */
export async function showCheckpoint({ db }: Pick<Context, 'db'>): Promise<string> {
  const head = await readHead(db)
  const witnessed = head && (await readNewestWitnessed(db, head.epoch))
  if (witnessed === undefined) throw new HefuError('not-found')
  return witnessed.note
}

/**
 * A hash tile of the live log by its path below `tile/`, of exactly the width asked for. Hashes alone: entries are nobody's but the
 * auditors'. Nothing beyond the newest witnessed tree is shown. Throws HefuError `not-found`, and `unavailable` for a tile that the tables
 * should have whole and do not.
 */
export async function showTile(ctx: DamageContext, path: string): Promise<{ bytes: Uint8Array; full: boolean }> {
  const parsed = parseTilePath(`tile/${path}`)
  if (!parsed.ok || parsed.value.level === 'entries') throw new HefuError('not-found')
  const { level, index, width } = parsed.value
  const { db } = ctx
  const head = await readHead(db)
  const size = (head && (await readNewestWitnessed(db, head.epoch)))?.size ?? 0
  if (head === undefined || tileWidth(level, index, size) < width) throw new HefuError('not-found')
  const [bytes] = await tilesOf(db, head.epoch)([{ level, index, width }])
  if (bytes === undefined || bytes.length < width * HASH_BYTES) {
    throw await reportDamage(ctx, head.epoch, new TranslogError('tile', `tile ${level}/${index} is cut short`))
  }
  return { bytes: bytes.subarray(0, width * HASH_BYTES), full: width === TILE_WIDTH }
}
