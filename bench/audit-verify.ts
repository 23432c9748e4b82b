import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Figure, machine, round } from './figure.ts'
import { writeLargeLog } from './large-log.ts'
import type { BenchOptions } from './main.ts'

const HEFU = fileURLToPath(new URL('../packages/cli/src/main.ts', import.meta.url))

/** `hefu audit verify` of a large export, as an auditor runs it: seconds from start to verdict, and its peak of resident memory. */
export async function auditVerify({ count = 1_000_000, say }: BenchOptions): Promise<Figure[]> {
  const folder = await mkdtemp(join(tmpdir(), 'hefu-bench-'))
  try {
    say(`${count} entries …`)
    const { dir, policy } = await writeLargeLog(folder, count)
    const { seconds, peakMiB } = await measure(['audit', 'verify', dir, '--policy', policy, '--json'])
    return [{ name: 'audit.verify', value: round(seconds, 2), unit: 's', entries: count, peakMiB: round(peakMiB), ...machine() }]
  } finally {
    await rm(folder, { recursive: true })
  }
}

async function measure(args: readonly string[]): Promise<{ seconds: number; peakMiB: number }> {
  const startedMs = performance.now()
  const child = spawn(process.execPath, ['--', HEFU, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  let peakKib = 0
  // The kernel keeps the peak; it is gone with the process, so it is asked for until then.
  const watch = setInterval(async () => {
    const status = await readFile(`/proc/${child.pid}/status`, 'utf8').catch(() => '')
    peakKib = Math.max(peakKib, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0))
  }, 50)
  const pieces: Buffer[] = []
  child.stdout.on('data', (piece: Buffer) => pieces.push(piece))
  const [code] = (await once(child, 'close')) as [number]
  clearInterval(watch)
  const seconds = (performance.now() - startedMs) / 1000
  if (code !== 0) throw new Error(`verify ended with ${code}: ${Buffer.concat(pieces).toString().slice(0, 1000)}`)
  return { seconds, peakMiB: peakKib / 1024 }
}
