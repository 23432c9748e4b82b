import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Procedure, Register } from '@hefu/procedures'
import type { RegionId } from '@hefu/reference'
import { pino } from 'pino'
import { type ClientPlace, enrolTrialClients } from '../../../packages/testkit/src/clients/enrol-clients.ts'
import { fileSettings, type Tokens, writeFederation } from '../../../packages/testkit/src/federation-files.ts'
import { createTestDatabase, type TestDatabase } from '../../../packages/testkit/src/postgres/test-database.ts'
import { freePort } from '../../../packages/testkit/src/processes/free-port.ts'
import { usualPurpose } from '../../../packages/testkit/src/usual-purpose.ts'
import { createNode, loadFiles, type Node, type NodeOptions, type Settings } from '../src/index.ts'

export interface TestNode {
  readonly region: RegionId
  readonly node: Node
  readonly tokens: Tokens
  /** For tests that ask for tokens of their own. */
  readonly place: ClientPlace
  /** What the node logged, one JSON line each. */
  readonly log: string[]
}

export interface TestPair extends AsyncDisposable {
  readonly chengdu: TestNode
  readonly chongqing: TestNode
}

/** Two real nodes in this process, each on a database of its own, connected over HTTP. */
export async function startPair(
  overrides: { procedures?: readonly Procedure[]; registers?: readonly Register[] } = {},
  { tls, ...rates }: Pick<NodeOptions, 'clientRate' | 'peerRate'> & { readonly tls?: Pick<Settings, 'exchangeTls' | 'peerCaFile'> } = {},
): Promise<TestPair> {
  const folder = await mkdtemp(join(tmpdir(), 'hefu-node-'))
  const regions = ['510100', '500000'] as RegionId[]
  const ports = new Map<string, number>()
  for (const region of regions) ports.set(region, await freePort())
  const exchangeUrls = Object.fromEntries(regions.map((region) => [region, `${tls ? 'https' : 'http'}://127.0.0.1:${ports.get(region)}`]))
  const files = await writeFederation(folder, { regions, exchangeUrls, ...(overrides.procedures && { procedures: overrides.procedures }) })
  const databases: TestDatabase[] = []
  const nodes: TestNode[] = []
  for (const region of regions) {
    const database = await createTestDatabase()
    databases.push(database)
    const paths = files[region] as (typeof files)[string]
    const loaded = await loadFiles({ region, ...fileSettings(paths), ...tls })
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems))
    const log: string[] = []
    const node = await createNode(
      {
        ...loaded.value,
        ...rates,
        region,
        ...database.logins,
        queueUrl: database.logins.databaseUrl,
        roles: ['api', 'exchange', 'worker', 'sequencer'],
        api: { host: '127.0.0.1', port: 0 },
        exchange: { host: '127.0.0.1', port: ports.get(region) as number },
        logLevel: 'info',
        tokenSeconds: 86_400,
      },
      { ...overrides, log: pino({}, { write: (line: string) => void log.push(line) }) },
    )
    await node.start()
    const api = node.api as string
    const place = { api, region, clients: paths.clientFiles, now: node.ctx.now }
    nodes.push({ region, node, tokens: await enrolTrialClients(place), place, log })
  }
  for (const { node } of nodes) {
    await until(
      async () => (await node.ctx.logState.readNow()).confirmed && node.ctx.federation.regions.every(({ keys }) => keys.length > 0),
      (ready) => ready,
    )
  }
  return {
    chengdu: nodes[0] as TestNode,
    chongqing: nodes[1] as TestNode,
    async [Symbol.asyncDispose]() {
      await Promise.all(nodes.map(({ node }) => node.stop()))
      for (const database of databases) await database.drop()
      await rm(folder, { recursive: true })
    },
  }
}

export interface Call {
  readonly as?: keyof Tokens | null
  readonly method?: string
  readonly body?: unknown
  /** Sent as it is instead of `body`. */
  readonly raw?: string | Uint8Array<ArrayBuffer>
  readonly headers?: Readonly<Record<string, string>>
}

/** The members that tests read by name; what an answer really holds is what they assert. */
export interface ReplyBody {
  readonly id: string
  readonly caseNumber: string
  readonly digest: string
  readonly state: string
  readonly document: { readonly id: string; readonly digest: string }
  readonly documents: readonly ReplyBody[]
  readonly items: readonly ReplyBody[]
  readonly places: readonly unknown[]
  readonly record: unknown
  readonly code: string
  readonly title: string
  readonly detail: string
  readonly errors: readonly { readonly pointer: string; readonly code: string; readonly detail: string }[]
  readonly traceId: string
  readonly paths: Readonly<
    Record<
      string,
      Readonly<
        Record<
          string,
          { readonly 'x-hefu-roles'?: readonly (keyof Tokens)[]; readonly 'x-hefu-scope'?: string; readonly security: readonly unknown[] }
        >
      >
    >
  >
}

export interface Reply {
  readonly status: number
  readonly headers: Headers
  readonly body: ReplyBody
}

/** Calls the local API. POSTs bring a fresh Idempotency-Key unless the headers say otherwise. */
export async function call(
  { node, tokens }: TestNode,
  path: string,
  { as = 'officer', method, body, raw, headers }: Call = {},
): Promise<Reply> {
  const sent = raw ?? (body === undefined ? undefined : JSON.stringify(body))
  const verb = method ?? (sent === undefined ? 'GET' : 'POST')
  const response = await fetch(`${node.api}${path}`, {
    method: verb,
    headers: {
      ...(as === null ? {} : { authorization: `Bearer ${tokens[as]}` }),
      ...(sent === undefined ? {} : { 'content-type': 'application/json' }),
      ...(verb === 'POST' ? { 'idempotency-key': randomUUID() } : {}),
      ...(verb === 'GET' ? usualPurpose(path) : {}),
      ...headers,
    },
    ...(sent === undefined ? {} : { body: sent }),
  })
  const text = await response.text()
  const json = /[/+]json/.test(response.headers.get('content-type') ?? '') && text !== ''
  return { status: response.status, headers: response.headers, body: json ? JSON.parse(text) : text }
}

/** Asks until the answer is as wanted; the test's own time limit ends it. */
export async function until<T>(ask: () => Promise<T>, wanted: (answer: T) => boolean): Promise<T> {
  for (;;) {
    const answer = await ask()
    if (wanted(answer)) return answer
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
}
