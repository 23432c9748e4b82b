import { parseLogEntry } from '@hefu/protocol'
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
  const checkpointOf = rememberingCheckpoints(policy)
  const proven = new Map<string, number>()
  for (const { entry, proof } of proofs) {
    const bytes = Buffer.from(entry)
    const parsed = parseLogEntry(bytes)
    const path = parseTlogProof(proof)
    if (!parsed.ok || !path.ok) continue
    const said = parsed.entry
    if (said.kind !== 'message.received' && said.kind !== 'refusal') continue
    if (!('jti' in said) || said.iss !== parties.iss || said.aud !== parties.aud) continue
    const size = provenSize(path.value, bytes, checkpointOf(path.value.checkpoint))
    if (size !== undefined) proven.set(`${said.kind} ${promiseKey(said)}`, size)
  }
  return proven
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
