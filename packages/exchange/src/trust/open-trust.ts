import {
  type Federation,
  federationOf,
  type Manifest,
  type PublicJwk,
  parseStoredManifest,
  parseStoredRegistry,
  type Registry,
  registryTerm,
  type Signer,
} from '@hefu/protocol'
import type { RegionId } from '@hefu/reference'
import { raiseAlert } from '../alerts/alert-store.ts'
import type { PeerTls } from '../peers/peer-tls.ts'
import { fetchManifest } from './fetch-manifest.ts'
import { keepManifest } from './keep-manifest.ts'
import { type KeepContext, keepRegistry } from './keep-registry.ts'
import type { KeyMisses } from './key-misses.ts'
import { folderState, type KeyFolder, readKeyFolder, signerAt } from './own-keys.ts'
import { PeerTimes } from './peer-times.ts'
import { isUrl, readRegistrySource, sourceState } from './registry-source.ts'
import { readManifests, readNewestRegistry, readTrustVersions, type TrustVersions } from './trust-store.ts'

export interface TrustSources {
  /** Public keys of the federation: one of them must have signed the registry. */
  readonly pins: readonly PublicJwk[]
  /** Path or http(s) address of the registry. */
  readonly registry: string
  /** Folder of this node's message keys and their manifest. */
  readonly keys: string
}

/** The node cannot begin without a registry, or without its own manifest. */
export class TrustError extends Error {
  readonly code: 'no-registry' | 'not-in-registry' | 'no-manifest'

  constructor(code: TrustError['code']) {
    super(`no trust: ${code}`)
    this.name = 'TrustError'
    this.code = code
  }
}

export interface TrustOptions extends KeepContext {
  readonly region: RegionId
  readonly sources: TrustSources
  /** How often the registry's address is asked; 300 where absent. */
  readonly registrySeconds?: number | undefined
  readonly peerTls: () => PeerTls | undefined
  readonly keyMisses: KeyMisses
}

/** How often the database, files and, unless a setting says otherwise, an address are looked at, in real time. */
const STORED_MS = 1_000
const FILES_MS = 2_000
const REGISTRY_SECONDS = 300

/** What a process believes, and what it signs with: as it is stored for all processes of the node, and its own private keys. */
export class Trust {
  readonly #options: TrustOptions
  readonly #peers = new PeerTimes()
  #registry: Registry | undefined
  #manifests: readonly Manifest[] = []
  #federation: Federation | undefined
  #versions: TrustVersions = { registry: 0, manifests: 0 }
  #folder: KeyFolder = { signers: new Map(), manifest: undefined }
  #folderState = ''
  #sourceState: string | undefined
  #filesAtMs = Number.NEGATIVE_INFINITY
  #urlAtMs = Number.NEGATIVE_INFINITY

  constructor(options: TrustOptions) {
    this.#options = options
  }

