import { type Federation, policyOf, publicJwk, type Signer } from '@hefu/protocol'
import type { RegionId } from '@hefu/reference'
import type { NoteSigner, Policy, VerifierKey } from '@hefu/translog'

/** Everything a node needs to keep its exchange log and to witness those of its peers. */
export interface LogContext {
  /** The log's name, that of its key. */
  readonly origin: string
  readonly key: VerifierKey
  /** Signs checkpoints of this node's log, and nothing else. */
  readonly signer: NoteSigner
  readonly witnessKey: VerifierKey
  /** Signs cosignatures under checkpoints of other logs, and nothing else. */
  readonly witnessSigner: NoteSigner
  /** When this node's own log counts as witnessed; undefined while the federation has no other region. */
  readonly policy: Policy | undefined
}

/** The key files must be those of the registry: settings/load-trust.ts says so before, where the registry is a file. */
export function logContextOf(
  federationNow: () => Federation,
  region: RegionId,
  signers: { readonly log: Signer; readonly witness: Signer },
): LogContext {
  const federation = federationNow()
  const key = federation.logKeys.get(region)
  const witnessKey = federation.witnessKeys.get(region)
  if (key === undefined || witnessKey === undefined) throw new Error(`the federation has no region ${region}`)
  // Checkpoints under another key would accuse this node of a second history.
  if (publicJwk(key.key).kid !== signers.log.kid || publicJwk(witnessKey.key).kid !== signers.witness.kid)
    throw new Error(`the keys of the log and the witness are not those of the registry`)
  return {
    origin: key.name,
    key,
    signer: signers.log,
    witnessKey,
    witnessSigner: signers.witness,
    // A region that joins is a witness from then on; this node's own log stays what it is until it is started with another key.
    get policy() {
      const policy = policyOf(federationNow(), region)
      return policy && { ...policy, log: key }
    },
  }
}
