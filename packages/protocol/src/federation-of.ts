import type { RegionId } from '@hefu/reference'
import { type Federation, indexFederation } from './federation.ts'
import type { FederationFile, KnownKey } from './federation-file.ts'
import type { Manifest } from './manifest.ts'
import type { Registry } from './registry.ts'

/**
 * What is believed, as one: the registry, and of every region that ever had one its manifests, oldest first, each verified. Of a region
 * without a manifest nothing can be verified yet. A manifest whose `exp` has passed still says what was, and nothing about today: whoever
 * keeps a newer one back must not keep a revoked key alive.
 */
export function federationFileOf({ claims }: Registry, manifests: readonly Manifest[]): FederationFile {
  const { version, exp, regions, agencies, agreements } = claims
  const histories = new Map<RegionId, KnownKey[]>()
  for (const region of new Set(manifests.map((manifest) => manifest.claims.iss))) histories.set(region, keysOf(region, manifests))
  const known = new Set<string>()
  // A key that two regions claim is the one's that was there first; regions of the registry before those that have left.
  const own = (region: RegionId) =>
    (histories.get(region) ?? []).filter(({ kid }) => {
      const isFirst = !known.has(kid)
      known.add(kid)
      return isFirst
    })
  const current = regions.map(({ root: _, ...region }) => ({ ...region, keys: own(region.region) }))
  const former = [...histories.keys()].filter((region) => !regions.some((one) => one.region === region))
  return { version, exp, regions: current, agencies, agreements, former: former.map((region) => ({ region, keys: own(region) })) }
}

export function federationOf(registry: Registry, manifests: readonly Manifest[]): Federation {
  return indexFederation(federationFileOf(registry, manifests))
}

/** Of the newest manifest; `since` is the time of the one that first revoked a key. */
function keysOf(region: RegionId, manifests: readonly Manifest[]): KnownKey[] {
  const own = manifests.filter(({ claims }) => claims.iss === region).toSorted((a, b) => a.claims.version - b.claims.version)
  const since = new Map<string, number>()
  for (const { claims } of own)
    for (const { kid, revoked } of claims.keys) if (revoked !== undefined && !since.has(kid)) since.set(kid, claims.iat)
  const newest = own.at(-1)?.claims
  return (newest?.keys ?? []).map(({ use: _, revoked, ...record }) => ({
    ...record,
    until: newest?.exp ?? record.exp,
    ...(revoked === undefined ? {} : { revoked: { ...revoked, since: since.get(record.kid) ?? revoked.at } }),
  }))
}
