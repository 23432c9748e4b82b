import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import pg from 'pg'
import { startPostgres } from '../../../testkit/src/postgres/start-postgres.ts'

/** A real server that a test may cut off, empty, stop and start again at the same address. */
export type TestBackend = {
  url: string
  /** Ends every connection to it, from its side. */
  disconnectAll(): Promise<void>
  /** Forgets every job, key and schedule. */
  flush(): Promise<void>
  down(): Promise<void>
  up(): Promise<void>
  stop(): Promise<void>
}

export async function startPostgresBackend(): Promise<TestBackend> {
  const dataDir = await mkdtemp(join(tmpdir(), 'hefu-queue-'))
  let server = await startPostgres({ dataDir })
  const { port } = server
  await server.createDatabase('queue')
  const sql = async (text: string) => {
    const client = new pg.Client({ connectionString: server.url('queue') })
    await client.connect()
    try {
      return (await client.query(text)).rows
    } finally {
      await client.end()
    }
  }
  return {
    url: server.url('queue'),
    async disconnectAll() {
      await sql(`select pg_terminate_backend(pid) from pg_stat_activity where datname = 'queue' and pid <> pg_backend_pid()`)
    },
    async flush() {
      const tables = await sql(`select format('bullmq.%I', tablename) as name from pg_tables
        where schemaname = 'bullmq' and tablename <> 'migration'`)
      await sql(`truncate ${tables.map(({ name }) => name).join(', ')} cascade`)
    },
    down: () => server.stop(),
    async up() {
      server = await startPostgres({ dataDir, port })
    },
    async stop() {
      await server.stop()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

export async function startRedisBackend(): Promise<TestBackend> {
  const port = await freePort()
  const url = `redis://127.0.0.1:${port}`
  const start = async () => {
    const settings = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--maxmemory-policy', 'noeviction']
    const server = spawn('redis-server', settings, { cwd: tmpdir(), stdio: 'ignore' })
    const end = () => server.kill('SIGKILL')
    process.once('exit', end)
    await ask((redis) => redis.ping())
    return async () => {
      process.off('exit', end)
      server.kill('SIGKILL')
      await once(server, 'exit')
    }
  }
  const ask = async (question: (redis: Redis) => Promise<unknown>) => {
    const redis = new Redis(url, { retryStrategy: () => 20 })
    redis.on('error', () => {})
    try {
      await question(redis)
    } finally {
      redis.disconnect()
    }
  }
  let kill = await start()
  return {
    url,
    async disconnectAll() {
      await ask((redis) => redis.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes'))
    },
    flush: () => ask((redis) => redis.flushall()),
    async down() {
      await kill()
      await sleep(20)
    },
    async up() {
      kill = await start()
    },
    stop: () => kill(),
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}
