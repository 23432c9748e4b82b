import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseEnv, promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ApiClient, apiClient } from '../../src/api-client.ts'
import { type Postgres, startPostgres } from '../../src/postgres/start-postgres.ts'
import { freePorts } from '../../src/processes/free-port.ts'
import { type NodeEnvironment, type NodeProcess, spawnNode } from '../../src/processes/spawn-node.ts'
import { waitUntil } from '../../src/processes/wait-until.ts'
import { findRedis, type RedisServer, startRedis } from '../../src/redis/start-redis.ts'
import { notice } from '../faults/bodies.ts'
import { composeFile, nodeServices } from './compose-file.ts'

const file = composeFile()
const root = fileURLToPath(new URL('../../../..', import.meta.url))

/** The process set of docker-compose.yml with its own commands and settings; only addresses and folders are this machine's. */
describe.skipIf(findRedis() === undefined)('the process set of docker-compose.yml, on Redis', () => {
  let dir: string
  const servers: (Postgres | RedisServer)[] = []
  const running: NodeProcess[] = []

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'hefu-compose-'))
    const nodes = [...nodeServices(file)]
    const postgres = await Promise.all(nodes.map(() => startPostgres({ durable: false })))
    servers.push(...postgres)
    const exchangePorts = await freePorts(nodes.length)
    const addresses = new Map<string, string>([['/config', dir]])
    nodes.forEach(([, { name }], index) => {
      addresses.set(`http://${name}:8090`, `http://127.0.0.1:${exchangePorts[index]}`)
      addresses.set(`${name}-postgres:5432`, `127.0.0.1:${postgres[index]?.port}`)
    })
    const here = (text: string) => [...addresses].reduce((changed, [there, local]) => changed.replaceAll(there, local), text)

    const [, script = '', ...args] = file.services.setup?.command ?? []
    await promisify(execFile)(process.execPath, [script, ...args.map(here)], { cwd: root })

    for (const [index, [region, { name, service }]] of nodes.entries()) {
      const config = join(dir, region)
      const read = (path: string) => readFile(join(config, path), 'utf8')
      const server = postgres[index]
      if (server === undefined) throw new Error('no PostgreSQL')
      // What the image of PostgreSQL does with POSTGRES_USER, POSTGRES_DB, POSTGRES_PASSWORD_FILE and the scripts for a new database.
      const password = await read('postgres-password')
      await server.asSuperuser((client) => client.query(`CREATE ROLE hefu SUPERUSER LOGIN PASSWORD ${client.escapeLiteral(password)}`))
      await server.createDatabase('hefu')
      const users = await read('initdb/logins.sql')
      await server.asSuperuser((client) => client.query(users))
      const redis = await startRedis({ config: { file: join(config, 'redis.conf'), password: await read('redis-password') } })
      servers.push(redis)
      addresses.set(`${name}-redis:6379`, `127.0.0.1:${redis.port}`)

      const given = Object.entries({ ...service.environment, ...parseEnv(await read('node.env')) })
      // Each node's own volumes.
      const mounted = (path: string) => path.replace(/^\/config\//, `${config}/`).replace(/^\/epochs$/, `${config}/epochs`)
      const settings = Object.fromEntries(given.map(([key, value]) => [key, here(mounted(String(value)))]))
      const env = {
        ...settings,
        HEFU_API_HOST: '127.0.0.1',
        HEFU_API_PORT: '0',
        HEFU_EXCHANGE_HOST: '127.0.0.1',
      } as unknown as NodeEnvironment
      env.HEFU_EXCHANGE_PORT = String(exchangePorts[index])
      running.push(await spawnNode({ env, logFile: join(dir, `${region}.log`) }))
    }
  })

  afterAll(async () => {
    await Promise.all(running.map((node) => node.stop()))
    await Promise.all(servers.map((server) => server.stop()))
    await rm(dir, { recursive: true, force: true })
  })

  test('both nodes are ready, each on the Redis of its own region', async () => {
    expect(running.map(({ region }) => region)).toEqual([...nodeServices(file).keys()])
    for (const node of running) {
      expect((await fetch(`${node.api}/readyz`)).status).toBe(200)
    }
  })

  test('whoever tries it gets tokens in one command, and nothing else opens the API; a notice goes from one region to the other', async () => {
    const officers: ApiClient[] = []
    for (const node of running) {
      const env = {
        PATH: process.env.PATH,
        HEFU_REGION: node.region,
        HEFU_CLIENTS: join(dir, node.region, 'clients.json'),
        HEFU_API_PORT: new URL(node.api).port,
        HEFU_API_URL: String(nodeServices(file).get(node.region)?.service.environment?.HEFU_API_URL),
      }
      const enrol = join(root, 'packages/testkit/src/sandbox/enrol.ts')
      const { stdout } = await promisify(execFile)(process.execPath, [enrol], { cwd: root, env })
      const tokens = JSON.parse(stdout) as Record<string, string>
      const status = async (token: string) =>
        (await fetch(`${node.api}/v1/cases`, { headers: { authorization: `Bearer ${token}` } })).status
      expect([await status(tokens.officer ?? ''), await status('guess')]).toEqual([200, 401])
      officers.push(apiClient(node.api, tokens.officer ?? ''))
    }
    const [chengdu, chongqing] = officers as [ApiClient, ApiClient]
    const opened = await chengdu.post('/v1/violation-notices', notice)
    expect(opened.status).toBe(201)
    const path = `/v1/violation-notices/${opened.body.caseNumber}`
    const ball = async (officer: ApiClient) => String((await officer.get(path)).body.ballHolder)
    await waitUntil(async () => (await ball(chongqing)) === 'home', 20_000)
    await waitUntil(async () => String((await chengdu.get(path)).body.due) !== 'null', 20_000)
    expect((await chengdu.get(path)).body).toMatchObject({ state: 'notified', due: (await chongqing.get(path)).body.due })
  })
})
