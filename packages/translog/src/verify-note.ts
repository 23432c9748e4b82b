import { verify } from 'node:crypto'
import { cosignedBytes } from './cosigned-bytes.ts'
import type { NoteSignature, SignedNote } from './note.ts'
import { type Parsed, refused } from './parsed.ts'
import { COSIGNATURE_V1, type VerifierKey } from './verifier-key.ts'

/** A signature of a known key that verifies. */
export interface VerifiedSignature {
  readonly key: VerifierKey
  readonly line: NoteSignature
  /** Cosignatures alone: when the witness says it signed, in epoch seconds. */
  readonly time?: number
}

/**
 * `bad-signature`: a line names a known key and does not verify; `repeated-signature`: two lines of one known key, of which two readers
 * could take different ones; `no-known-signature`: nobody known signed this.
 */
export type NoteSignatureCode = 'bad-signature' | 'repeated-signature' | 'no-known-signature'

/**
 * The signatures of known keys (C2SP signed-note, "Signatures"). Lines of unknown keys are ignored: name and key id together must be
 * those of a known key. One bad signature of a known key refuses the whole note, so a node merges only cosignatures that it verified.
 */
export function verifyNote(note: SignedNote, keys: readonly VerifierKey[]): Parsed<readonly VerifiedSignature[], NoteSignatureCode> {
  const known = new Map(keys.map((key) => [lineKey(key), key]))
  const verified = new Map<string, VerifiedSignature>()
  for (const line of note.signatures) {
    const key = known.get(lineKey(line))
    if (key === undefined) continue
    if (verified.has(lineKey(line))) return refused('repeated-signature')
    const signature = verifySignature(note.text, line, key)
    if (signature === undefined) return refused('bad-signature')
    verified.set(lineKey(line), signature)
  }
  return verified.size === 0 ? refused('no-known-signature') : { ok: true, value: [...verified.values()] }
}

/** Names have no space. */
function lineKey({ name, keyId }: { readonly name: string; readonly keyId: string }): string {
  return `${name} ${keyId}`
}

const ED25519_BYTES = 64
const TIME_BYTES = 8
/** The end of the year 9999: a later time is no date, and who shows one would fail over it. */
const MAX_TIME = 253_402_300_799

/** The signature, verified under the key that it names; undefined when it is not that key's over this text. */
export function verifySignature(text: string, line: NoteSignature, key: VerifierKey): VerifiedSignature | undefined {
  const { signature } = line
  if (lineKey(line) !== lineKey(key)) return undefined
  if (key.type !== COSIGNATURE_V1) {
    const good = signature.length === ED25519_BYTES && verify(null, Buffer.from(text), key.key, signature)
    return good ? { key, line } : undefined
  }
  if (signature.length !== TIME_BYTES + ED25519_BYTES) return undefined
  const time = Number(Buffer.from(signature.subarray(0, TIME_BYTES)).readBigUInt64BE())
  if (time > MAX_TIME) return undefined
  return verify(null, cosignedBytes(text, time), key.key, signature.subarray(TIME_BYTES)) ? { key, line, time } : undefined
}
