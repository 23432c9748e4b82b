/**
 * The keeper: a small process of its own session that runs one command at a time for its starter, and outlives the
 * starter just long enough to clean up. Its standard input is the lifeline: when the starter ends, even by SIGKILL,
 * the pipe closes, the keeper stops the command and removes what it was told to remove.
 *
 * Being in its own session it does not see Ctrl-C of the terminal, so the starter decides the order of stopping.
 *
 * Lines in:  {"run": KeptCommand} | {"stop": true}
 * Lines out: {"started": pid} | {"exited": {code, signal}}
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import type { KeeperLine, KeeperOrder, KeptCommand, StopStep } from './keep-process.ts'

const removeAfter = process.argv.slice(2)
let current: { child: ChildProcess; command: KeptCommand; gone: Promise<void> } | undefined
let ending = false

// The starter may be gone: a broken pipe is no reason to stop cleaning up.
process.stdout.on('error', () => {})
process.on('SIGTERM', () => void end('lost'))
process.on('SIGINT', () => void end('lost'))
process.on('SIGHUP', () => {})

const lines = createInterface({ input: process.stdin })
lines.on('line', (line) => {
  const order = JSON.parse(line) as KeeperOrder
  if ('run' in order) run(order.run)
  else void end('asked')
})
lines.on('close', () => void end('lost'))

function run(command: KeptCommand): void {
  if (ending) return
  const log = openSync(command.logFile, 'a', 0o600)
  const child = spawn(command.file, command.args, {
    cwd: command.cwd,
    env: command.env,
    stdio: ['ignore', log, log],
    ...(command.uid === undefined ? {} : { uid: command.uid }),
    ...(command.gid === undefined ? {} : { gid: command.gid }),
  })
  closeSync(log)
  const gone = new Promise<void>((resolve) => {
    const report = (code: number | null, signal: NodeJS.Signals | null, error?: string) => {
      if (current?.child === child) current = undefined
      say({ exited: { code, signal, ...(error === undefined ? {} : { error }) } })
      resolve()
    }
    child.once('exit', (code, signal) => report(code, signal))
    child.once('error', (error) => report(null, null, error.message))
  })
  current = { child, command, gone }
  if (child.pid !== undefined) say({ started: child.pid })
}

async function end(how: 'asked' | 'lost'): Promise<void> {
  if (ending) return
  ending = true
  if (current !== undefined) {
    const { child, command, gone } = current
    await stopWith(child, how === 'asked' ? command.stopWhenAsked : command.stopWhenLost, gone)
  }
  await Promise.all(removeAfter.map((path) => rm(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 }).catch(() => {})))
  process.exit(0)
}

async function stopWith(child: ChildProcess, steps: readonly StopStep[], gone: Promise<void>): Promise<void> {
  for (const step of [...steps, { signal: 'SIGKILL', graceMs: 5_000 } satisfies StopStep]) {
    child.kill(step.signal)
    const left = await Promise.race([
      gone.then(() => true),
      new Promise<false>((resolve) => setTimeout(() => resolve(false), step.graceMs)),
    ])
    if (left) return
  }
}

function say(line: KeeperLine): void {
  process.stdout.write(`${JSON.stringify(line)}\n`)
}
