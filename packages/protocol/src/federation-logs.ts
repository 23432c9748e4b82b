import { COSIGNATURE_V1, ED25519, type Policy, parseVerifierKey, type SignatureType, type VerifierKey } from '@hefu/translog'
import type { Federation } from './federation.ts'
import type { FederationFile } from './federation-file.ts'
import type { FederationProblem } from './federation-problem.ts'

type Regions = FederationFile['regions']

/** How many of `peers` witnesses must cosign: more than half, so that two quorums always share one. */
export function quorumOf(peers: number): number {
  return Math.floor(peers / 2) + 1
}

/**
 * Whom to believe about a region's exchange log: its own key, and more than half of all other regions as its witnesses. Undefined for a
 * region that has no peer or is not in the federation: nobody could witness its log.
 */
export function policyOf(federation: Federation, region: string): Policy | undefined {
  const own = federation.regions.find((one) => one.region === region)
  const log = own && federation.logKeys.get(own.region)
  const witnesses = federation.regions.flatMap((peer) => (peer === own ? [] : (federation.witnessKeys.get(peer.region) ?? [])))
  if (log === undefined || witnesses.length === 0) return undefined
  return { log, witnesses, threshold: quorumOf(witnesses.length) }
}

/** Of all regions that have one, in the order of the federation file. */
export function policiesOf(federation: Federation): Policy[] {
  return federation.regions.flatMap(({ region }) => policyOf(federation, region) ?? [])
}

interface Place {
  readonly pointer: string
  readonly key: VerifierKey
}

/** Log and witness keys of the file: each a verifier key of its type, no name twice, no key in two places. */
export function crossCheckLogs(regions: Regions): FederationProblem[] {
  const problems: FederationProblem[] = []
  const places: Place[] = []
  const read = (text: string, type: SignatureType, pointer: string) => {
    const parsed = parseVerifierKey(text)
    if (!parsed.ok) return problems.push({ pointer, zh: `不是验证密钥（${parsed.code}）`, en: `is not a verifier key (${parsed.code})` })
    if (parsed.value.type !== type) return problems.push({ pointer, ...wrongType(type) })
    return places.push({ pointer, key: parsed.value })
  }
  regions.forEach(({ log, witness }, at) => {
    read(log, ED25519, `/regions/${at}/log`)
    read(witness, COSIGNATURE_V1, `/regions/${at}/witness`)
  })
  return [...problems, ...sharedNames(places), ...sharedKeys(regions, places)]
}

function wrongType(wanted: SignatureType): Pick<FederationProblem, 'zh' | 'en'> {
  return wanted === ED25519
    ? { zh: '不是日志密钥：类型须为 01（Ed25519）', en: 'is not the key of a log: its type must be 01 (Ed25519)' }
    : { zh: '不是见证密钥：类型须为 04（cosignature/v1）', en: 'is not the key of a witness: its type must be 04 (cosignature/v1)' }
}

/** A name decides whose signature a line of a note is said to be. */
function sharedNames(places: readonly Place[]): FederationProblem[] {
  const seen = new Set<string>()
  return places.flatMap(({ pointer, key: { name } }) => {
    if (seen.has(name)) return [{ pointer, zh: `名称 ${name} 重复出现`, en: `the name ${name} appears twice` }]
    seen.add(name)
    return []
  })
}

/** One key in two places could sign in one what was meant for the other, or make one witness count twice. Keys of messages count too. */
function sharedKeys(regions: Regions, places: readonly Place[]): FederationProblem[] {
  const seen = new Set(regions.flatMap(({ keys }) => keys.map(({ x }) => x)))
  return places.flatMap(({ pointer, key }) => {
    const x = Buffer.from(key.publicKey).toString('base64url')
    if (seen.has(x)) return [{ pointer, zh: '该公钥已另作他用', en: 'this public key is already used in another place' }]
    seen.add(x)
    return []
  })
}
