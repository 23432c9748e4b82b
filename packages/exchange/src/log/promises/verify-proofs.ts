import { isEarlierLog, type LogEntry, parseLogEntry } from '@hefu/protocol'
import {
  type Checkpoint,
  leafHash,
  type Policy,
  splitTlogProof,
  type TlogProof,
  verifyCheckpoint,
  verifyCosigned,
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

/** An entry about a message or receipt, or about what was asked of its content, that is proven to be in the log, as the proof has it. */
export interface ProvenEntry extends EntryProof {
  readonly said: Extract<LogEntry, { readonly jti: string; readonly digest: string; readonly kind: ProvenKind }>
  /** Of the witnessed tree, and the log that it is of: that of the policy, or one that it succeeds. */
  readonly size: number
  readonly log: string
}

const PROVEN_KINDS = ['message.sent', 'message.received', 'refusal', 'receipt.issued', 'content.request', 'content.answer'] as const
export type ProvenKind = (typeof PROVEN_KINDS)[number]

/**
 * What these proofs prove of messages and their content, under the policy of the log that they are of. A log that this one succeeds stays what it was: its
 * witnesses vouch for it, and they are those of the policy. What proves nothing is left out.
 */
export function provenEntries(proofs: readonly EntryProof[], policy: Policy): ProvenEntry[] {
  return provenTexts(proofs, policy).flatMap(({ said, ...proven }) => {
    return isProvenKind(said) && 'jti' in said ? [{ said, ...proven }] : []
  })
}

function isProvenKind(said: LogEntry): said is Extract<LogEntry, { readonly kind: ProvenKind }> {
  return PROVEN_KINDS.some((kind) => kind === said.kind)
}

/** An entry of any kind that is proven to be in the log. */
export interface ProvenText extends Omit<ProvenEntry, 'said'> {
  readonly said: LogEntry
}

export function provenTexts(proofs: readonly EntryProof[], policy: Policy): ProvenText[] {
  const witnessedOf = rememberingCheckpoints(policy)
  return proofs.flatMap(({ entry, proof }) => {
    const bytes = Buffer.from(entry)
    const parsed = parseLogEntry(bytes)
    const path = splitTlogProof(proof)
    if (!parsed.ok || !path.ok) return []
    const said = parsed.entry
    const witnessed = witnessedOf(path.value.checkpoint)
    if (witnessed === undefined || !leadsTo(witnessed, path.value, bytes)) return []
    return [{ said, entry, proof, size: witnessed.size, log: witnessed.origin }]
  })
}

function leadsTo({ size, root }: Checkpoint, { index, path }: TlogProof, entry: Uint8Array): boolean {
  return verifyInclusion({ leaf: leafHash(entry), index, size, path, root })
}

/** All proofs of one answer stand on one checkpoint or two: their signatures are verified once. Undefined: no quorum, or not of this log. */
function rememberingCheckpoints(policy: Policy): (checkpoint: string) => Checkpoint | undefined {
  const known = new Map<string, Checkpoint | undefined>()
  return (checkpoint) => {
    if (!known.has(checkpoint)) known.set(checkpoint, witnessedCheckpoint(checkpoint, policy))
    return known.get(checkpoint)
  }
}

function witnessedCheckpoint(checkpoint: string, policy: Policy): Checkpoint | undefined {
  const [origin = ''] = checkpoint.split('\n', 1)
  if (isEarlierLog(origin, policy.log.name)) {
    const cosigned = verifyCosigned(checkpoint, origin, policy)
    return cosigned.ok ? cosigned.value.checkpoint : undefined
  }
  const verified = verifyCheckpoint(checkpoint, policy)
  return verified.ok && verified.value.quorum ? verified.value.checkpoint : undefined
}
