import { parseArgs } from 'node:util'
import { accessCheck } from './access-check.ts'
import { accessToken } from './access-token.ts'
import { apiCreate } from './api-create.ts'
import { auditVerify } from './audit-verify.ts'
import { exchangeLatency } from './exchange-latency.ts'
import { exchangeThroughput } from './exchange-throughput.ts'
import type { Figure } from './figure.ts'
import { logAppend } from './log-append.ts'
import { logCheckpoint } from './log-checkpoint.ts'
import { logCost } from './log-cost.ts'
import { logOverhead } from './log-overhead.ts'
import { logProof } from './log-proof.ts'
import { protectionCost } from './protection-cost.ts'
import { queuePickup } from './queue-pickup.ts'
import { restingMemory } from './resting-memory.ts'
import { signatures } from './signatures.ts'

const benches: Readonly<Record<string, (options: BenchOptions) => Promise<Figure[]>>> = {
  'exchange.throughput': exchangeThroughput,
  'exchange.latency': exchangeLatency,
  'api.create': apiCreate,
  'queue.pickup': queuePickup,
  'log.append': logAppend,
  'log.checkpoint': logCheckpoint,
  'log.proof': logProof,
  'log.overhead': logOverhead,
  'log.cost': logCost,
  'protocol.signatures': signatures,
  'node.memory': restingMemory,
  'audit.verify': auditVerify,
  'access.token': accessToken,
  'access.check': accessCheck,
  'access.protection': protectionCost,
}

export interface BenchOptions {
  /** How many messages, requests or jobs; each bench has its own default. */
  readonly count: number | undefined
  /** Queue of the nodes; their own databases when absent. */
  readonly queue: string | undefined
  /** A folder for the processors' profiles of both nodes (one .cpuprofile each); none when absent. */
  readonly profile: string | undefined
  /** Progress, for people. */
  readonly say: (line: string) => void
}

await main()

/** Prints figures, one JSON line each with --json; asserts nothing about time. */
async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      json: { type: 'boolean', default: false },
      count: { type: 'string' },
      queue: { type: 'string' },
      profile: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  const names = positionals.length > 0 ? positionals : Object.keys(benches)
  const unknown = names.filter((name) => !Object.hasOwn(benches, name))
  const count = values.count === undefined ? undefined : Number(values.count)
  if (values.help || unknown.length > 0 || (count !== undefined && !(Number.isSafeInteger(count) && count > 0))) {
    process.stderr.write(
      `用法 / usage: pnpm bench [${Object.keys(benches).join(' | ')}] [--json] [--count N] [--queue redis://…] [--profile DIR]\n`,
    )
    process.exitCode = values.help ? 0 : 2
    return
  }
  const say = (line: string) => process.stderr.write(`${line}\n`)
  for (const name of names) {
    say(`${name} …`)
    for (const figure of (await benches[name]?.({ count, queue: values.queue, profile: values.profile, say })) ?? []) {
      const { name: what, value, unit, ...rest } = figure
      process.stdout.write(values.json ? `${JSON.stringify(figure)}\n` : `${what}: ${value} ${unit}  ${JSON.stringify(rest)}\n`)
    }
  }
}
