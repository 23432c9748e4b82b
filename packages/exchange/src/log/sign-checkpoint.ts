import { type CompactRange, formatCheckpoint, formatNote, rangeRoot, signNote } from '@hefu/translog'
import type { LogContext } from './log-context.ts'

/** The log's own statement of its size and root. It binds from the moment that anybody else sees it: first it is stored, then shown. */
export async function signCheckpoint(
  { origin, key, signer }: Pick<LogContext, 'origin' | 'key' | 'signer'>,
  range: CompactRange,
): Promise<string> {
  const text = formatCheckpoint({ origin, size: range.size, root: rangeRoot(range) })
  return formatNote({ text, signatures: [await signNote(text, key, signer)] })
}
