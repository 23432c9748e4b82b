import { type CheckpointCode, type CheckpointNote, parseCheckpointNote } from './checkpoint.ts'
import { formatHashLines, type HashLinesCode, parseHashLines } from './hash-lines.ts'
import { MAX_NOTE_BYTES, type NoteCode } from './note.ts'
import { readText, type TextCode } from './note-text.ts'
import { type Parsed, refused } from './parsed.ts'
import { assertSizes, parseDecimal } from './tree-size.ts'

/** The body of `POST witness/add-checkpoint` (C2SP tlog-witness). */
export interface AddCheckpoint {
  /** Size of the tree that the witness cosigned last, as the sender believes; 0: none. */
  readonly oldSize: number
  /** Consistency proof from that size; empty from 0. */
  readonly path: readonly Uint8Array[]
  /** The new checkpoint with the log's signature. */
  readonly checkpoint: string
}

/** `old`: no readable old size; `old-beyond-size`: larger than the checkpoint's; the rest is the fault of the hashes or of the checkpoint. */
export type AddCheckpointCode = TextCode | 'old' | HashLinesCode | NoteCode | CheckpointCode | 'old-beyond-size'

/** A checkpoint, 63 hashes and the line before them. More need not be read from the wire. */
export const MAX_ADD_CHECKPOINT_BYTES = MAX_NOTE_BYTES + 4096

const OLD_LINE = /^old ([0-9]+)\n/

/** Reads the body. Whatever is refused here is answered with 400. Nothing is verified. */
export function parseAddCheckpoint(
  body: string | Uint8Array,
): Parsed<AddCheckpoint & { readonly parsed: CheckpointNote }, AddCheckpointCode> {
  const read = readText(body, MAX_ADD_CHECKPOINT_BYTES)
  if (!read.ok) return read
  const line = OLD_LINE.exec(read.value)
  const oldSize = parseDecimal(line?.[1] ?? '')
  if (line === null || oldSize === undefined) return refused('old')
  const proof = parseHashLines(read.value.slice(line[0].length))
  if (!proof.ok) return proof
  const { hashes: path, rest: checkpoint } = proof.value
  const parsed = parseCheckpointNote(checkpoint)
  if (!parsed.ok) return parsed
  if (oldSize > parsed.value.checkpoint.size) return refused('old-beyond-size')
  return { ok: true, value: { oldSize, path, checkpoint, parsed: parsed.value } }
}

/** Writes the body. Throws TranslogError `range` for the old size, `proof-length` for more than 63 hashes. */
export function formatAddCheckpoint({ oldSize, path, checkpoint }: AddCheckpoint): string {
  assertSizes(oldSize)
  return `old ${oldSize}\n${formatHashLines(path)}${checkpoint}`
}

/** Longest size, and its newline. */
const MAX_SIZE_BYTES = 17

/** Reads the body of a witness's 409: the size that it has recorded, and a newline. A witness may say anything; less than it once cosigned is an alert. */
export function parseRecordedSize(body: string | Uint8Array): Parsed<number, TextCode | 'tree-size'> {
  const read = readText(body, MAX_SIZE_BYTES)
  if (!read.ok) return read
  const size = read.value.endsWith('\n') ? parseDecimal(read.value.slice(0, -1)) : undefined
  return size === undefined ? refused('tree-size') : { ok: true, value: size }
}
