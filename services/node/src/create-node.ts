import {
  type Administrator,
  actorKeyOf,
  type Context,
  createMetrics,
  KeyMisses,
  logContextOf,
  logNodeStarted,
  logNodeStopped,
  logStateReader,
  logUnverifiable,
  migrate,
  openAccess,
  openDatabase,
  openQueue,
  openTrust,
  openVault,
  prepareAdministrators,
  preparePeers,
  type QueueConfig,
  type Rate,
  Rates,
  RecentMessages,
  refreshEpochs,
  requireVersionsHeld,
  type Sequencer,
  startSequencer,
  type Trust,
  type TrustSources,
  UnverifiableTexts,
  type VaultPlace,
} from '@hefu/exchange'
import { procedures as coreProcedures, registers as coreRegisters, type Procedure, type Register } from '@hefu/procedures'
import type { KeyPair, Signer } from '@hefu/protocol'
import type { RegionId } from '@hefu/reference'
import type { Logger } from 'pino'
import { openApi } from './api/open-api.ts'
import { openExchange } from './exchange/open-exchange.ts'
import { type Listener, listen } from './http/listen.ts'
import { type FollowedPeerTls, followPeerTls, LOOK_FOR_CERTIFICATES_MS } from './http/peer-tls.ts'
import { createLogger, errorFacts, type LogLevel } from './logger.ts'
import type { ListenerTls } from './settings/load-tls.ts'
import type { Address, NodeRole } from './settings/settings.ts'
import { type Repeated, repeat } from './workers/repeat.ts'
import { startWork, type Work } from './workers/start-work.ts'

export interface NodeOptions {
  readonly region: RegionId
  readonly trust: TrustSources
  readonly logSigner: Signer
  readonly witnessSigner: Signer
  readonly actorSigner: Signer
  readonly vaultPlace: VaultPlace
  /** 35 where absent. */
  readonly backupDays?: number
  readonly tokenKey: KeyPair
  /** The one before it, or the one to come: its tokens are taken as well. */
  readonly otherTokenKey?: KeyPair | undefined
  /** Who enrols everybody else. */
  readonly administrators: readonly Administrator[]
  /** Three logins on one database; see grant-logins.ts for what each may do. */
  readonly databaseUrl: string
  readonly migrationDatabaseUrl: string
  readonly sequencerDatabaseUrl: string
  readonly queueUrl: string
  readonly roles: readonly NodeRole[]
  /** Port 0: any free one. */
  readonly api: Address
  /** Under which clients know the local API; as it listens where absent. */
  readonly apiUrl?: string | undefined
  /** 600 where absent. */
  readonly tokenSeconds?: number
  readonly exchange: Address
  readonly tls?: ListenerTls
  readonly clientRate?: Rate
  readonly peerRate?: Rate
  /** 300 where absent. */
  readonly registrySeconds?: number
  /** 15 where absent. */
  readonly witnessAgeMinutes?: number
  readonly logLevel: LogLevel
}

/** What tests put in the place of the real thing. */
export interface NodeOverrides {
  /** Milliseconds since the epoch. */
  readonly now?: () => number
  /** Beside or instead of the core procedures: the complete list. */
  readonly procedures?: readonly Procedure[]
  readonly registers?: readonly Register[]
  readonly log?: Logger
}

export interface Node {
  readonly ctx: Context
  /** Addresses of the listeners; null before `start` and where the role is not this process's. */
  readonly api: string | null
  readonly exchange: string | null
  /** Listens and works; resolves when requests are answered. */
  start(): Promise<void>
  /** Ends in the order in which work arises: HTTP, workers, queue, database. Safe to call at any time and again. */
  stop(): Promise<void>
}

/** How often the folder of the epoch keys is looked into: well within the time in which a new one is made before it is used. */
const EPOCHS_MS = 30_000

/** How often what strangers sent is looked after when they send no more. */
const STRANGERS_MS = 60_000

/** How often a process looks for new registries, manifests and keys. */
const TRUST_MS = 200

const POOL_SIZE = 20

/** Where the settings say nothing else. */
const DEFAULT_RATE: Rate = { requests: 3_000, seconds: 10 }

