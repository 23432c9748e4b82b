import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { delivered, submitAll } from './exchange-throughput.ts'
import { type Figure, machine, quantile, round } from './figure.ts'
import type { BenchOptions } from './main.ts'
import { during, nodesMsInside, type Part } from './profiled-part.ts'
import { twoNodes } from './two-nodes.ts'

/**
 * What encryption at rest and access checks cost, of messages end to end and of reads. Nothing can turn them off, so it is measured by the
 * processors' profiles: the time in these files and in whatever they call. They have statements of their own only where a caller is looked up;
 * PostgreSQL counts into the whole, and what it does for those statements is not told apart.
 */
export async function protectionCost(options: BenchOptions): Promise<Figure[]> {
  const count = options.count ?? 5_000
  const dir = await mkdtemp(join(tmpdir(), 'hefu-profile-'))
  try {
    const { messages, reads } = await measure({ ...options, profile: dir }, count)
    const ofMessages = await nodesMsInside(dir, messages, isProtection)
    const more = { measure: 'share of profile', ...machine() }
    return [
      {
        name: 'exchange.protection',
        value: round((100 * ofMessages) / (messages.nodesMs + messages.postgresMs)),
        unit: '% of processor time',
        cpuMsPerMessage: {
          protection: round(ofMessages / count, 3),
          nodes: round(messages.nodesMs / count, 3),
          postgres: round(messages.postgresMs / count, 3),
        },
        messages: count,
        ...more,
      },
      {
        name: 'read.protection',
        value: round((await nodesMsInside(dir, reads, isProtection)) / READS, 2),
        unit: 'ms of processor time',
        // The whole read, its entry in the log included: an upper bound for its protection.
        readP50: round(quantile(reads.times, 0.5)),
        readP99: round(quantile(reads.times, 0.99)),
        reads: READS,
        ...more,
      },
    ]
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}

/** Vault, callers, scopes, masking, agreements: where they are, not what calls them. */
function isProtection(url: string): boolean {
  return (
    /\/packages\/exchange\/src\/(vault|access)\//.test(url) ||
    /\/packages\/exchange\/src\/cases\/require-agreement\.ts$/.test(url) ||
    /\/packages\/protocol\/src\/(agreement|judge-claims)\.ts$/.test(url) ||
    /\/services\/node\/src\/http\/(authenticate|show-personal)\.ts$/.test(url)
  )
}

interface Measured {
  readonly messages: Part
  readonly reads: Part & { readonly times: readonly number[] }
}

/** Messages already submitted, until all are receipted and applied; then reads with a purpose, which show personal data. */
async function measure(options: BenchOptions, count: number): Promise<Measured> {
  await using nodes = await twoNodes(options)
  const { officer, operator } = nodes.chengdu
  await operator.post('/v1/peers/500000/pause')
  await submitAll(nodes, count, options.say)
  await sleep(2_000)
  const messages = await during(nodes, async () => {
    await operator.post('/v1/peers/500000/resume')
    await delivered(nodes, count, performance.now(), options.say)
  })
  const { rows } = await nodes.chengdu.database.query<{ case_number: string }>('select case_number from cases limit $1', [READS + WARM_UP])
  const times: number[] = []
  const read = async (caseNumber: string) => {
    const headers = { 'hefu-purpose': 'labour-inspection', 'hefu-affair': caseNumber }
    const startedMs = performance.now()
    const answer = await officer.get(`/v1/violation-notices/${caseNumber}`, { headers })
    times.push(performance.now() - startedMs)
    if (answer.status !== 200) throw new Error(`a read was answered ${answer.status}: ${JSON.stringify(answer.body)}`)
  }
  for (const row of rows.slice(0, WARM_UP)) await read(row.case_number)
  times.length = 0
  const reads = await during(nodes, async () => {
    for (const row of rows.slice(-READS)) await read(row.case_number)
  })
  // The profiles are written as the nodes stop.
  for (const node of nodes.federation.nodes) await node.stop()
  return { messages, reads: { ...reads, times } }
}

const WARM_UP = 100
const READS = 500
