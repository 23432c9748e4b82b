import { randomUUID } from 'node:crypto'
import { dirname, join } from 'node:path'
import { requestToken } from '@hefu/cli'
import { secretKeyWrapper } from '@hefu/exchange'
import { generateKeyFile, generateSecretFile, loadSecret } from '@hefu/protocol'
import type { RegionId } from '@hefu/reference'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createEpoch } from '../../../exchange/src/vault/epoch-files.ts'
import { holdCase } from '../../src/faults/hold-lock.ts'
import { changeRegistry } from '../../src/federation-files.ts'
import { apiClient, type Federation, startFederation } from '../../src/index.ts'
import { freePorts } from '../../src/processes/free-port.ts'
import { nodeBundle } from '../../src/processes/node-bundle.ts'
import { type NodeProcess, spawnNode } from '../../src/processes/spawn-node.ts'
import { waitUntil } from '../../src/processes/wait-until.ts'
import { chengdu, chongqing, notice } from './bodies.ts'
import { count, query } from './observe.ts'
import { as, differences, settle } from './real-federation.ts'

/** A region of two processes whose registry, token keys and key-encryption keys change while requests come without a pause. */
let federation: Federation
let second: NodeProcess | undefined
beforeAll(async () => {
  federation = await startFederation({ regions: [chengdu, chongqing] as RegionId[], durable: false, program: await nodeBundle() })
})
afterAll(async () => {
  await second?.stop()
  await federation?.stop()
})

const node = () => federation.node(chengdu)
const url = () => node().databaseUrl

async function startSecond(extraEnv: Record<string, string>): Promise<void> {
  const [api, exchange] = await freePorts(2)
  const env = { ...node().env, HEFU_ROLES: 'api,worker', HEFU_API_PORT: String(api), HEFU_EXCHANGE_PORT: String(exchange) }
  second = await spawnNode({ env, extraEnv, logFile: `${node().logFile}-2`, program: await nodeBundle() })
}

/** Those that take requests now, as whoever divides them knows: one that is about to stop is given no more. */
let taking: string[] = []
const underWay = new Map<string, number>()
let turn = 0

/** One request, at whichever process is next. */
async function atNext<T>(send: (api: string) => Promise<T>): Promise<T> {
  const api = taking[turn++ % taking.length] ?? ''
  const change = (by: number) => underWay.set(api, (underWay.get(api) ?? 0) + by)
  change(1)
  try {
    return await send(api)
  } finally {
    change(-1)
  }
}

async function drain(rest: string[], api: string): Promise<void> {
  taking = rest
  await waitUntil(async () => (underWay.get(api) ?? 0) === 0, 20_000)
}

async function restartOneByOne(env: Record<string, string>): Promise<void> {
  await drain([node().api], second?.api ?? '')
  await second?.stop(20_000)
  await startSecond(env)
  await drain([second?.api ?? ''], node().api)
  await node().stop(20_000)
  await node().start(env)
  taking = [node().api, second?.api ?? '']
}

/** Notices, reads of what they opened and new tokens, until it is told to stop; every answer is heard. */
function startClients() {
  const opened: string[] = []
  const wrong: unknown[] = []
  let running = true
  // Of before everything: they last a day.
  const { officer } = node().tokens
  const sent = async (send: () => Promise<{ status: number; body: unknown }>, status: number) => {
    for (;;) {
      const answer = await send().catch((error: Error) => ({
        status: 0,
        body: String(error.cause ?? error),
      }))
      // A busy machine: told to wait, the caller comes again.
      if (answer.status === 503 && JSON.stringify(answer.body).includes('overloaded')) continue
      if (answer.status !== status) wrong.push([answer.status, answer.body])
      return answer
    }
  }
  const client = async () => {
    while (running) {
      const key = randomUUID()
      const posted = await sent(
        async () => await atNext(async (api) => await apiClient(api, officer).post('/v1/violation-notices', notice, { key })),
        201,
      )
      const { caseNumber } = posted.body as { caseNumber: string }
      opened.push(caseNumber)
      const old = opened[Math.floor(opened.length / 2)] ?? caseNumber
      await sent(async () => await atNext(async (api) => await apiClient(api, officer).get(`/v1/violation-notices/${old}`)), 200)
      await sent(freshRead, 200)
    }
  }
  const clients = [client(), client()]
  return {
    opened,
    wrong,
    async stop() {
      running = false
      await Promise.all(clients)
    },
  }
}

/** A token of now, taken by whichever process comes next. */
async function freshRead(): Promise<{ status: number; body: unknown }> {
  const { id, keyFile } = node().clients.officer
  const asked = { client: id, key: keyFile, issuer: node().api }
  const { token } = await atNext(async (api) => await requestToken({ ...asked, api, nowMs: Date.now() }))
  return await atNext(async (api) => await apiClient(api, token).get('/v1/agreements'))
}

const secretIn = async (path: string) => secretKeyWrapper(await loadSecret(path))

