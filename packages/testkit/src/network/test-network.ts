import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { VaultPlace } from '@hefu/exchange'
import type { Node } from '@hefu/node'
import { procedures as coreProcedures, type Procedure } from '@hefu/procedures'
import type { Signer } from '@hefu/protocol'
import type { RegionId } from '@hefu/reference'
import { TestRunner } from 'vitest'
import { type ApiClient, apiClient } from '../api-client.ts'
import { type ClientDesk, openClientDesk } from '../clients/client-desk.ts'
import { type FaultProxy, startFaultProxy } from '../faults/fault-proxy.ts'
import { type RegionFiles, type Tokens, type TrialClient, type WriteFederationOptions, writeFederation } from '../federation-files.ts'
import { compareHalves } from '../halves.ts'
import { createTestDatabase } from '../postgres/test-database.ts'
import { freePorts } from '../processes/free-port.ts'
import { waitUntil } from '../processes/wait-until.ts'
import { logged, settle } from './settle.ts'
import { type StartedNode, startNetworkNode } from './start-network-node.ts'

export interface NetworkOptions {
  /** Beside the core procedures. */
  readonly procedures?: readonly Procedure[]
  /** The agreements in a region's registry, made from the usual ones (all procedures, all purposes, automatic answers). */
  readonly agreements?: NonNullable<WriteFederationOptions['agreements']>
  /** Whether a region's node has this procedure: one that was not upgraded lacks what its peers have. All have all by default. */
  readonly knows?: (region: string, procedure: Procedure) => boolean
  /** The queue of each region; by default in its own database. */
  readonly queueUrl?: (region: string) => string
  /** Where each region's node finds the registry, given the file of it; by default that file. */
  readonly registry?: (file: string) => string
  readonly logLevel?: 'silent' | 'debug' | 'info'
  /** Where the log lines of all nodes go, for tests that search them. */
  readonly onLog?: (line: string) => void
}

/** What a restarted node has otherwise than the network was created with, until it is restarted again. */
export interface RestartChanges {
  readonly agreements?: NonNullable<WriteFederationOptions['agreements']>
  /** All it runs: an older node lacks some. */
  readonly procedures?: readonly Procedure[]
}

export interface NetworkNode {
  readonly region: RegionId
  /** Another one after a restart. */
  readonly node: Node
  readonly signer: Signer
  /** Key-encryption key and epoch keys, for what opens the node's database beside it. */
  readonly vaultPlace: VaultPlace
  readonly files: RegionFiles
  /** A token of one of the node's own clients, for what calls its API by itself. */
  token(role: keyof Tokens, agency?: string): Promise<string>
  /** The files of those clients. */
  readonly clients: RegionFiles['clientFiles']
  /** The superuser's login on its database. */
  readonly databaseUrl: string
  /** Calls the local API as one of the node's clients; null: without a token. A restart ends what this returned. */
  as(role: TrialClient | null, agency?: string): ApiClient
}

/** A federation in a box: real nodes in this process, real PostgreSQL, real HTTP, with a fault proxy on every directed link. */
export interface TestNetwork extends AsyncDisposable {
  readonly nodes: readonly NetworkNode[]
  node(region: string): NetworkNode
  link(from: string, to: string): FaultProxy
  /**
   * Moves the clock of one node, or of all, when their exchange logs hold all that has happened: an entry that still waits for its place
   * would seem to have waited for all that time, and without its log a node refuses to act. Returns when that holds again.
   * `log: 'may-wait'`: at once, whatever waits.
   */
  moveClock(ms: number, region?: string, options?: { readonly log?: 'may-wait' }): Promise<void>
  /** Stops one node and starts it again on its database, with other files or procedures where `changes` says so. */
  restart(region: string, changes?: RestartChanges): Promise<void>
  /** Waits until nothing is on its way: every message has its answer, everything accepted is applied, what happened is in the exchange log, the queues are empty. */
  settle(options?: { readonly timeoutMs?: number }): Promise<void>
  /** Differences between all halves; empty when they match. */
  differences(): Promise<string[]>
}

export const TestNetwork = { create: createTestNetwork }

async function createTestNetwork(regions: readonly string[], options: NetworkOptions = {}): Promise<TestNetwork> {
  const stack = new AsyncDisposableStack()
  try {
    return await build(regions as readonly RegionId[], options, stack)
  } catch (error) {
    await stack.disposeAsync()
    throw error
  }
}

