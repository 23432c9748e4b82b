import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url))

/** The real command, as somebody runs it. */
export async function hefu(args: readonly string[], env: Record<string, string> = {}) {
  const child: ChildProcessWithoutNullStreams = spawn(process.execPath, ['--', MAIN, ...args], {
    env: { PATH: process.env.PATH, LC_ALL: 'C', ...env },
  })
  const texts = [child.stdout, child.stderr].map(async (stream) => {
    const pieces: Buffer[] = []
    for await (const piece of stream) pieces.push(piece as Buffer)
    return Buffer.concat(pieces).toString()
  })
  const [[status], stdout, stderr] = await Promise.all([once(child, 'close'), ...texts])
  return { status: status as number, stdout: stdout as string, stderr: stderr as string }
}