it('registry, token key and key-encryption key change under load: no request is dropped or refused, and nothing is lost', {
  timeout: 280_000,
}, async () => {
  await startSecond({})
  taking = [node().api, second?.api ?? '']
  const { files } = node()
  const clients = startClients()
  const moreCases = async () => {
    const before = clients.opened.length
    await waitUntil(async () => clients.opened.length >= before + 4 || clients.wrong.length > 0, 30_000)
  }
  await moreCases()

  const changed = await query(url(), 'select max(version) as version from registries')
  for (const each of federation.nodes)
    await changeRegistry(join(federation.dir, 'config'), each.files, (claims) => ({ ...claims, exp: claims.exp - 86_400 }))
  const versions = async () =>
    await Promise.all(federation.nodes.map(async ({ databaseUrl }) => await count(databaseUrl, 'select max(version) from registries')))
  await waitUntil(async () => (await versions()).every((version) => version > Number(changed[0]?.version)), 20_000)
  await moreCases()

  const folder = dirname(files.vaultKey)
  const [token, vault] = [join(folder, 'token-key-2.pem'), join(folder, 'vault-key-2.txt')]
  await generateKeyFile(token)
  await generateSecretFile(vault)
  await restartOneByOne({ HEFU_TOKEN_KEY_OTHER: token, HEFU_VAULT_KEY_OTHER: vault })
  const swapped = { HEFU_TOKEN_KEY: token, HEFU_VAULT_KEY: vault }
  const epochs = { HEFU_VAULT_EPOCHS: join(folder, 'epochs') }
  await restartOneByOne({ ...swapped, ...epochs, HEFU_TOKEN_KEY_OTHER: files.tokenKey, HEFU_VAULT_KEY_OTHER: files.vaultKey })
  const operator = as(federation, chengdu, 'operator')
  const { id } = (await operator.post('/v1/vault/rewraps', {})).body
  await waitUntil(async () => String((await operator.get(`/v1/vault/rewraps/${id}`)).body.state) === 'done', 30_000)
  // The key-encryption key before is needed no more.
  await restartOneByOne({ ...swapped, ...epochs, HEFU_TOKEN_KEY_OTHER: files.tokenKey })
  await moreCases()
  await clients.stop()

  expect(clients.wrong).toEqual([])
  await settle(federation, 60_000)
  const officer = as(federation, chengdu, 'officer')
  expect(await count(url(), 'select count(*) from cases')).toBe(clients.opened.length)
  expect(await count(federation.node(chongqing).databaseUrl, 'select count(*) from cases')).toBe(clients.opened.length)
  expect(await count(url(), "select count(*) from outbox where state <> 'delivered'")).toBe(0)
  expect((await officer.get(`/v1/cases/${clients.opened[0]}`)).status).toBe(200)
  expect(await differences(federation)).toEqual([])
  console.info(`${clients.opened.length} cases through 7 changes`)
})

it('a process that is killed with half of the keys wrapped anew: all still open, and the next one finishes', {
  timeout: 120_000,
}, async () => {
  await second?.stop()
  second = undefined
  const { files } = node()
  const folder = dirname(files.vaultKey)
  const vault = join(folder, 'vault-key-2.txt')
  const env = { HEFU_VAULT_KEY: vault, HEFU_VAULT_EPOCHS: join(folder, 'epochs'), HEFU_TOKEN_KEY_OTHER: join(folder, 'token-key-2.pem') }
  await node().stop()
  // An epoch that has begun when the node starts: the two minutes before one are for processes that run.
  await createEpoch(join(folder, 'epochs'), await secretIn(vault), 2, Date.now() - 1_000)
  await node().start(env)
  const numbers = (await query<{ n: string }>(url(), 'select case_number as n from cases order by case_number')).map(({ n }) => n)
  const epochs = async () =>
    await query(url(), "select substring(data_key from '^e[0-9]+') as epoch, count(*)::int as n from cases group by 1 order by 1")
  expect(await epochs()).toEqual([{ epoch: 'e1', n: numbers.length }])

  const lock = await holdCase(url(), numbers.at(-1) ?? '')
  const { id } = (await as(federation, chengdu, 'operator').post('/v1/vault/rewraps', {})).body
  await lock.blocks(20_000)
  await node().kill('SIGKILL')
  await lock.bury()
  // The keys of the vault itself have moved, those of the cases have not: each by itself opens.
  expect(await query(url(), "select data_key like 'e2.%' as moved from vault_keys")).toEqual([{ moved: true }])
  expect(await epochs()).toEqual([{ epoch: 'e1', n: numbers.length }])

  await node().start(env)
  const operator = as(federation, chengdu, 'operator')
  await waitUntil(async () => String((await operator.get(`/v1/vault/rewraps/${id}`)).body.state) === 'done', 30_000)
  expect(await epochs()).toEqual([{ epoch: 'e2', n: numbers.length }])
  const officer = as(federation, chengdu, 'officer')
  for (const number of [numbers[0], numbers.at(-1)]) {
    const { body } = await officer.get(`/v1/cases/${number}/documents`)
    const [document] = body.items as unknown as { id: string }[]
    expect((await officer.get(`/v1/cases/${number}/documents/${document?.id}`)).body.data).toEqual(notice.data)
  }
})
