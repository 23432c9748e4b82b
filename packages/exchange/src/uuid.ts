import { randomFillSync } from 'node:crypto'
import { uuidV7 } from '@hefu/protocol'

/** Random bytes are fetched for a few hundred ids at a time: one call of the system for each costs more than the id. */
const pool = Buffer.alloc(5_120)
let used = pool.length

export function uuidv7(nowMs: number): string {
  if (used + 10 > pool.length) {
    randomFillSync(pool)
    used = 0
  }
  used += 10
  return uuidV7(nowMs, pool.subarray(used - 10, used))
}
