import { hashFromBase64, toBase64 } from './base64.ts'
import { MAX_NOTE_BYTES, type NoteCode, parseNote, type SignedNote } from './note.ts'
import { MAX_NAME_BYTES, readText, type TextCode } from './note-text.ts'
import { type Parsed, refused } from './parsed.ts'
import { TranslogError } from './translog-error.ts'
import { emptyRoot, equalHashes } from './tree-hash.ts'
import { parseDecimal } from './tree-size.ts'

/** What a log says of itself: so many entries, this root (C2SP tlog-checkpoint). */
export interface Checkpoint {
  /** Name of the log; also the name of its key. */
  readonly origin: string
  readonly size: number
  readonly root: Uint8Array
  /**
   * Lines after the root. Permitted by the standard, covered by every signature, and without meaning here: they are kept and cosigned as
   * they stand, and this log writes none.
   */
  readonly extensions: readonly string[]
}

/** `form`: fewer than three lines, or an empty one; `origin`: longer than 255 bytes; `tree-size`; `root`: not 32 bytes, or an empty tree with another root. */
export type CheckpointCode = TextCode | 'form' | 'origin' | 'tree-size' | 'root'

/** Reads the text of a checkpoint (a note's text, without signatures). */
export function parseCheckpoint(text: string): Parsed<Checkpoint, CheckpointCode> {
  const read = readText(text, MAX_NOTE_BYTES)
  if (!read.ok) return read
  if (!text.endsWith('\n')) return refused('form')
  const lines = text.slice(0, -1).split('\n')
  const [origin, sizeText, rootText, ...extensions] = lines
  if (origin === undefined || sizeText === undefined || rootText === undefined || lines.includes('')) return refused('form')
  if (Buffer.byteLength(origin) > MAX_NAME_BYTES) return refused('origin')
  const size = parseDecimal(sizeText)
  if (size === undefined) return refused('tree-size')
  const root = hashFromBase64(rootText)
  if (root === undefined || (size === 0 && !equalHashes(root, emptyRoot()))) return refused('root')
  return { ok: true, value: { origin, size, root, extensions } }
}

/** The text to sign: origin, size, base64 of the root, each line ended by a newline. Throws TranslogError `text` for what no parser would read. */
export function formatCheckpoint({ origin, size, root, extensions = [] }: Omit<Checkpoint, 'extensions'> & Partial<Checkpoint>): string {
  const text = [origin, String(size), toBase64(root), ...extensions].map((line) => `${line}\n`).join('')
  const parsed = parseCheckpoint(text)
  if (!parsed.ok || parsed.value.origin !== origin || parsed.value.extensions.length !== extensions.length) {
    throw new TranslogError('text', 'not a checkpoint that could be read again')
  }
  return text
}

/** A checkpoint with its signatures, unverified. */
export interface CheckpointNote {
  readonly checkpoint: Checkpoint
  readonly note: SignedNote
}

/** Reads a checkpoint with its signature lines, as a log publishes it. Nothing is verified: `verifyCheckpoint` does that. */
export function parseCheckpointNote(input: string | Uint8Array): Parsed<CheckpointNote, NoteCode | CheckpointCode> {
  const note = parseNote(input)
  if (!note.ok) return note
  const checkpoint = parseCheckpoint(note.value.text)
  return checkpoint.ok ? { ok: true, value: { checkpoint: checkpoint.value, note: note.value } } : checkpoint
}
