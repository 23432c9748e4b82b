import { fromBase64, toBase64 } from './base64.ts'
import { isKeyName, readText, type TextCode } from './note-text.ts'
import { type Parsed, refused } from './parsed.ts'

/** Longest note in bytes; room for a checkpoint with the cosignature of every region. */
export const MAX_NOTE_BYTES = 128 * 1024
export const MAX_SIGNATURES = 512

/** One signature line of a note. Unverified. */
export interface NoteSignature {
  readonly name: string
  /** 8 hexadecimal digits. */
  readonly keyId: string
  /** All that follows the key id: what it is, only the key's type can say. */
  readonly signature: Uint8Array
}

/** A note as it was read; its text means nothing until a signature is verified (`verifyNote`). */
export interface SignedNote {
  /** Ends with a newline; what is signed, byte for byte. */
  readonly text: string
  readonly signatures: readonly NoteSignature[]
}

/** `form`: no blank line, or no newline at the end; `signature-line`: one that is not of the form; `signature-count`: none or too many. */
export type NoteCode = TextCode | 'form' | 'signature-line' | 'signature-count'

/** Reads a C2SP signed note. The signatures begin after the *last* blank line: blank lines before belong to the text. */
export function parseNote(input: string | Uint8Array): Parsed<SignedNote, NoteCode> {
  const read = readText(input, MAX_NOTE_BYTES)
  if (!read.ok) return read
  const note = read.value
  const blank = note.lastIndexOf('\n\n')
  if (blank < 0 || !note.endsWith('\n')) return refused('form')
  const signatures = parseSignatureLines(note.slice(blank + 2))
  return signatures.ok ? { ok: true, value: { text: note.slice(0, blank + 1), signatures: signatures.value } } : signatures
}

/** Writes the note: parsing it gives the same text and signatures. */
export function formatNote({ text, signatures }: SignedNote): string {
  return `${text}\n${signatures.map(formatSignatureLine).join('')}`
}

/** `— name base64(key id ‖ signature)` and a newline. */
export function formatSignatureLine({ name, keyId, signature }: NoteSignature): string {
  return `— ${name} ${toBase64(Buffer.concat([Buffer.from(keyId, 'hex'), signature]))}\n`
}

/** Reads signature lines alone, as a witness answers them: at least one, each ended by a newline. */
export function parseSignatureLines(text: string): Parsed<readonly NoteSignature[], 'signature-line' | 'signature-count'> {
  if (text === '') return refused('signature-count')
  if (!text.endsWith('\n')) return refused('signature-line')
  const lines = text.slice(0, -1).split('\n', MAX_SIGNATURES + 1)
  if (lines.length > MAX_SIGNATURES) return refused('signature-count')
  const signatures: NoteSignature[] = []
  for (const line of lines) {
    const signature = parseSignatureLine(line)
    if (signature === undefined) return refused('signature-line')
    signatures.push(signature)
  }
  return { ok: true, value: signatures }
}

function parseSignatureLine(line: string): NoteSignature | undefined {
  const [dash, name = '', encoded = '', ...rest] = line.split(' ')
  if (dash !== '—' || rest.length > 0 || !isKeyName(name)) return undefined
  const blob = fromBase64(encoded)
  if (blob === undefined || blob.length < 5) return undefined
  return { name, keyId: Buffer.from(blob.subarray(0, 4)).toString('hex'), signature: blob.subarray(4) }
}
