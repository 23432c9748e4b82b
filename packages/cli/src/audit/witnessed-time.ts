import { type EvidencePackage, type Federation, type KeyTimes, keyOwner } from '@hefu/protocol'
import type { RegionId } from '@hefu/reference'
import type { VerifiedCheckpoint } from '@hefu/translog'

interface Known {
  readonly federation?: Federation | undefined
}

/**
 * Since when others have known what `author` signed (epoch seconds): by the earliest cosignature that is not its own, which it could date
 * back. Of a region that has left a later federation file names no witness, and any one of them may be its own: then it takes two.
 */
export function witnessedBeside(author: RegionId, proven: readonly VerifiedCheckpoint[], { federation }: Known): number | undefined {
  const own = federation?.witnessKeys.get(author)?.name
  const earliest = new Map<string, number>()
  for (const { key, time } of proven.flatMap(({ cosignatures }) => cosignatures))
    if (key.name !== own) earliest.set(key.name, Math.min(time, earliest.get(key.name) ?? time))
  const isUnknown = federation !== undefined && own === undefined
  return [...earliest.values()].toSorted((a, b) => a - b)[isUnknown ? 1 : 0]
}

/** What the federation file says of a key goes before what the package says, which may know more where the file knows no times of it. */
export function timesOf(kid: string, { keys }: EvidencePackage, { federation }: Known): KeyTimes | undefined {
  const times = federation && keyOwner(federation, kid)?.times
  return times === undefined || Object.keys(times).length === 0 ? keys.find(({ key }) => key.kid === kid) : times
}

export function instantOf(seconds: number | undefined): string | null {
  return seconds === undefined ? null : new Date(seconds * 1000).toISOString()
}
