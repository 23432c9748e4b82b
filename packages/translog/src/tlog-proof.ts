import { type CheckpointCode, type CheckpointNote, parseCheckpointNote } from './checkpoint.ts'
import { formatHashLines, type HashLinesCode, parseHashLines } from './hash-lines.ts'
import { MAX_NOTE_BYTES, type NoteCode } from './note.ts'
import { readText, type TextCode } from './note-text.ts'
import { type Parsed, refused } from './parsed.ts'
import type { Policy } from './policy.ts'
import { assertSizes, parseDecimal } from './tree-size.ts'
import { type VerifiedCheckpoint, verifyCheckpoint } from './verify-checkpoint.ts'
import { verifyInclusion } from './verify-inclusion.ts'

/** A `.tlog-proof` file: that some entry is in a log, checkable without the log (C2SP tlog-proof). */
export interface TlogProof {
  readonly index: number
  readonly path: readonly Uint8Array[]
  /** The checkpoint with its signatures, byte for byte as the log published it. */
  readonly checkpoint: string
}

/** `header`: not this format; `extra`: has extra data; `index`; the rest is the fault of the hashes or of the checkpoint. */
export type TlogProofCode = TextCode | 'header' | 'extra' | 'index' | HashLinesCode | NoteCode | CheckpointCode

const HEADER = 'c2sp.org/tlog-proof@v1\n'
const INDEX_LINE = /^index ([0-9]+)\n/
/** A checkpoint, 63 hashes, and the lines around them. */
const MAX_PROOF_BYTES = MAX_NOTE_BYTES + 4096

/**
 * Reads a proof file. Nothing is verified. The standard's `extra` line is refused: no signature covers it, and this profile has
 * no use for it.
 */
export function parseTlogProof(input: string | Uint8Array): Parsed<TlogProof & { readonly parsed: CheckpointNote }, TlogProofCode> {
  const proof = splitTlogProof(input)
  if (!proof.ok) return proof
  const parsed = parseCheckpointNote(proof.value.checkpoint)
  return parsed.ok ? { ok: true, value: { ...proof.value, parsed: parsed.value } } : parsed
}

/** The same, and the checkpoint as any text: for many proofs under one checkpoint, which is then read once. */
export function splitTlogProof(input: string | Uint8Array): Parsed<TlogProof, TextCode | 'header' | 'extra' | 'index' | HashLinesCode> {
  const read = readText(input, MAX_PROOF_BYTES)
  if (!read.ok) return read
  if (!read.value.startsWith(HEADER)) return refused('header')
  const body = read.value.slice(HEADER.length)
  if (body.startsWith('extra ')) return refused('extra')
  const line = INDEX_LINE.exec(body)
  const index = parseDecimal(line?.[1] ?? '')
  if (line === null || index === undefined) return refused('index')
  const hashes = parseHashLines(body.slice(line[0].length))
  return hashes.ok ? { ok: true, value: { index, path: hashes.value.hashes, checkpoint: hashes.value.rest } } : hashes
}

/** Writes the file; the checkpoint goes in as it stands. Throws TranslogError `range` for the index, `proof-length` for the path. */
export function formatTlogProof({ index, path, checkpoint }: TlogProof): string {
  assertSizes(index)
  return `${HEADER}index ${index}\n${formatHashLines(path)}${checkpoint}`
}

/** `quorum`: fewer witnesses than the policy asks for; `inclusion`: the path does not lead from this leaf to the checkpoint's root. */
export type TlogProofFault = Extract<ReturnType<typeof verifyCheckpoint>, { ok: false }>['code'] | 'quorum' | 'inclusion'

/** Whether the proof shows that the entry with this leaf hash is in the log of the policy, in a tree that a quorum of witnesses saw. */
export function verifyTlogProof(proof: TlogProof, leaf: Uint8Array, policy: Policy): Parsed<VerifiedCheckpoint, TlogProofFault> {
  const verified = verifyCheckpoint(proof.checkpoint, policy)
  if (!verified.ok) return verified
  const { size, root } = verified.value.checkpoint
  if (!verifyInclusion({ leaf, index: proof.index, size, path: proof.path, root })) return refused('inclusion')
  return verified.value.quorum ? verified : refused('quorum')
}
