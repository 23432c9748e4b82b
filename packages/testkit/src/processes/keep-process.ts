import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

export type StopStep = { signal: NodeJS.Signals; graceMs: number }

/** A command for the keeper to run. Output goes to `logFile`; `uid` and `gid` drop privileges after `cwd` was entered. */
export type KeptCommand = {
  file: string
  args: readonly string[]
  cwd: string
  env: Record<string, string>
  logFile: string
  uid?: number
  gid?: number
  /** Signals, in order, when the starter asks; SIGKILL follows the last. */
  stopWhenAsked: readonly StopStep[]
  /** Signals, in order, when the starter was lost: gentler, since the starter's other children are still ending. */
  stopWhenLost: readonly StopStep[]
}

export type KeeperOrder = { run: KeptCommand } | { stop: true }
export type Exit = { code: number | null; signal: NodeJS.Signals | null; error?: string }
export type KeeperLine = { started: number } | { exited: Exit }

export type KeptProcess = { pid: number; exited: Promise<Exit> }

export type Keeper = {
  /** Runs one command; a second only after the first has ended. Rejects when the command cannot be started at all. */
  run(command: KeptCommand): Promise<KeptProcess>
  /** Stops what runs, removes the folders given at the start, and ends the keeper. May be called more than once. */
  stop(): Promise<void>
}

/**
 * Starts a keeper process (see keeper.ts). `removeAfter` names files and folders that are removed when the keeper ends;
 * give them before they are created, so that no moment exists in which a killed starter leaves one behind.
 */
export function startKeeper(options: { removeAfter?: readonly string[] } = {}): Keeper {
  const child = spawn(process.execPath, [fileURLToPath(new URL('./keeper.ts', import.meta.url)), ...(options.removeAfter ?? [])], {
    detached: true,
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { PATH: process.env.PATH ?? '' },
  })
  child.stdin.on('error', () => {})
  const ended = once(child, 'exit')
  let waiting: { started: (pid: number) => void; exited: (exit: Exit) => void } | undefined
  createInterface({ input: child.stdout }).on('line', (text) => {
    const line = JSON.parse(text) as KeeperLine
    if ('started' in line) waiting?.started(line.started)
    else waiting?.exited(line.exited)
  })

  return {
    run(command) {
      return new Promise((resolve, reject) => {
        let leave: (exit: Exit) => void = () => {}
        const exited = new Promise<Exit>((settle) => {
          leave = settle
        })
        waiting = {
          started: (pid) => resolve({ pid, exited }),
          exited: (exit) => {
            leave(exit)
            if (exit.error !== undefined) reject(new Error(exit.error))
          },
        }
        void ended.then(() => {
          leave({ code: null, signal: null, error: 'the keeper ended' })
          reject(new Error('the keeper ended'))
        })
        order(child, { run: command })
      })
    },
    async stop() {
      if (child.exitCode === null && child.signalCode === null) {
        order(child, { stop: true })
        await ended
      }
    },
  }
}

function order(child: ChildProcess, line: KeeperOrder): void {
  child.stdin?.write(`${JSON.stringify(line)}\n`)
}
