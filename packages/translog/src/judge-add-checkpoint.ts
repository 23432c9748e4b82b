import { type AddCheckpoint, type AddCheckpointCode, parseAddCheckpoint } from './add-checkpoint.ts'
import type { Checkpoint } from './checkpoint.ts'
import { equalHashes } from './tree-hash.ts'
import type { VerifierKey } from './verifier-key.ts'
import { verifyLogSignature } from './verify-checkpoint.ts'
import { verifyConsistency } from './verify-consistency.ts'

/** What a witness remembers of a log: the head that it cosigned last. */
export interface WitnessedHead {
  readonly size: number
  readonly root: Uint8Array
}

/** A request that is well formed, of a known log and signed by it. */
export interface OpenedAddCheckpoint {
  readonly request: AddCheckpoint
  readonly checkpoint: Checkpoint
  /** The checkpoint text: what a cosignature signs. */
  readonly text: string
}

export type OpenedOrRefused =
  | ({ readonly ok: true } & OpenedAddCheckpoint)
  | { readonly ok: false; readonly status: 400; readonly code: AddCheckpointCode }
  | { readonly ok: false; readonly status: 404; readonly code: 'unknown-origin' }
  | { readonly ok: false; readonly status: 403; readonly code: 'no-good-signature' }

/**
 * The first half of `add-checkpoint`: what needs no memory (protocol.md section 4, C2SP tlog-witness). `logs` are the keys of all logs that
 * this witness watches; a key's name is its log's origin, and a log may have several. Signatures of others are not looked at.
 */
export function openAddCheckpoint(body: string | Uint8Array, logs: readonly VerifierKey[]): OpenedOrRefused {
  const parsed = parseAddCheckpoint(body)
  if (!parsed.ok) return { ok: false, status: 400, code: parsed.code }
  const { parsed: note, ...request } = parsed.value
  const keys = logs.filter(({ name }) => name === note.checkpoint.origin)
  if (keys.length === 0) return { ok: false, status: 404, code: 'unknown-origin' }
  if (!keys.some((key) => verifyLogSignature(note, key).ok)) return { ok: false, status: 403, code: 'no-good-signature' }
  return { ok: true, request, checkpoint: note.checkpoint, text: note.note.text }
}

/** Content type of the 409 answer. */
export const SIZE_CONTENT_TYPE = 'text/x.tlog.size'

export type AddCheckpointJudgement =
  /** Replace `expected` (undefined: nothing recorded) by `head` in one compare-and-set, then cosign and answer. If it fails: judge anew. */
  | { readonly status: 200; readonly expected: WitnessedHead | undefined; readonly head: WitnessedHead }
  /** The sender is behind or ahead: the body tells it the recorded size. No fault of its history. */
  | { readonly status: 409; readonly body: string; readonly contentType: typeof SIZE_CONTENT_TYPE }
  /** The log signed a head that does not continue the recorded one: with its signature, evidence of a fork (or of a broken proof). */
  | { readonly status: 422; readonly code: 'proof' | 'same-size-other-root' }

/**
 * The second half: the request against what is recorded for its origin (undefined: never cosigned, size 0). From 0 every signed head is
 * taken, with an empty proof: this is the witness's own decision to begin, not a proof. Differs from C2SP in one status: the same size
 * with another root is 422 here, not 409.
 */
export function judgeAddCheckpoint(
  { request, checkpoint }: OpenedAddCheckpoint,
  recorded: WitnessedHead | undefined,
): AddCheckpointJudgement {
  const recordedSize = recorded?.size ?? 0
  if (request.oldSize !== recordedSize) return { status: 409, body: `${recordedSize}\n`, contentType: SIZE_CONTENT_TYPE }
  const head = { size: checkpoint.size, root: checkpoint.root }
  if (recorded?.size === head.size && !equalHashes(recorded.root, head.root)) return { status: 422, code: 'same-size-other-root' }
  return continues(recorded, head, request.path) ? { status: 200, expected: recorded, head } : { status: 422, code: 'proof' }
}

function continues(recorded: WitnessedHead | undefined, head: WitnessedHead, path: readonly Uint8Array[]): boolean {
  if (recorded === undefined || recorded.size === 0) return path.length === 0
  return verifyConsistency({ oldSize: recorded.size, oldRoot: recorded.root, newSize: head.size, newRoot: head.root, path })
}
