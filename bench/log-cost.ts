import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { cpuMsOf } from './cpu-time.ts'
import { delivered, submitAll } from './exchange-throughput.ts'
import { type Figure, machine, round } from './figure.ts'
import type { BenchOptions } from './main.ts'
import { during, nodesMsInside, type Part } from './profiled-part.ts'
import { type PlanReader, type RunStatement, readPlans } from './statement-plans.ts'
import { type TwoNodes, twoNodes } from './two-nodes.ts'

/**
 * What the exchange log costs messages end to end, as a share of all processor time. Nothing can turn it off, so it is measured where it
 * happens: in the nodes by their profiles; in PostgreSQL by the processes of the sequencers, whole, and by the part that the log's tables take
 * in the statements of all others. The promises of the receipts would come due a minute later; here they do at once after it, and
 * `withPromises` adds what checking them costs both nodes.
 */
export async function logCost(options: BenchOptions): Promise<Figure[]> {
  const count = options.count ?? 5_000
  const dir = options.profile ?? (await mkdtemp(join(tmpdir(), 'hefu-profile-')))
  try {
    const { messages, promises } = await measure({ ...options, profile: dir }, count)
    const cost = {
      nodes: await nodesMsInside(dir, messages, isLog),
      sequencersInPostgres: messages.sequencersMs,
      othersInPostgres: messages.logMs,
      promisesInNodes: await nodesMsInside(dir, promises, isPromise),
      promisesInPostgres: promises.logMs,
    }
    const all = messages.nodesMs + messages.postgresMs
    const ofPath = cost.nodes + cost.sequencersInPostgres + cost.othersInPostgres
    const ofPromises = cost.promisesInNodes + cost.promisesInPostgres
    const each = (ms: number) => round(ms / count, 3)
    return [
      {
        name: 'log.cost',
        value: round((100 * ofPath) / all),
        unit: '% of processor time',
        withPromises: round((100 * (ofPath + ofPromises)) / (all + ofPromises)),
        cpuMsPerMessage: {
          log: Object.fromEntries(Object.entries(cost).map(([name, ms]) => [name, each(ms)])),
          nodes: each(messages.nodesMs),
          postgres: each(messages.postgresMs),
        },
        messages: count,
        measure: 'share of profile and of statements',
        ...machine(),
      },
    ]
  } finally {
    if (options.profile === undefined) await rm(dir, { recursive: true, force: true })
  }
}

/** Writing entries, giving them their places, witnessing, proving; not the receipts, which there would be without a log. */
function isLog(url: string): boolean {
  return /\/packages\/exchange\/src\/log\//.test(url) || /\/packages\/protocol\/src\/(plain-)?log-entry\.ts$/.test(url)
}

/** The sender's look after what it was promised, and the receiver's proofs. */
function isPromise(url: string): boolean {
  return /\/packages\/exchange\/src\/log\/(promises\/|answer-proof\.ts$)/.test(url)
}

const isLogTable = (table: string) => /^(log_|promises|witnessed_heads)/.test(table)
const isSequencer = (user: string) => user.endsWith('_sequencer')

interface LogPart extends Part {
  /** Processor time of the sequencers' processes in PostgreSQL. */
  readonly sequencersMs: number
  /** The log's part in that of all others. */
  readonly logMs: number
}

/** Messages already submitted, until all are receipted and applied; then until all promises are found kept. */
async function measure(options: BenchOptions, count: number): Promise<{ readonly messages: LogPart; readonly promises: LogPart }> {
  await using nodes = await twoNodes({ ...options, profile: undefined })
  await using plans = await readPlans(nodes)
  await nodes.startProfiled(options.profile ?? '')
  await nodes.chengdu.operator.post('/v1/peers/500000/pause')
  await submitAll(nodes, count, options.say)
  await sleep(2_000)
  const messages = await duringWithPlans(nodes, plans, async () => {
    await nodes.chengdu.operator.post('/v1/peers/500000/resume')
    await delivered(nodes, count, performance.now(), options.say)
  })
  // Until both witnesses have seen all of it.
  await sleep(3_000)
  const promises = await duringWithPlans(nodes, plans, async () => {
    await nodes.chengdu.database.query('update promises set next_at = now()')
    while ((await openPromises(nodes)) > 0) await sleep(200)
  })
  // The profiles are written as the nodes stop.
  for (const node of nodes.federation.nodes) await node.stop()
  return { messages, promises }
}

async function openPromises({ chengdu }: TwoNodes): Promise<number> {
  const { rows } = await chengdu.database.query<{ n: string }>("select count(*) as n from promises where state = 'open'")
  return Number(rows[0]?.n)
}

async function duringWithPlans(nodes: TwoNodes, plans: PlanReader, work: () => Promise<void>): Promise<LogPart> {
  const before = await sequencersMs(plans)
  let part: Part | undefined
  const statements = await plans.statementsDuring(async () => {
    part = await during(nodes, work)
  }, isLogTable)
  if (part === undefined) throw new Error('nothing was measured')
  const spent = [...(await sequencersMs(plans))].reduce((sum, [pid, ms]) => sum + ms - (before.get(pid) ?? 0), 0)
  const others = statements.filter(({ user }) => !isSequencer(user))
  const share = total(others, 'insideMs') / total(others, 'ms')
  return { ...part, sequencersMs: spent, logMs: (part.postgresMs - spent) * share }
}

async function sequencersMs(plans: PlanReader): Promise<ReadonlyMap<number, number>> {
  const pids = await plans.backendsOf(isSequencer)
  return new Map(await Promise.all(pids.map(async (pid) => [pid, (await cpuMsOf(pid)) ?? 0] as const)))
}

function total(statements: readonly RunStatement[], of: 'ms' | 'insideMs'): number {
  return statements.reduce((sum, statement) => sum + statement[of], 0)
}
