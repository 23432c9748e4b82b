import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Federation, policiesOf } from '@hefu/protocol'
import { formatPolicies, parseCheckpointNote } from '@hefu/translog'
import type { NetworkNode, TestNetwork } from '../../src/index.ts'
import { waitUntil } from '../../src/processes/wait-until.ts'
import { query } from '../faults/observe.ts'

const MAIN = fileURLToPath(new URL('../../../cli/src/main.ts', import.meta.url))

/** `hefu audit …` as an auditor runs it: a process of its own, which knows nothing but its arguments. */
export async function hefuAudit(args: readonly string[]): Promise<{ status: number; report: Record<string, unknown>; stderr: string }> {
  const child = spawn(process.execPath, ['--', MAIN, 'audit', ...args, '--json'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH, LC_ALL: 'C' },
  })
  const texts = [child.stdout, child.stderr].map(async (stream) => {
    let text = ''
    for await (const piece of stream) text += String(piece)
    return text
  })
  const [[status], stdout, stderr] = await Promise.all([once(child, 'close'), ...texts])
  return { status: Number(status), report: stdout ? JSON.parse(String(stdout)) : {}, stderr: String(stderr) }
}

/** What an auditor is given beside the exports: whom to believe about each log, and whose keys are whose. */
export async function writeTrust(dir: string, federation: Federation): Promise<readonly string[]> {
  const [policy, file] = [join(dir, 'policy'), join(dir, 'federation.json')]
  await writeFile(policy, formatPolicies(policiesOf(federation)))
  const { version, regions, agencies, agreements } = federation
  await writeFile(file, JSON.stringify({ version, regions, agencies, agreements }))
  return ['--policy', policy, '--federation', file]
}

/** Until everything that has happened is under a checkpoint that a quorum has cosigned. */
export async function settleWitnessed(net: TestNetwork): Promise<void> {
  await net.settle()
  const goals = await Promise.all(net.nodes.map(async (node) => ({ node, size: await logSize(node) })))
  await waitUntil(async () => {
    const reached = await Promise.all(goals.map(async ({ node, size }) => (await witnessedSize(node)) >= size))
    return reached.every(Boolean)
  }, 20_000)
}

async function logSize({ databaseUrl }: NetworkNode): Promise<number> {
  const [row] = await query<{ size: string }>(databaseUrl, 'select size from log_heads order by epoch desc limit 1')
  return Number(row?.size ?? 0)
}

async function witnessedSize({ databaseUrl }: NetworkNode): Promise<number> {
  const [row] = await query<{ witnessed: string }>(
    databaseUrl,
    'select witnessed from log_checkpoints where witnessed is not null order by epoch desc, size desc limit 1',
  )
  const parsed = row && parseCheckpointNote(row.witnessed)
  return parsed?.ok ? parsed.value.checkpoint.size : 0
}
