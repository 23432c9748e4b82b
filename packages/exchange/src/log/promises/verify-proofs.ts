import { type LogEntry, parseLogEntry } from '@hefu/protocol'
import {
  leafHash,
  type Policy,
  parseTlogProof,
  type TlogProof,
  type VerifiedCheckpoint,
  verifyCheckpoint,
  verifyInclusion,
} from '@hefu/translog'
import type { EntryProof } from '../answer-proof.ts'
import type { PromisedMessage } from './promise-store.ts'

/** The messages that are proven, by `promiseKey`, with the size of the witnessed tree that holds each. */
export type Proven = ReadonlyMap<string, number>

export const promiseKey = ({ jti, digest }: Pick<PromisedMessage, 'jti' | 'digest'>) => `${jti} ${digest}`

/**
 * Which messages of `iss` to `aud` these proofs prove to be in the log of the policy: the entry is what its kind must be, the path leads
 * from its bytes to a checkpoint, and a quorum of witnesses has cosigned that. What proves nothing is left out.
 */
export function verifyProofs(proofs: readonly EntryProof[], parties: { iss: string; aud: string }, policy: Policy): Proven {
  const proven = new Map<string, number>()
  for (const { said, size } of provenEntries(proofs, policy)) {
    if (said.iss !== parties.iss || said.aud !== parties.aud) continue
    proven.set(`${said.kind} ${promiseKey(said)}`, size)
  }
  return proven
}

/** An entry about a message that is proven to be in the log, as the proof has it. */
export interface ProvenEntry extends EntryProof {
  readonly said: Extract<LogEntry, { readonly jti: string; readonly digest: string; readonly kind: ProvenKind }>
  /** Of the witnessed tree. */
  readonly size: number
}

type ProvenKind = 'message.sent' | 'message.received' | 'refusal'

/** What these proofs prove of messages, under the policy of the log that they are of. What proves nothing is left out. */
export function provenEntries(proofs: readonly EntryProof[], policy: Policy): ProvenEntry[] {
  const checkpointOf = rememberingCheckpoints(policy)
  return proofs.flatMap(({ entry, proof }) => {
    const bytes = Buffer.from(entry)
    const parsed = parseLogEntry(bytes)
    const path = parseTlogProof(proof)
    if (!parsed.ok || !path.ok) return []
    const said = parsed.entry
    if (said.kind !== 'message.sent' && said.kind !== 'message.received' && said.kind !== 'refusal') return []
    if (!('jti' in said)) return []
    const size = provenSize(path.value, bytes, checkpointOf(path.value.checkpoint))
    return size === undefined ? [] : [{ said, entry, proof, size }]
  })
}

function provenSize({ index, path }: TlogProof, entry: Uint8Array, verified: VerifiedCheckpoint | undefined): number | undefined {
  if (verified === undefined) return undefined
  const { size, root } = verified.checkpoint
  return verifyInclusion({ leaf: leafHash(entry), index, size, path, root }) ? size : undefined
}

/** All proofs of one answer stand on one checkpoint: its signatures are verified once. Undefined: no quorum, or not this log's. */
function rememberingCheckpoints(policy: Policy): (checkpoint: string) => VerifiedCheckpoint | undefined {
  const known = new Map<string, VerifiedCheckpoint | undefined>()
  return (checkpoint) => {
    if (!known.has(checkpoint)) {
      const verified = verifyCheckpoint(checkpoint, policy)
      known.set(checkpoint, verified.ok && verified.value.quorum ? verified.value : undefined)
    }
    return known.get(checkpoint)
  }
}
