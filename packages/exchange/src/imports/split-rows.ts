import { jsonFieldError } from '../field-errors.ts'
import type { ImportedRow } from './import-store.ts'
import { malformedRow, type RowFailure } from './row-outcome.ts'

export const MAX_LINE_BYTES = 256 * 1024

const LINE_FEED = 0x0a
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * The rows of an NDJSON file, numbered by their lines from 1; lines of white space are counted and left out. What cannot
 * be kept as text (too long, not UTF-8, U+0000) fails here, everything else is judged when the row's turn comes.
 */
export function* splitRows(content: Buffer): Generator<ImportedRow> {
  let line = 0
  for (let start = 0; start < content.length; ) {
    const feed = content.indexOf(LINE_FEED, start)
    const end = feed === -1 ? content.length : feed
    line += 1
    const row = rowOf(line, content.subarray(start, end))
    if (row) yield row
    start = end + 1
  }
}

function rowOf(line: number, bytes: Buffer): ImportedRow | undefined {
  if (bytes.length > MAX_LINE_BYTES) return { line, failure: tooLong }
  let body: string
  try {
    body = utf8.decode(bytes)
  } catch {
    return { line, failure: malformedRow(jsonFieldError('utf8')) }
  }
  if (body.includes('\0')) return { line, failure: malformedRow(jsonFieldError('nul')) }
  return body.trim() === '' ? undefined : { line, body }
}

const tooLong: RowFailure = {
  code: 'too-large',
  errors: [{ pointer: '', code: 'too-large', zh: '一行不得超过 256 KiB', en: 'A line has at most 256 KiB' }],
}
