import { randomBytes } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { RegionId } from '@hefu/reference'
import { type FaultProxy, startFaultProxy } from '../faults/fault-proxy.ts'
import { type WriteFederationOptions, writeFederation, writePolicy } from '../federation-files.ts'
import { type LoginUsers, loginsOf, newLogins } from '../postgres/logins.ts'
import { type Postgres, startPostgres } from '../postgres/start-postgres.ts'
import { freePorts } from '../processes/free-port.ts'
import { NodeStartError } from '../processes/spawn-node.ts'
import { waitUntil } from '../processes/wait-until.ts'
import { type FederationNode, startFederationNode } from './federation-node.ts'

export type StartFederationOptions = {
  regions: readonly RegionId[]
  /** Keeps database, keys, tokens and logs in this folder for the next run; without it all is temporary. */
  dataDir?: string
  /** Fixed ports: for the region at index i its API at base + 2i and its exchange API at base + 2i + 1; then PostgreSQL. */
  portBase?: number
  /** Per region, e.g. a Redis database of its own; by default the queue lives in the node's database. */
  queueUrl?: (region: RegionId, index: number) => string
  /** Procedures to make agreements for; all of the core when absent. */
  procedures?: NonNullable<WriteFederationOptions['procedures']>
  /** Puts a fault proxy on every directed link. */
  faultProxies?: boolean
  /** `false` only for tests that do not test durability. */
  durable?: boolean
  /** Of the node processes, whose logs go to files. */
  logLevel?: string
  /** Another build of the node's program, for tests that start it again and again. */
  program?: string
  /** Starts a node again that ends without being asked, as a service supervisor would. */
  restartNodes?: boolean
  /** Told what is happening, for people. */
  log?: (message: string) => void
  /** A node could not be kept running. */
  onLost?: (error: Error) => void
}

export type Federation = {
  /** Where keys, tokens and logs are. */
  dir: string
  postgres: Postgres
  /** Path of the policy file: whom to believe about each region's exchange log. */
  policy: string
  nodes: readonly FederationNode[]
  node(region: string): FederationNode
  /** The fault proxy on the link from one region to another; only with `faultProxies`. */
  link(from: string, to: string): FaultProxy
  /** Stops all: nodes first, gracefully, PostgreSQL last. May be called more than once. */
  stop(): Promise<void>
}

const attempts = 5

/**
 * Starts one real node process per region over one real PostgreSQL, each with a database of its own. Everything ends with
 * this process, even when it is killed.
 */
export async function startFederation(options: StartFederationOptions): Promise<Federation> {
  const log = options.log ?? (() => {})
  const dir =
    options.dataDir === undefined
      ? join(tmpdir(), `hefu-federation-${process.pid}-${randomBytes(6).toString('hex')}`)
      : resolve(options.dataDir)
  log('正在启动 PostgreSQL … / starting PostgreSQL …')
  const postgres = await startPostgres({
    ...(options.dataDir === undefined ? { removeAfter: [dir] } : { dataDir: join(dir, 'postgres') }),
    ...(options.portBase === undefined ? {} : { port: options.portBase + 2 * options.regions.length }),
    durable: options.durable ?? true,
  })
  try {
    await mkdir(join(dir, 'logs'), { recursive: true, mode: 0o700 })
    const users = new Map<RegionId, LoginUsers>()
    for (const region of options.regions) {
      if (!(await postgres.databaseExists(databaseOf(region)))) await postgres.createDatabase(databaseOf(region))
      // Passwords of a run: nobody else is told them.
      users.set(region, newLogins(databaseOf(region)))
      await postgres.createLogins(users.get(region) as LoginUsers)
    }
    for (let attempt = 1; ; attempt++) {
      try {
        return await startNodes(dir, postgres, users, options, log)
      } catch (error) {
        // Addresses are in the registry before a node binds them: somebody else may have been quicker.
        const taken = error instanceof NodeStartError && error.stderr.includes('EADDRINUSE')
        if (!taken || options.portBase !== undefined || attempt === attempts) throw error
        log('端口刚被占用，换其他端口再试 / a port was taken meanwhile; trying others')
      }
    }
  } catch (error) {
    await postgres.stop()
    throw error
  }
}

