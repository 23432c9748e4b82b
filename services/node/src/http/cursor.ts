import { createHash } from 'node:crypto'
import { HefuError } from '@hefu/exchange'
import type { z } from 'zod'

/**
 * An opaque keyset cursor: where the last page ended, bound to the list and filter it came from, so that it cannot silently
 * continue another list. It is no secret and grants nothing: what may be seen is decided anew on each page.
 */
export function writeCursor(filter: unknown, after: unknown): string {
  return Buffer.from(JSON.stringify([bindingOf(filter), after])).toString('base64url')
}

/** Throws `cursor-invalid` for anything that `writeCursor` did not write for this filter. */
export function readCursor<T>(cursor: string, filter: unknown, after: z.ZodType<T>): T {
  let parts: unknown
  try {
    parts = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'))
  } catch (cause) {
    throw new HefuError('cursor-invalid', { cause })
  }
  if (!Array.isArray(parts) || parts.length !== 2 || parts[0] !== bindingOf(filter)) throw new HefuError('cursor-invalid')
  const key = after.safeParse(parts[1])
  if (!key.success) throw new HefuError('cursor-invalid')
  return key.data
}

function bindingOf(filter: unknown): string {
  return createHash('sha256').update(JSON.stringify(filter)).digest('base64url').slice(0, 16)
}
