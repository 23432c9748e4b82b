import { MAX_NOTE_BYTES, parseSignatureLines } from './note.ts'
import { readText, type TextCode } from './note-text.ts'
import { type Parsed, refused } from './parsed.ts'
import type { VerifierKey } from './verifier-key.ts'
import { type NoteSignatureCode, type VerifiedSignature, verifyNote } from './verify-note.ts'

/** Why a witness's 200 proves nothing: not signature lines, or not (only) good cosignatures of the keys asked for. */
export type CosignaturesCode = TextCode | 'signature-line' | 'signature-count' | NoteSignatureCode

/**
 * The cosignatures in the body of a witness's 200 over this checkpoint text, verified; lines of other keys are ignored (C2SP
 * tlog-witness). Only these lines may be added to the published checkpoint: one bad line would make every reader refuse it.
 */
export function readCosignatures(
  body: string | Uint8Array,
  checkpointText: string,
  witnesses: readonly VerifierKey[],
): Parsed<readonly VerifiedSignature[], CosignaturesCode> {
  const read = readText(body, MAX_NOTE_BYTES)
  if (!read.ok) return read
  const signatures = parseSignatureLines(read.value)
  if (!signatures.ok) return refused(signatures.code)
  return verifyNote({ text: checkpointText, signatures: signatures.value }, witnesses)
}
