import { parseCheckpoint } from './checkpoint.ts'
import { cosignedBytes } from './cosigned-bytes.ts'
import type { NoteSignature } from './note.ts'
import { MAX_NOTE_BYTES } from './note.ts'
import { readText } from './note-text.ts'
import { TranslogError } from './translog-error.ts'
import { assertSizes } from './tree-size.ts'
import { COSIGNATURE_V1, ED25519, type VerifierKey } from './verifier-key.ts'
import { verifySignature } from './verify-note.ts'

/** Signs bytes, never objects, with Ed25519. Where the private key lives is the implementation's matter. */
export interface NoteSigner {
  /** 64 bytes. */
  sign(bytes: Uint8Array): Promise<Uint8Array>
}

/**
 * A log's own signature (type 01) over the text of a note. Throws TranslogError: `text` unless the text can stand in a note, `key-type`
 * for a key of another type, `signer` when the signature does not verify under `key`: a node with the wrong key file must not publish.
 */
export async function signNote(text: string, key: VerifierKey, signer: NoteSigner): Promise<NoteSignature> {
  if (!text.endsWith('\n') || !readText(text, MAX_NOTE_BYTES).ok) throw new TranslogError('text', 'not the text of a note')
  if (key.type !== ED25519) throw new TranslogError('key-type', `key ${key.name} is not for notes`)
  return checked(text, key, await signer.sign(Buffer.from(text)))
}

/**
 * A witness's cosignature/v1 (type 04) over a checkpoint text, at `time` in epoch seconds. What the witness checked before is
 * `judgeAddCheckpoint`. Throws TranslogError: `text` unless the text is a checkpoint, `range` for a time that is no whole number,
 * `key-type` and `signer` as `signNote`.
 */
export async function cosignCheckpoint(text: string, key: VerifierKey, signer: NoteSigner, time: number): Promise<NoteSignature> {
  if (!parseCheckpoint(text).ok) throw new TranslogError('text', 'not the text of a checkpoint')
  if (key.type !== COSIGNATURE_V1) throw new TranslogError('key-type', `key ${key.name} is not for cosignatures`)
  assertSizes(time)
  const timeBytes = Buffer.alloc(8)
  timeBytes.writeBigUInt64BE(BigInt(time))
  return checked(text, key, Buffer.concat([timeBytes, await signer.sign(cosignedBytes(text, time))]))
}

function checked(text: string, key: VerifierKey, signature: Uint8Array): NoteSignature {
  const line = { name: key.name, keyId: key.keyId, signature }
  if (verifySignature(text, line, key) === undefined) throw new TranslogError('signer', `the signer does not sign for key ${key.name}`)
  return line
}