  get federation(): Federation {
    if (this.#federation === undefined) throw new TrustError('no-registry')
    return this.#federation
  }

  get signer(): Signer {
    return signerAt(this.#own?.claims.keys ?? [], this.#folder.signers, this.#nowSeconds)
  }

  /** Those of retired keys too. */
  get ownSigners(): readonly Signer[] {
    return [...this.#folder.signers.values()]
  }

  /** Reads the stored and the files. Throws TrustError where that is not enough to begin with. */
  async open(): Promise<void> {
    await this.#reload()
    await this.#readFiles()
    await this.#reload()
    if (this.#registry === undefined) throw new TrustError('no-registry')
    if (!this.#registry.claims.regions.some(({ region }) => region === this.#options.region)) throw new TrustError('not-in-registry')
    if (this.#own === undefined) throw new TrustError('no-manifest')
  }

  /** Called often, does little: what other processes stored, what lies in the files, what peers publish. */
  async refresh(signal: AbortSignal, { fetches }: { readonly fetches: boolean }): Promise<void> {
    if (performance.now() - this.#filesAtMs >= FILES_MS) await this.#readFiles()
    if (performance.now() - this.#reloadedAtMs >= STORED_MS) await this.#reload()
    if (fetches) await this.#askPeers(signal)
    await this.#warn()
  }

  get #own(): Manifest | undefined {
    return this.#manifests.findLast(({ claims }) => claims.iss === this.#options.region)
  }

  get #nowSeconds(): number {
    return Math.floor(this.#options.now() / 1000)
  }

  #reloadedAtMs = Number.NEGATIVE_INFINITY

  async #reload(): Promise<void> {
    this.#reloadedAtMs = performance.now()
    const { db } = this.#options
    const versions = await readTrustVersions(db)
    if (versions.registry === this.#versions.registry && versions.manifests === this.#versions.manifests) return
    const token = await readNewestRegistry(db)
    this.#registry = token === undefined ? undefined : parseStoredRegistry(token)
    this.#manifests = (await readManifests(db)).map(parseStoredManifest)
    this.#federation = this.#registry && federationOf(this.#registry, this.#manifests)
    this.#versions = versions
  }

  /** What cannot be read now, is read at the next turn: the node goes on with what it believes. */
  async #readFiles(): Promise<void> {
    this.#filesAtMs = performance.now()
    await this.#readRegistry().catch((error: unknown) => this.#unread('registry', error))
    await this.#readKeys().catch((error: unknown) => this.#unread('keys', error))
  }

  async #readRegistry(): Promise<void> {
    const { sources, registrySeconds = REGISTRY_SECONDS } = this.#options
    if (isUrl(sources.registry) && performance.now() - this.#urlAtMs < registrySeconds * 1_000) return
    this.#urlAtMs = performance.now()
    const state = await sourceState(sources.registry)
    if (state !== undefined && state === this.#sourceState) return
    const why = await keepRegistry(this.#options, await readRegistrySource(sources.registry), sources.pins)
    // What begins tomorrow is looked at again.
    this.#sourceState = why === 'not-yet' ? undefined : state
    await this.#reload()
  }

  async #readKeys(): Promise<void> {
    const { sources, region } = this.#options
    const state = await folderState(sources.keys)
    if (state === this.#folderState) return
    this.#folder = await readKeyFolder(sources.keys)
    const own = this.#registry?.claims.regions.find((one) => one.region === region)
    if (own === undefined) return
    const { manifest } = this.#folder
    const why = manifest && (await keepManifest(this.#options, manifest, { ...own, isOwn: true }, this.federation))
    // What was signed on a machine whose clock is ahead is looked at again.
    this.#folderState = why === 'not-yet' ? '' : state
  }

  #unread(what: 'registry' | 'keys', error: unknown): void {
    const code = error instanceof Error && 'code' in error ? String(error.code) : error instanceof Error ? error.name : 'unknown'
    this.#options.log.warn({ event: 'trust.unread', what, code }, 'trust.unread')
  }

  async #askPeers(signal: AbortSignal): Promise<void> {
    const { region, keyMisses } = this.#options
    const peers = (this.#registry?.claims.regions ?? []).filter((one) => one.region !== region)
    const isKnown = (peer: RegionId) => this.#manifests.some(({ claims }) => claims.iss === peer)
    const due = peers.filter((peer) =>
      this.#peers.isDue(peer.region, { isKnown: isKnown(peer.region), misses: keyMisses.count, nowMs: this.#options.now() }),
    )
    if (due.length === 0) return
    await Promise.all(
      due.map(async (peer) => {
        this.#peers.asked(peer.region, { misses: keyMisses.count, nowMs: this.#options.now() })
        const found = await fetchManifest(this.#options, peer.region, { ...peer, tls: this.#options.peerTls() }, signal)
        const why = typeof found === 'string' ? found : await keepManifest(this.#options, found, peer, this.federation)
        this.#peers.answered(peer.region, why === undefined)
        if (why !== undefined) this.#options.log.info({ event: 'manifest.not-fetched', peer: peer.region, why }, 'manifest.not-fetched')
      }),
    )
    await this.#reload()
  }

  async #warn(): Promise<void> {
    const { claims } = this.#registry ?? {}
    if (claims === undefined) return
    const term = registryTerm(claims.exp, this.#nowSeconds)
    const kind = term === 'current' ? undefined : term === 'expiring' ? ('registry.expiring' as const) : ('registry.expired' as const)
    if (kind === undefined || this.#warned === `${kind} ${claims.version}`) return
    const due = new Date(claims.exp * 1000).toISOString()
    await raiseAlert(this.#options.db, this.#options, { kind, key: String(claims.version), detail: { due } })
    this.#warned = `${kind} ${claims.version}`
  }

  #warned = ''
}

export async function openTrust(options: TrustOptions): Promise<Trust> {
  const trust = new Trust(options)
  await trust.open()
  return trust
}
