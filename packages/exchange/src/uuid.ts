import { randomBytes } from 'node:crypto'
import { uuidV7 } from '@hefu/protocol'

export function uuidv7(nowMs: number): string {
  return uuidV7(nowMs, randomBytes(10))
}
