import { generateKeyPairSync } from 'node:crypto'
import { signerOf } from '@hefu/protocol'
import { COSIGNATURE_V1, ED25519, formatVerifierKey, verifierKey } from '@hefu/translog'

/** The keys of a region's log and witness, and how a federation file lists them. */
export function newLogKeys(region: string) {
  const [log, witness] = [generateKeyPairSync('ed25519').privateKey, generateKeyPairSync('ed25519').privateKey]
  const origin = `test.hefu/${region}`
  return {
    listed: {
      log: formatVerifierKey(verifierKey(origin, ED25519, log)),
      witness: formatVerifierKey(verifierKey(`${origin}/witness`, COSIGNATURE_V1, witness)),
    },
    signers: { log: signerOf(log), witness: signerOf(witness) },
  }
}
