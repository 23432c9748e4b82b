import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { chmod, cp, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import pg from 'pg'
import { expect, onTestFinished, test } from 'vitest'
import { type Postgres, startPostgres } from '../../src/postgres/start-postgres.ts'
import { freePort, isFree } from '../../src/processes/free-port.ts'
import { waitUntil } from '../../src/processes/wait-until.ts'

async function ask(url: string, sql: string): Promise<Record<string, unknown>> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(sql)).rows[0]
  } finally {
    await client.end()
  }
}

async function started(options: Parameters<typeof startPostgres>[0] = {}): Promise<Postgres> {
  const postgres = await startPostgres(options)
  onTestFinished(() => postgres.stop())
  return postgres
}

const clusterOf = async (postgres: Postgres) => String((await ask(postgres.superuserUrl, 'SHOW data_directory')).data_directory)

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

test('serves a durable UTF-8 database in UTC, clones databases, and leaves nothing behind', async () => {
  const postgres = await started()
  await postgres.createDatabase('one')
  await ask(postgres.url('one'), `CREATE TABLE tally AS SELECT '合符' AS half`)
  await postgres.createDatabase('two', { template: 'one' })
  expect(await ask(postgres.url('two'), 'SELECT half FROM tally')).toEqual({ half: '合符' })
  const settings = `SELECT current_setting('fsync') fsync, current_setting('synchronous_commit') commit, current_setting('TimeZone') zone,
    current_setting('server_encoding') encoding, current_setting('listen_addresses') listen, current_setting('unix_socket_directories') sockets`
  expect(await ask(postgres.url('one'), settings)).toEqual({
    fsync: 'on',
    commit: 'on',
    zone: 'UTC',
    encoding: 'UTF8',
    listen: '127.0.0.1',
    sockets: '',
  })
  await postgres.dropDatabase('one')
  expect([await postgres.databaseExists('one'), await postgres.databaseExists('two')]).toEqual([false, true])

  const folder = dirname(await clusterOf(postgres))
  await postgres.stop()
  expect([existsSync(folder), isAlive(postgres.pid), await isFree(postgres.port)]).toEqual([false, false, true])
})

test('refuses a wrong password', async () => {
  const postgres = await started({ durable: false })
  const url = new URL(postgres.superuserUrl)
  url.password = 'guess'
  await expect(ask(url.href, 'SELECT 1')).rejects.toMatchObject({ code: '28P01' })
})

test('two start at once on ports of their own', async () => {
  const both = await Promise.all([started({ durable: false }), started({ durable: false })])
  expect(new Set(both.map((postgres) => postgres.port)).size).toBe(2)
})

test('keeps a data folder that others may not enter; only one server at a time uses it', async () => {
  const closed = await mkdtemp(join(tmpdir(), 'hefu-closed-'))
  onTestFinished(() => rm(closed, { recursive: true, force: true }))
  await chmod(closed, 0o700)
  const dataDir = join(closed, 'data')
  const first = await started({ dataDir })
  await first.createDatabase('kept')
  await expect(startPostgres({ dataDir })).rejects.toMatchObject({ code: 'data-in-use' })
  // On the same port the first one answers, to the same password.
  await expect(startPostgres({ dataDir, port: first.port })).rejects.toMatchObject({ code: 'data-in-use' })
  expect(await first.databaseExists('kept')).toBe(true)
  await first.stop()
  expect((await readdir(dataDir)).sort()).toEqual(['cluster', 'password', 'postgres.log'])

  const second = await started({ dataDir })
  expect(await second.databaseExists('kept')).toBe(true)
  expect(new URL(second.superuserUrl).password).toBe(new URL(first.superuserUrl).password)
})

test('a folder that a killed initdb left half made is made anew', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'hefu-half-'))
  onTestFinished(() => rm(dataDir, { recursive: true, force: true }))
  await mkdir(join(dataDir, 'cluster', 'base'), { recursive: true })
  const postgres = await started({ dataDir, durable: false })
  expect(await postgres.databaseExists('postgres')).toBe(true)
})

test('a fixed port that is taken is an error of its own', async () => {
  const first = await started({ durable: false })
  await expect(startPostgres({ port: first.port, durable: false })).rejects.toMatchObject({ code: 'port-in-use' })
  const port = await freePort()
  expect((await started({ port, durable: false })).port).toBe(port)
})

test('a server with the same password on the wanted port is not taken for ours', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'hefu-password-'))
  onTestFinished(() => rm(dir, { recursive: true, force: true }))
  const first = await started({ dataDir: join(dir, 'first'), durable: false })
  await cp(join(dir, 'first', 'password'), join(dir, 'second', 'password'))
  const second = { dataDir: join(dir, 'second'), port: first.port, durable: false }
  await expect(startPostgres(second)).rejects.toMatchObject({ code: 'port-in-use' })
})

test('the server and its folder go when the starter is killed', async () => {
  const module = new URL('../../src/postgres/start-postgres.ts', import.meta.url).href
  const script = `import { startPostgres } from ${JSON.stringify(module)}
    const { superuserUrl, pid } = await startPostgres({ durable: false })
    console.log(JSON.stringify({ superuserUrl, pid }))`
  const starter = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = await once(createInterface({ input: starter.stdout }), 'line')
  const { superuserUrl, pid } = JSON.parse(String(line)) as { superuserUrl: string; pid: number }
  const cluster = String((await ask(superuserUrl, 'SHOW data_directory')).data_directory)
  expect([isAlive(pid), existsSync(dirname(cluster))]).toEqual([true, true])
  starter.kill('SIGKILL')
  await waitUntil(() => !isAlive(pid) && !existsSync(dirname(cluster)), 15_000)
})
