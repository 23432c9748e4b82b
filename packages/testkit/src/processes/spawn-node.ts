import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Exit } from './keep-process.ts'

/** The settings that every node process needs. */
export const requiredSettings = [
  'HEFU_REGION',
  'HEFU_REGISTRY',
  'HEFU_FEDERATION_KEYS',
  'HEFU_KEYS',
  'HEFU_LOG_KEY',
  'HEFU_WITNESS_KEY',
  'HEFU_ACTOR_KEY',
  'HEFU_TOKEN_KEY',
  'HEFU_VAULT_KEY',
  'HEFU_CLIENTS',
  'DATABASE_URL',
] as const
/** The settings that have a default. */
export const optionalSettings = [
  'HEFU_VAULT_EPOCHS',
  'HEFU_MIGRATION_DATABASE_URL',
  'HEFU_SEQUENCER_DATABASE_URL',
  'QUEUE_URL',
  'HEFU_ROLES',
  'HEFU_API_HOST',
  'HEFU_API_PORT',
  'HEFU_API_URL',
  'HEFU_TOKEN_SECONDS',
  'HEFU_EXCHANGE_HOST',
  'HEFU_EXCHANGE_PORT',
  'HEFU_LOG_LEVEL',
] as const

/** The settings of one node process, as a bureau would give them (services/node reads them). */
export type NodeEnvironment = Record<(typeof requiredSettings)[number], string> & Partial<Record<(typeof optionalSettings)[number], string>>

export type NodeProcess = {
  region: string
  pid: number
  /** Base URLs as the ready line gives them, e.g. `http://127.0.0.1:41233`. */
  api: string
  exchange: string
  exited: Promise<Exit>
  running(): boolean
  kill(signal: NodeJS.Signals): void
  /** SIGTERM, and SIGKILL when it has not ended within `graceMs` (default 8 s). Resolves with how it ended. */
  stop(graceMs?: number): Promise<Exit>
  /** Everything the process has written on stderr since its log file began. */
  stderr(): string
}

/** A node that ended, or said nothing, before it was ready. `stderr` is the end of what it has logged since this start. */
export class NodeStartError extends Error {
  readonly exit: Exit | undefined
  readonly stderr: string
  constructor(message: string, exit: Exit | undefined, stderr: string) {
    super(`${message}\n${stderr}`)
    this.name = 'NodeStartError'
    this.exit = exit
    this.stderr = stderr
  }
}

export type SpawnNodeOptions = {
  env: NodeEnvironment
  /** The node's stderr is appended to this file, so that its log outlives the starter and a full pipe never blocks it. */
  logFile: string
  /** How long it may take until the ready line (default 60 s). */
  readyWithinMs?: number
  /** Further settings of the process, e.g. a crash point of a test. */
  extraEnv?: Record<string, string>
  /** Another build of the program, which keeps what is compiled of it in its own folder. */
  program?: string | undefined
}

/** The program as it lies in the repository. */
export const mainFile = fileURLToPath(new URL('../../../../services/node/src/main.ts', import.meta.url))

/**
 * Starts one real node process and waits for its ready line. It inherits nothing of our environment but PATH. Its stdin
 * is our lifeline pipe: when we end, even by SIGKILL, the node stops by itself. In its own process group it does not see
 * Ctrl-C of the terminal, so that nodes stop before PostgreSQL.
 */
export async function spawnNode(options: SpawnNodeOptions): Promise<NodeProcess> {
  const log = openSync(options.logFile, 'a', 0o600)
  const before = fstatSync(log).size
  const child = spawn(process.execPath, [options.program ?? mainFile], {
    detached: true,
    stdio: ['pipe', 'pipe', log],
    env: {
      PATH: process.env.PATH ?? '',
      TZ: 'UTC',
      ...(options.program === undefined ? {} : { NODE_COMPILE_CACHE: join(dirname(options.program), 'cache') }),
      ...options.env,
      ...options.extraEnv,
      HEFU_STOP_WITH_PARENT: '1',
    },
  })
  closeSync(log)
  child.stdin?.on('error', () => {})
  const exited: Promise<Exit> = once(child, 'exit').then(
    ([code, signal]) => ({ code, signal }),
    (error: Error) => ({ code: null, signal: null, error: error.message }),
  )
  const stderr = () => readFileSync(options.logFile, 'utf8')
  // A kept log holds earlier starts too, and their failures are not this one's.
  const stderrOfThisStart = () => readFileSync(options.logFile).subarray(before).toString('utf8')
  const ready = await readyLine(child, exited, options, stderrOfThisStart)
  const running = () => child.exitCode === null && child.signalCode === null
  return {
    ...ready,
    exited,
    running,
    stderr,
    kill: (signal) => {
      child.kill(signal)
    },
    async stop(graceMs = 8_000) {
      if (running()) child.kill('SIGTERM')
      const late = setTimeout(() => child.kill('SIGKILL'), graceMs)
      const exit = await exited
      clearTimeout(late)
      return exit
    },
  }
}

type Ready = Pick<NodeProcess, 'region' | 'pid' | 'api' | 'exchange'>

async function readyLine(child: ChildProcess, exited: Promise<Exit>, options: SpawnNodeOptions, stderr: () => string): Promise<Ready> {
  if (child.stdout === null) throw new Error('the node has no stdout')
  const lines = createInterface({ input: child.stdout })
  let timer: NodeJS.Timeout | undefined
  const outcome = await Promise.race([
    once(lines, 'line').then(([line]) => ({ line: String(line) })),
    exited.then((exit) => ({ exit })),
    new Promise<{ late: true }>((resolve) => {
      timer = setTimeout(() => resolve({ late: true }), options.readyWithinMs ?? 60_000)
    }),
  ])
  clearTimeout(timer)
  const region = options.env.HEFU_REGION
  if ('exit' in outcome) {
    const { code, signal, error } = outcome.exit
    throw new NodeStartError(
      `the node of ${region} ended before it was ready (${error ?? signal ?? `exit ${code}`})`,
      outcome.exit,
      stderr().slice(-8_000),
    )
  }
  if ('late' in outcome) {
    child.kill('SIGKILL')
    throw new NodeStartError(`the node of ${region} was not ready in time`, undefined, stderr().slice(-8_000))
  }
  const ready = JSON.parse(outcome.line) as Ready & { ready: true }
  return { region: ready.region, pid: ready.pid, api: ready.api, exchange: ready.exchange }
}
