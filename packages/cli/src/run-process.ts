import { spawn } from 'node:child_process'
import { constants } from 'node:os'

const FORWARDED = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const

/**
 * Runs a program to its end, hands on the signals that ask this process to stop, and returns the program's exit code
 * (128 + the signal's number when a signal ended it, as a shell reports it). `env` is its whole environment.
 */
export async function runProcess(command: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env): Promise<number> {
  // The pipe on its input closes when this process dies, however it dies: a node may take that as a reason to stop.
  // In a process group of its own: a terminal sends Ctrl-C to the whole group, and a node that is asked twice stops without grace.
  const child = spawn(command, args, { stdio: ['pipe', 'inherit', 'inherit'], detached: true, env })
  const forward = (signal: NodeJS.Signals): void => void child.kill(signal)
  for (const signal of FORWARDED) process.on(signal, forward)
  try {
    return await new Promise((resolve, reject) => {
      child.once('error', reject)
      child.once('exit', (code, signal) => resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])))
    })
  } finally {
    for (const signal of FORWARDED) process.off(signal, forward)
  }
}
