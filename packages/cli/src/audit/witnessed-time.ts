import { type EvidencePackage, type Federation, type KeyTimes, keyOwner } from '@hefu/protocol'
import type { RegionId } from '@hefu/reference'
import type { VerifiedCheckpoint } from '@hefu/translog'

interface Known {
  readonly federation?: Federation | undefined
}

/** Earliest cosignature over what `author` signed (epoch seconds). It could date its own back: only those of others say since when a signature exists. */
export function witnessedBeside(author: RegionId, proven: readonly VerifiedCheckpoint[], { federation }: Known): number | undefined {
  const own = federation?.witnessKeys.get(author)?.name
  const times = proven.flatMap(({ cosignatures }) => cosignatures.flatMap(({ key, time }) => (key.name === own ? [] : [time])))
  return times.length === 0 ? undefined : Math.min(...times)
}

/** What the federation file says of a key goes before what the package says, which may know more where the file knows no times of it. */
export function timesOf(kid: string, { keys }: EvidencePackage, { federation }: Known): KeyTimes | undefined {
  const times = federation && keyOwner(federation, kid)?.times
  return times === undefined || Object.keys(times).length === 0 ? keys.find(({ key }) => key.kid === kid) : times
}

export function instantOf(seconds: number | undefined): string | null {
  return seconds === undefined ? null : new Date(seconds * 1000).toISOString()
}