async function build(regions: readonly RegionId[], options: NetworkOptions, stack: AsyncDisposableStack): Promise<TestNetwork> {
  const dir = await mkdtemp(join(tmpdir(), 'hefu-network-'))
  stack.defer(async () => await rm(dir, { recursive: true, force: true }))
  const ports = await freePorts(regions.length)
  const exchangeUrls = Object.fromEntries(regions.map((region, at) => [region, `http://127.0.0.1:${ports[at]}`]))
  const links = await startLinks(regions, exchangeUrls, stack)
  const procedures = [...coreProcedures, ...(options.procedures ?? [])]
  const agreementsNow = new Map<RegionId, RestartChanges['agreements']>()
  const writeFiles = async () =>
    await writeFederation(dir, {
      regions,
      exchangeUrls,
      linkUrl: (from, to) => links.get(`${from}→${to}`)?.url,
      procedures,
      agreements: (usual, region) => (agreementsNow.get(region) ?? options.agreements)?.(usual, region) ?? usual,
    })
  const files = await writeFiles()
  const offsets = new Map<string, number>()
  const open = async (region: RegionId, at: number) => {
    const database = await createTestDatabase()
    // Within a test the database ends with the test (and stays when it failed); elsewhere with the network.
    if (TestRunner.getCurrentTest() === undefined) stack.defer(async () => await database.drop())
    const start = async (changes?: RestartChanges) => {
      agreementsNow.set(region, changes?.agreements)
      const own = (changes === undefined ? files : await writeFiles())[region] as RegionFiles
      const now = () => Date.now() + (offsets.get(region) ?? 0)
      const port = ports[at] as number
      return await startNetworkNode({
        region,
        files: own,
        logins: database.logins,
        port,
        procedures: (changes?.procedures ?? procedures).filter((procedure) => options.knows?.(region, procedure) ?? true),
        now,
        options,
      })
    }
    const node = await restartableNode(region, files[region] as RegionFiles, database.url, start)
    stack.defer(async () => await node.node.stop())
    return node
  }
  const opened = await Promise.allSettled(regions.map(open))
  const nodes = opened.map((one) => {
    if (one.status === 'rejected') throw one.reason
    return one.value
  })
  await Promise.all([confirmed(nodes), ...nodes.map((node) => node.enrol())])
  return networkOf(nodes, links, offsets, stack)
}

const CONFIRMED_WITHIN_MS = 30_000

/** Before its witnesses have confirmed its log, and it has the keys of its peers, a node accepts nothing. */
async function confirmed(nodes: readonly NetworkNode[]): Promise<void> {
  await waitUntil(async () => (await Promise.all(nodes.map(isConfirmed))).every(Boolean), CONFIRMED_WITHIN_MS, 15)
}

async function isConfirmed({ node }: NetworkNode): Promise<boolean> {
  return node.ctx.federation.regions.every(({ keys }) => keys.length > 0) && (await node.ctx.logState.readNow()).confirmed
}

async function startLinks(
  regions: readonly RegionId[],
  urls: Readonly<Record<string, string>>,
  stack: AsyncDisposableStack,
): Promise<Map<string, FaultProxy>> {
  const links = new Map<string, FaultProxy>()
  for (const from of regions) {
    for (const to of regions.filter((region) => region !== from)) {
      const proxy = await startFaultProxy({ target: urls[to] as string })
      stack.defer(async () => await proxy.stop())
      links.set(`${from}→${to}`, proxy)
    }
  }
  return links
}

interface RestartableNode extends NetworkNode {
  restart(changes: RestartChanges): Promise<void>
  /** Its usual clients. */
  enrol(): Promise<void>
}

async function restartableNode(
  region: RegionId,
  files: RegionFiles,
  databaseUrl: string,
  start: (changes?: RestartChanges) => Promise<StartedNode>,
): Promise<RestartableNode> {
  const { clientFiles } = files
  let started = await start()
  const open = () => openClientDesk({ api: started.node.api ?? '', region, clients: clientFiles, now: started.node.ctx.now })
  let desk: ClientDesk = open()
  return {
    region,
    files,
    clients: clientFiles,
    databaseUrl,
    token: (role, agency) => desk.token(role, agency),
    get node() {
      return started.node
    },
    get signer() {
      return started.signer
    },
    get vaultPlace() {
      return started.vaultPlace
    },
    as(role, agency = `${region}-0001`) {
      const base = started.node.api ?? ''
      if (role === null) return apiClient(base, null)
      const here = desk
      return apiClient(base, () => here.token(role, agency))
    },
    async restart(changes) {
      await started.node.stop()
      started = await start(changes)
      desk = open()
    },
    enrol: () => desk.enrol(),
  }
}

function networkOf(
  nodes: readonly RestartableNode[],
  links: ReadonlyMap<string, FaultProxy>,
  offsets: Map<string, number>,
  stack: AsyncDisposableStack,
): TestNetwork {
  const find = (region: string) => {
    const node = nodes.find((one) => one.region === region)
    if (!node) throw new Error(`this network has no region ${region}`)
    return node
  }
  return {
    nodes,
    node: find,
    link(from, to) {
      const link = links.get(`${from}→${to}`)
      if (!link) throw new Error(`this network has no link ${from}→${to}`)
      return link
    },
    async moveClock(ms, region, { log } = {}) {
      const moved = region === undefined ? nodes : [find(region)]
      if (log !== 'may-wait') await logged(moved)
      for (const one of moved) offsets.set(one.region, (offsets.get(one.region) ?? 0) + ms)
      // What was written between the look and the move.
      if (log !== 'may-wait') await logged(moved)
    },
    async restart(region, changes = {}) {
      await find(region).restart(changes)
      await confirmed([find(region)])
    },
    settle: async ({ timeoutMs = 20_000 } = {}) => await settle(nodes, timeoutMs),
    async differences() {
      const halves = nodes.map((one) => ({ region: one.region, auditor: one.as('auditor') }))
      const differences: string[] = []
      for (const [at, a] of halves.entries()) for (const b of halves.slice(at + 1)) differences.push(...(await compareHalves(a, b)))
      return differences
    },
    async [Symbol.asyncDispose]() {
      await stack.disposeAsync()
    },
  }
}
