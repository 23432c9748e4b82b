import { type Checkpoint, type CheckpointCode, type CheckpointNote, parseCheckpointNote } from './checkpoint.ts'
import type { NoteCode } from './note.ts'
import { type Parsed, refused } from './parsed.ts'
import type { Policy } from './policy.ts'
import type { VerifierKey } from './verifier-key.ts'
import { type NoteSignatureCode, type VerifiedSignature, verifyNote } from './verify-note.ts'

/** A checkpoint signed by the log it names. */
export interface SignedCheckpoint {
  readonly checkpoint: Checkpoint
  /** The signed text. */
  readonly text: string
  readonly log: VerifierKey
}

export interface Cosignature {
  /** The witness's key in the policy. */
  readonly key: VerifierKey
  /** When the witness says it signed, in epoch seconds. The caller has the clock: a time in the future is for the caller to judge. */
  readonly time: number
}

export interface VerifiedCheckpoint extends SignedCheckpoint {
  /** The witnesses of the policy that cosigned, in the order of the note. */
  readonly cosignatures: readonly Cosignature[]
  /** Whether they are as many as the policy asks for. */
  readonly quorum: boolean
  /** When that many had cosigned, by their own clocks: the k-th earliest time in epoch seconds. Undefined without quorum. */
  readonly quorumTime: number | undefined
}

/**
 * `other-log`: of an origin that is not the key's name; `no-log-signature`: the log itself did not sign it; the rest as parsed
 * and verified.
 */
export type VerifyCheckpointCode =
  | NoteCode
  | CheckpointCode
  | Exclude<NoteSignatureCode, 'no-known-signature'>
  | 'other-log'
  | 'no-log-signature'

/**
 * Verifies a published checkpoint under a policy: the log's signature must be there and good; then which witnesses cosigned. Too few
 * witnesses are no error here, `quorum` says so.
 */
export function verifyCheckpoint(input: string | Uint8Array, policy: Policy): Parsed<VerifiedCheckpoint, VerifyCheckpointCode> {
  const parsed = parseCheckpointNote(input)
  if (!parsed.ok) return parsed
  const signed = verifySignatures(parsed.value, policy.log, policy.witnesses)
  if (!signed.ok) return signed
  const { checkpoint, text, log, verified } = signed.value
  return { ok: true, value: { checkpoint, text, log, ...quorumOf(verified, policy.threshold) } }
}

/** A checkpoint that a quorum of witnesses cosigned, whoever keeps the log. */
export type CosignedCheckpoint = Pick<VerifiedCheckpoint, 'checkpoint' | 'text' | 'cosignatures'> & { readonly quorumTime: number }

/**
 * Verifies the checkpoint of a log that was closed, and whose key nobody lists any more, by its witnesses alone: each of them verified the
 * log's signature before it cosigned. `no-quorum`: too few of them.
 */
export function verifyCosigned(
  input: string | Uint8Array,
  origin: string,
  { witnesses, threshold }: Pick<Policy, 'witnesses' | 'threshold'>,
): Parsed<CosignedCheckpoint, NoteCode | CheckpointCode | NoteSignatureCode | 'other-log' | 'no-quorum'> {
  const parsed = parseCheckpointNote(input)
  if (!parsed.ok) return parsed
  const { checkpoint, note } = parsed.value
  if (checkpoint.origin !== origin) return refused('other-log')
  const verified = verifyNote(note, witnesses)
  if (!verified.ok) return verified
  const { cosignatures, quorumTime } = quorumOf(verified.value, threshold)
  if (quorumTime === undefined) return refused('no-quorum')
  return { ok: true, value: { checkpoint, text: note.text, cosignatures, quorumTime } }
}

function quorumOf(
  verified: readonly VerifiedSignature[],
  threshold: number,
): Pick<VerifiedCheckpoint, 'cosignatures' | 'quorum' | 'quorumTime'> {
  const cosignatures = verified.flatMap(({ key, time }) => (time === undefined ? [] : [{ key, time }]))
  const quorumTime = cosignatures.map(({ time }) => time).toSorted((a, b) => a - b)[threshold - 1]
  return { cosignatures, quorum: quorumTime !== undefined, quorumTime }
}

/** Verifies that the log with this key signed this checkpoint of its own; cosignatures are not looked at. */
export function verifyLogSignature(parsed: CheckpointNote, log: VerifierKey): Parsed<SignedCheckpoint, VerifyCheckpointCode> {
  return verifySignatures(parsed, log, [])
}

function verifySignatures(
  { checkpoint, note }: CheckpointNote,
  log: VerifierKey,
  witnesses: readonly VerifierKey[],
): Parsed<SignedCheckpoint & { readonly verified: readonly VerifiedSignature[] }, VerifyCheckpointCode> {
  // A log's key speaks for its own origin alone.
  if (checkpoint.origin !== log.name) return refused('other-log')
  const verified = verifyNote(note, [log, ...witnesses])
  if (!verified.ok) return refused(verified.code === 'no-known-signature' ? 'no-log-signature' : verified.code)
  if (!verified.value.some(({ key }) => key === log)) return refused('no-log-signature')
  return { ok: true, value: { checkpoint, text: note.text, log, verified: verified.value } }
}
