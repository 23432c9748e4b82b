import { randomBytes } from 'node:crypto'
import { accessSync, constants } from 'node:fs'
import { mkdir, readFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '../processes/free-port.ts'
import { type KeptProcess, startKeeper } from '../processes/keep-process.ts'

export type RedisServer = {
  /** With a password of its own, e.g. for `QUEUE_URL`. */
  url: string
  port: number
  pid: number
  stop(): Promise<void>
}

/** The path of `redis-server`, or `undefined` when it is not on PATH. */
export function findRedis(path = process.env.PATH ?? ''): string | undefined {
  return path
    .split(delimiter)
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, 'redis-server'))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK)
        return true
      } catch {
        return false
      }
    })
}

/**
 * Starts a Redis of its own on 127.0.0.1: any free port, nothing kept, a random password unless `config` names a
 * configuration file and the password in it. It ends with its starter, even when that one is killed. Throws when
 * `redis-server` is not on PATH: ask `findRedis` first.
 */
export async function startRedis(options: { config?: { file: string; password: string } } = {}): Promise<RedisServer> {
  const file = findRedis()
  if (file === undefined) throw new Error('redis-server is not on PATH')
  const folder = join(tmpdir(), `hefu-redis-${process.pid}-${randomBytes(6).toString('hex')}`)
  const password = options.config?.password ?? randomBytes(18).toString('base64url')
  const keeper = startKeeper({ removeAfter: [folder] })
  try {
    await mkdir(folder, { mode: 0o700 })
    const logFile = join(folder, 'redis.log')
    for (let attempt = 1; ; attempt++) {
      const port = await freePort()
      // BullMQ needs noeviction: a queue must never lose a job to make room.
      const own = { requirepass: password, save: '', appendonly: 'no', 'maxmemory-policy': 'noeviction' }
      const settings = { ...(options.config === undefined ? own : {}), port, bind: '127.0.0.1', dir: folder }
      const named = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)])
      const server = await keeper.run({
        file,
        args: [...(options.config === undefined ? [] : [options.config.file]), ...named],
        cwd: folder,
        env: { PATH: process.env.PATH ?? '', TZ: 'UTC' },
        logFile,
        stopWhenAsked: [{ signal: 'SIGTERM', graceMs: 5_000 }],
        stopWhenLost: [{ signal: 'SIGTERM', graceMs: 5_000 }],
      })
      if (await pongs(port, password, server))
        return { url: `redis://:${password}@127.0.0.1:${port}`, port, pid: server.pid, stop: () => keeper.stop() }
      const said = await readFile(logFile, 'utf8')
      if (attempt === 8 || !said.includes('Address already in use')) throw new Error(`Redis did not start\n${said.slice(-4_000)}`)
    }
  } catch (error) {
    await keeper.stop()
    throw error
  }
}

/** True when the server answers to our password; false when it has ended instead. */
async function pongs(port: number, password: string, server: KeptProcess): Promise<boolean> {
  let ended = false
  void server.exited.then(() => {
    ended = true
  })
  while (!ended) {
    if ((await ask(port, `AUTH ${password}\r\nPING\r\n`)).includes('+PONG')) return true
    await sleep(20)
  }
  return false
}

function ask(port: number, command: string): Promise<string> {
  return new Promise((resolve) => {
    let answer = ''
    const socket = connect({ port, host: '127.0.0.1' }, () => socket.write(command))
    socket.setTimeout(1_000, () => socket.destroy())
    socket.on('data', (chunk) => {
      answer += String(chunk)
      if (answer.includes('PONG') || answer.includes('-')) socket.end()
    })
    socket.on('error', () => {})
    socket.on('close', () => resolve(answer))
  })
}