async function startNodes(
  dir: string,
  postgres: Postgres,
  users: ReadonlyMap<RegionId, LoginUsers>,
  options: StartFederationOptions,
  log: (message: string) => void,
): Promise<Federation> {
  const { regions, portBase } = options
  const ports =
    portBase === undefined
      ? await freePorts(2 * regions.length)
      : regions.flatMap((_, index) => [portBase + 2 * index, portBase + 2 * index + 1])
  const exchangeUrls = Object.fromEntries(regions.map((region, index) => [region, `http://127.0.0.1:${ports[2 * index + 1]}`]))
  const links = options.faultProxies === true ? await startLinks(regions, exchangeUrls) : new Map<string, FaultProxy>()
  const files = await writeFederation(join(dir, 'config'), {
    regions,
    exchangeUrls,
    linkUrl: (from, to) => links.get(`${from}→${to}`)?.url,
    ...(options.procedures === undefined ? {} : { procedures: options.procedures }),
  })
  const policy = join(dir, 'policy.txt')
  await writePolicy(policy, files[regions[0] as RegionId]?.federation ?? '')
  log(`正在启动节点 ${regions.join('、')} … / starting the nodes ${regions.join(', ')} …`)
  const starting = regions.map((region, index) => {
    const regionFiles = files[region]
    const loginUsers = users.get(region)
    if (regionFiles === undefined || loginUsers === undefined) throw new Error(`no files for ${region}`)
    return startFederationNode({
      region,
      files: regionFiles,
      logins: loginsOf(postgres.url(databaseOf(region)), loginUsers),
      queueUrl: options.queueUrl?.(region, index),
      logFile: join(dir, 'logs', `${region}.log`),
      logLevel: options.logLevel ?? 'info',
      program: options.program,
      apiPort: ports[2 * index] ?? 0,
      exchangePort: ports[2 * index + 1] ?? 0,
      onRestart: options.restartNodes === true ? log : undefined,
      onLost: options.onLost,
    })
  })
  const outcomes = await Promise.allSettled(starting)
  const nodes = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []))
  const failure = outcomes.find((outcome) => outcome.status === 'rejected')
  const stopNodes = async () => {
    await Promise.all(nodes.map((node) => node.stop(5_000)))
    await Promise.all([...links.values()].map((proxy) => proxy.stop()))
  }
  if (failure !== undefined) {
    await stopNodes()
    throw failure.reason
  }
  try {
    await waitUntil(async () => (await Promise.all(nodes.map(isConfirmed))).every(Boolean), CONFIRMED_WITHIN_MS)
    await Promise.all(nodes.map((node) => node.enrol()))
  } catch (error) {
    await stopNodes()
    throw error
  }
  let stopping: Promise<void> | undefined
  return {
    dir,
    postgres,
    policy,
    nodes,
    node: (region) =>
      found(
        nodes.find((node) => node.region === region),
        region,
      ),
    link: (from, to) => found(links.get(`${from}→${to}`), `${from}→${to}`),
    stop() {
      stopping ??= stopNodes().finally(() => postgres.stop())
      return stopping
    },
  }
}

const CONFIRMED_WITHIN_MS = 60_000

/** Before its witnesses have confirmed its log, and it has the keys of its peers, a node accepts nothing. */
async function isConfirmed({ api }: FederationNode): Promise<boolean> {
  const answer = await fetch(`${api}/readyz`)
  const { checks } = (await answer.json()) as { checks: readonly { name: string; ok: boolean }[] }
  return ['log-confirmed', 'peer-keys'].every((wanted) => checks.some(({ name, ok }) => name === wanted && ok))
}

async function startLinks(regions: readonly RegionId[], exchangeUrls: Readonly<Record<string, string>>): Promise<Map<string, FaultProxy>> {
  const links = new Map<string, FaultProxy>()
  for (const from of regions) {
    for (const to of regions) {
      const target = exchangeUrls[to]
      if (from !== to && target !== undefined) links.set(`${from}→${to}`, await startFaultProxy({ target }))
    }
  }
  return links
}

function databaseOf(region: RegionId): string {
  return `hefu_${region}`
}

function found<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`this federation has no ${what}`)
  return value
}
