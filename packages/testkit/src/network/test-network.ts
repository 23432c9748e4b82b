import { createHash } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createLogger, createNode, loadFiles, type Node } from '@hefu/node'
import { procedures as coreProcedures, type Procedure } from '@hefu/procedures'
import type { Signer } from '@hefu/protocol'
import type { RegionId } from '@hefu/reference'
import { sql } from 'kysely'
import { TestRunner } from 'vitest'
import { type ApiClient, apiClient } from '../api-client.ts'
import { type FaultProxy, startFaultProxy } from '../faults/fault-proxy.ts'
import { fileSettings, type RegionFiles, type Tokens, writeFederation } from '../federation-files.ts'
import { compareHalves } from '../halves.ts'
import { createTestDatabase, type TestDatabase } from '../postgres/test-database.ts'
import { freePorts } from '../processes/free-port.ts'
import { waitUntil } from '../processes/wait-until.ts'

export interface NetworkOptions {
  /** Beside the core procedures. */
  readonly procedures?: readonly Procedure[]
  /** The queue of each region; by default in its own database. */
  readonly queueUrl?: (region: string) => string
  readonly logLevel?: 'silent' | 'debug' | 'info'
  /** Where the log lines of all nodes go, for tests that search them. */
  readonly onLog?: (line: string) => void
}

export interface NetworkNode {
  readonly region: RegionId
  readonly node: Node
  readonly signer: Signer
  /** Of the node's own clients, for what calls its API by itself. */
  readonly tokens: Tokens
  /** The superuser's login on its database. */
  readonly databaseUrl: string
  /** Calls the local API as one of the node's clients; null: without a token. */
  as(role: 'officer' | 'operator' | 'auditor' | null, agency?: string): ApiClient
}

/** A federation in a box: real nodes in this process, real PostgreSQL, real HTTP, with a fault proxy on every directed link. */
export interface TestNetwork extends AsyncDisposable {
  readonly nodes: readonly NetworkNode[]
  node(region: string): NetworkNode
  link(from: string, to: string): FaultProxy
  /** Moves the clock of one node, or of all. */
  moveClock(ms: number, region?: string): void
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
  const urls = Object.fromEntries(regions.map((region, at) => [region, `http://127.0.0.1:${ports[at]}`]))
  const links = await startLinks(regions, urls, stack)
  const procedures = [...coreProcedures, ...(options.procedures ?? [])]
  const files = await writeFederation(dir, {
    regions,
    exchangeUrls: urls,
    linkUrl: (from, to) => links.get(`${from}→${to}`)?.url,
    procedures,
  })
  const offsets = new Map<string, number>()
  const nodes: NetworkNode[] = []
  for (const [at, region] of regions.entries()) {
    const database = await createTestDatabase()
    // Within a test the database ends with the test (and stays when it failed); elsewhere with the network.
    if (TestRunner.getCurrentTest() === undefined) stack.defer(async () => await database.drop())
    const now = () => Date.now() + (offsets.get(region) ?? 0)
    nodes.push(
      await startNode({
        region,
        files: files[region] as RegionFiles,
        database,
        port: ports[at] as number,
        procedures,
        now,
        options,
        stack,
      }),
    )
  }
  await waitUntil(async () => (await Promise.all(nodes.map(isConfirmed))).every(Boolean), CONFIRMED_WITHIN_MS, 15)
  return networkOf(nodes, links, offsets, stack)
}

const CONFIRMED_WITHIN_MS = 30_000

/** Before its witnesses have confirmed its log a node accepts nothing. */
async function isConfirmed({ node }: NetworkNode): Promise<boolean> {
  return (await node.ctx.logState.readNow()).confirmed
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

interface StartInput {
  readonly region: RegionId
  readonly files: RegionFiles
  readonly database: TestDatabase
  readonly port: number
  readonly procedures: readonly Procedure[]
  readonly now: () => number
  readonly options: NetworkOptions
  readonly stack: AsyncDisposableStack
}

async function startNode({ region, files, database, port, procedures, now, options, stack }: StartInput): Promise<NetworkNode> {
  const loaded = await loadFiles({ region, ...fileSettings(files) })
  if (!loaded.ok) throw new Error(loaded.problems.map(({ setting, en }) => `${setting} ${en}`).join('; '))
  const { federation, signer, logSigner, witnessSigner, actorSigner } = loaded.value
  // One officer in every agency of the region; their tokens are their agency's code.
  const officers = federation.agencies
    .filter((agency) => agency.region === region && agency.code !== `${region}-0001`)
    .map(({ code }) => ({
      client: `officer-${code}`,
      role: 'officer' as const,
      agency: code,
      tokenSha256: createHash('sha256').update(code).digest('hex'),
    }))
  const node = await createNode(
    {
      region,
      federation,
      signer,
      logSigner,
      witnessSigner,
      actorSigner,
      clients: [...loaded.value.clients, ...officers],
      ...database.logins,
      queueUrl: options.queueUrl?.(region) ?? database.logins.databaseUrl,
      roles: ['api', 'exchange', 'worker', 'sequencer'],
      api: { host: '127.0.0.1', port: 0 },
      exchange: { host: '127.0.0.1', port },
      logLevel: options.logLevel ?? 'silent',
    },
    { now, procedures, ...(options.onLog ? { log: createLogger(region, options.logLevel ?? 'debug', { write: options.onLog }) } : {}) },
  )
  stack.defer(async () => await node.stop())
  await node.start()
  return {
    region,
    node,
    signer,
    tokens: files.tokens,
    databaseUrl: database.url,
    as(role, agency = `${region}-0001`) {
      if (role === null) return apiClient(node.api ?? '', null)
      return apiClient(node.api ?? '', role === 'officer' && agency !== `${region}-0001` ? agency : files.tokens[role])
    },
  }
}

function networkOf(
  nodes: readonly NetworkNode[],
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
    moveClock(ms, region) {
      for (const one of region === undefined ? nodes.map((node) => node.region) : [region]) offsets.set(one, (offsets.get(one) ?? 0) + ms)
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

/** Polls: there is no event for "nothing happens any more". Quiet twice in a row, because a job may just be handing over. */
async function settle(nodes: readonly NetworkNode[], timeoutMs: number): Promise<void> {
  const until = performance.now() + timeoutMs
  for (let quiet = 0; quiet < 2; ) {
    const open = (await Promise.all(nodes.map(openWork))).flat()
    quiet = open.length === 0 ? quiet + 1 : 0
    if (performance.now() > until) throw new Error(`not settled after ${timeoutMs} ms: ${open.join(', ')}`)
    await new Promise((resolve) => setTimeout(resolve, 15))
  }
}

async function openWork({ region, node }: NetworkNode): Promise<string[]> {
  const { rows } = await sql<{
    pending: string
    unapplied: string
    imports: string
    reconciliations: string
    log: string
  }>`select (select count(*) from outbox where state = 'pending') as pending,
    (select count(*) from inbox where applied_at is null) as unapplied, (select count(*) from imports where state <> 'done') as imports,
    (select count(*) from reconciliations where state in ('queued', 'running')) as reconciliations,
    (select count(*) from log_pending) as log`.execute(node.ctx.db)
  // A queue that does not answer now may hold anything.
  const jobs = await node.ctx.queue.depth().catch(() => ({ unknown: 1 }))
  return [...Object.entries(rows[0] ?? {}), ...Object.entries(jobs)]
    .filter(([, count]) => Number(count) > 0)
    .map(([what, count]) => `${region} ${what} ${count}`)
}
