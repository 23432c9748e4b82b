import { setTimeout as sleep } from 'node:timers/promises'
import { type Bilingual, type RegionId, regionName } from '@hefu/reference'
import { enrolTrialClients } from '../clients/enrol-clients.ts'
import { type ClientFile, fileEnvironment, type RegionFiles, type Tokens, type TrialClient } from '../federation-files.ts'
import type { Logins } from '../postgres/logins.ts'
import type { Exit } from '../processes/keep-process.ts'
import { type NodeEnvironment, type NodeProcess, spawnNode } from '../processes/spawn-node.ts'

/** One region of a running federation: its process, which may come and go, and what stays the same meanwhile. */
export type FederationNode = {
  region: RegionId
  name: Bilingual
  /** Base URLs; the same after a restart. */
  api: string
  exchange: string
  /** Of its clients, a day long; nobody has any before `enrol`. */
  tokens: Tokens
  /** What it read at its start, and what an auditor is given. */
  files: RegionFiles
  clients: Record<TrialClient, ClientFile>
  /** Enrols the clients, where they are not, and gets a token for each. */
  enrol(): Promise<void>
  /** The superuser's login on the node's database. */
  databaseUrl: string
  /** Its settings, as the process was given them. */
  env: NodeEnvironment
  logFile: string
  pid(): number
  running(): boolean
  stderr(): string
  /** Starts the process again after `kill` or `stop`, on the same ports. `extraEnv` holds for this run only. */
  start(extraEnv?: Record<string, string>): Promise<void>
  /** Sends the signal and, when it ends the process, resolves with how. SIGSTOP and SIGCONT resolve at once. */
  kill(signal: NodeJS.Signals): Promise<Exit | undefined>
  /** SIGTERM, and SIGKILL when that takes too long. */
  stop(graceMs?: number): Promise<Exit>
}

export type NodePlan = {
  region: RegionId
  files: RegionFiles
  logins: Logins
  queueUrl: string | undefined
  logFile: string
  logLevel: string
  /** Another build of the node's program. */
  program: string | undefined
  apiPort: number
  exchangePort: number
  /** Starts a process again that ended without being asked; `undefined`: leaves it. */
  onRestart: ((message: string) => void) | undefined
  onLost: ((error: Error) => void) | undefined
}

/** Tokens of a federation that is tried last a day; elsewhere ten minutes. */
const DAY_SECONDS = 86_400
const restartsInARow = 5
const longEnoughMs = 30_000

/** Starts the node's process and resolves when it is ready. */
export async function startFederationNode(plan: NodePlan): Promise<FederationNode> {
  const env = environmentOf(plan)
  const { logFile, program } = plan
  let process = await spawnNode({ env, logFile, program })
  let tokens: Tokens | undefined
  let wanted = true
  let lives = 0
  watch(process)

  function watch(watched: NodeProcess): void {
    if (plan.onRestart === undefined) return
    const since = Date.now()
    void watched.exited.then(async (exit) => {
      if (!wanted || watched !== process) return
      lives = Date.now() - since > longEnoughMs ? 1 : lives + 1
      const how = exit.signal ?? `exit ${exit.code}`
      if (lives > restartsInARow)
        return plan.onLost?.(new Error(`the node of ${plan.region} keeps ending (${how})\n${watched.stderr().slice(-4_000)}`))
      plan.onRestart?.(`节点 ${plan.region} 已退出（${how}），重新启动 / the node of ${plan.region} ended (${how}); starting it again`)
      await sleep(100 * 2 ** lives)
      if (wanted) await begin().catch((error: Error) => plan.onLost?.(error))
    })
  }

  async function begin(extraEnv?: Record<string, string>): Promise<void> {
    wanted = true
    process = await spawnNode({ env, logFile, program, ...(extraEnv === undefined ? {} : { extraEnv }) })
    watch(process)
    if (!wanted) await process.stop()
  }

  return {
    region: plan.region,
    name: regionName(plan.region),
    api: process.api,
    exchange: process.exchange,
    files: plan.files,
    get tokens() {
      if (tokens === undefined) throw new Error(`nobody is enrolled at ${plan.region} yet`)
      return tokens
    },
    clients: plan.files.clientFiles,
    async enrol() {
      tokens = await enrolTrialClients({ api: process.api, region: plan.region, clients: plan.files.clientFiles, now: Date.now })
    },
    databaseUrl: plan.logins.migrationDatabaseUrl,
    env,
    logFile,
    pid: () => process.pid,
    running: () => process.running(),
    stderr: () => process.stderr(),
    start: begin,
    async kill(signal) {
      if (signal === 'SIGSTOP' || signal === 'SIGCONT') {
        process.kill(signal)
        return undefined
      }
      wanted = false
      process.kill(signal)
      return await process.exited
    },
    stop(graceMs) {
      wanted = false
      return process.stop(graceMs)
    },
  }
}

function environmentOf(plan: NodePlan): NodeEnvironment {
  return {
    HEFU_REGION: plan.region,
    ...fileEnvironment(plan.files),
    DATABASE_URL: plan.logins.databaseUrl,
    HEFU_MIGRATION_DATABASE_URL: plan.logins.migrationDatabaseUrl,
    HEFU_SEQUENCER_DATABASE_URL: plan.logins.sequencerDatabaseUrl,
    ...(plan.queueUrl === undefined ? {} : { QUEUE_URL: plan.queueUrl }),
    HEFU_API_PORT: String(plan.apiPort),
    // Another process of the region, on ports of its own, takes the same tokens.
    HEFU_API_URL: `http://127.0.0.1:${plan.apiPort}`,
    HEFU_TOKEN_SECONDS: String(DAY_SECONDS),
    HEFU_EXCHANGE_PORT: String(plan.exchangePort),
    HEFU_LOG_LEVEL: plan.logLevel,
  }
}