/** Makes one region's node: brings the database to the newest schema and connects; nothing is answered before `start`. */
export async function createNode(options: NodeOptions, overrides: NodeOverrides = {}): Promise<Node> {
  const { region } = options
  const log = overrides.log ?? createLogger(region, options.logLevel)
  const now = overrides.now ?? Date.now
  const queueConfig: QueueConfig = { url: options.queueUrl, prefix: `hefu-${region}`, log }
  const logins = { application: options.databaseUrl, sequencer: options.sequencerDatabaseUrl }
  await migrate(options.migrationDatabaseUrl, { now: now(), logins })
  const onError = (error: Error) => log.error({ event: 'database.disturbed', ...errorFacts(error) }, 'database.disturbed')
  const db = openDatabase({ url: options.databaseUrl, poolSize: POOL_SIZE, onError })
  const orClose = async (error: unknown) => {
    await db.destroy()
    throw error
  }
  const procedures = overrides.procedures ?? coreProcedures
  await requireVersionsHeld({ db, procedures }).catch(orClose)
  const vault = await openVault(db, options.vaultPlace, now).catch(orClose)
  const queue = await openQueue(queueConfig).catch(orClose)
  const metrics = createMetrics()
  const keyMisses = new KeyMisses()
  const peerTls = followPeerTls(options.tls)
  const trust = await openTrust({
    region,
    sources: options.trust,
    registrySeconds: options.registrySeconds,
    peerTls: () => peerTls.current,
    db,
    now,
    log,
    metrics,
    keyMisses,
  }).catch(async (error: unknown) => {
    await queue.close()
    return await orClose(error)
  })
  const ctx: Context = {
    region,
    db,
    queue,
    get federation() {
      return trust.federation
    },
    procedures,
    registers: overrides.registers ?? coreRegisters,
    get signer() {
      return trust.signer
    },
    get ownSigners() {
      return trust.ownSigners
    },
    vault,
    vaultPlace: options.vaultPlace,
    backupDays: options.backupDays ?? 35,
    exchangeLog: logContextOf(() => trust.federation, region, { log: options.logSigner, witness: options.witnessSigner }),
    access: openAccess(
      { db },
      { key: options.tokenKey, otherKey: options.otherTokenKey, tokenSeconds: options.tokenSeconds ?? 600, apiUrl: options.apiUrl },
    ),
    actorKey: await actorKeyOf(options.actorSigner),
    logState: logStateReader({ db, now }, options.witnessAgeMinutes === undefined ? undefined : options.witnessAgeMinutes * 60_000),
    now,
    log,
    metrics,
    unverifiable: new UnverifiableTexts(),
    keyMisses,
    recent: new RecentMessages(),
    get peerTls() {
      return peerTls.current
    },
    peerRates: new Rates(options.peerRate ?? DEFAULT_RATE),
  }
  return nodeOf(ctx, { trust, peerTls }, options, queueConfig)
}

function nodeOf(
  ctx: Context,
  { trust, peerTls }: { trust: Trust; peerTls: FollowedPeerTls },
  options: NodeOptions,
  queueConfig: QueueConfig,
): Node {
  const { clientRate = DEFAULT_RATE, tls } = options
  const runs = (role: NodeRole) => options.roles.includes(role)
  let api: Listener | null = null
  let exchange: Listener | null = null
  let work: Work | null = null
  let strangers: Repeated | null = null
  let epochs: Repeated | null = null
  let believing: Repeated | null = null
  let certificates: Repeated | null = null
  const stopping = new AbortController()
  let sequencer: Sequencer | null = null
  let process: string | null = null
  let stopped: Promise<void> | undefined
  const unlogged = (error: unknown) => ctx.log.error({ event: 'log.disturbed', ...errorFacts(error) }, 'log.disturbed')
  const stop = async () => {
    await Promise.all([api?.close(), exchange?.close()])
    await work?.stop()
    stopping.abort()
    await Promise.all([strangers?.stop(), believing?.stop(), certificates?.stop(), epochs?.stop()])
    await logUnverifiable(ctx, { atOnce: true })
    if (process !== null) await logNodeStopped(ctx, process).catch(unlogged)
    // After the last of this process's own entries.
    await sequencer?.stop()
    await ctx.queue.close()
    await ctx.db.destroy()
    ctx.log.info({ event: 'node.stopped' }, 'node.stopped')
  }
  return {
    ctx,
    get api() {
      return api?.url ?? null
    },
    get exchange() {
      return exchange?.url ?? null
    },
    async start() {
      await preparePeers(ctx)
      let prepared = ctx.federation
      process = await logNodeStarted(ctx, options.roles)
      certificates = repeat(ctx, 'peer-tls', LOOK_FOR_CERTIFICATES_MS, peerTls.look)
      epochs = repeat(ctx, 'epochs', EPOCHS_MS, async () => await refreshEpochs(ctx))
      believing = repeat(ctx, 'trust', TRUST_MS, async () => {
        await trust.refresh(stopping.signal, { fetches: runs('exchange') || runs('worker') })
        if (ctx.federation === prepared) return
        await preparePeers(ctx)
        prepared = ctx.federation
      })
      if (runs('sequencer')) sequencer = startSequencer(ctx, { url: options.sequencerDatabaseUrl })
      if (runs('worker')) work = await startWork(ctx, queueConfig, options.migrationDatabaseUrl)
      if (runs('exchange')) strangers = repeat(ctx, 'unverifiable', STRANGERS_MS, async () => await logUnverifiable(ctx))
      if (runs('exchange')) exchange = await listen(await openExchange(ctx, tls?.exchange), options.exchange)
      if (runs('api')) {
        await prepareAdministrators(ctx, options.administrators)
        api = await listen(await openApi(ctx, { clientRate, tls: tls?.api }), options.api)
        ctx.access.listens(api.url)
      }
      ctx.log.info({ event: 'node.started', roles: options.roles, api: api?.url, exchange: exchange?.url }, 'node.started')
    },
    stop() {
      stopped ??= stop()
      return stopped
    },
  }
}
