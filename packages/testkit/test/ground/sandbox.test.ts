import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { expect, onTestFinished, test } from 'vitest'
import { freePort, isFree } from '../../src/processes/free-port.ts'
import { waitUntil } from '../../src/processes/wait-until.ts'

const mainFile = fileURLToPath(new URL('../../src/sandbox/main.ts', import.meta.url))

type Line = {
  ready: true
  pid: number
  policy: string
  regions: {
    region: string
    name: { zh: string; en: string }
    api: string
    exchange: string
    tokens: Record<'officer' | 'operator' | 'security' | 'auditor', string>
    clients: Record<string, { id: string; keyFile: string }>
    databaseUrl: string
    pid: number
  }[]
}

type Sandbox = { child: ChildProcess; line: Line; stdout: () => string; stderr: () => string; postgres: { pid: number; cluster: string } }

async function startSandbox(...args: string[]): Promise<Sandbox> {
  const child = spawn(process.execPath, [mainFile, '--json', ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  onTestFinished(() => {
    child.kill('SIGKILL')
  })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk) => {
    stdout += String(chunk)
  })
  child.stderr.on('data', (chunk) => {
    stderr += String(chunk)
  })
  const text = await Promise.race([
    once(createInterface({ input: child.stdout }), 'line').then(([line]) => String(line)),
    once(child, 'exit').then(([code]) => Promise.reject(new Error(`exit ${code}\n${stderr}`))),
  ])
  const line = JSON.parse(text) as Line
  return { child, line, stdout: () => stdout, stderr: () => stderr, postgres: await postgresOf(line) }
}

async function postgresOf(line: Line): Promise<{ pid: number; cluster: string }> {
  const client = new pg.Client({ connectionString: line.regions[0]?.databaseUrl })
  await client.connect()
  try {
    const { rows } = await client.query(
      `SELECT current_setting('data_directory') cluster, (regexp_split_to_array(pg_read_file('postmaster.pid'), '\\n'))[1]::int pid`,
    )
    return rows[0]
  } finally {
    await client.end()
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

const pidsOf = ({ line, postgres }: Sandbox) => [line.pid, ...line.regions.map(({ pid }) => pid), postgres.pid]

async function answersAll(line: Line): Promise<boolean> {
  const statuses = await Promise.all(
    line.regions.map(({ api, tokens }) =>
      fetch(`${api}/v1/cases`, { headers: { authorization: `Bearer ${tokens.officer}` } }).then(
        ({ status }) => status,
        () => 0,
      ),
    ),
  )
  return statuses.every((status) => status === 200)
}

test('prints one line, serves, and stops everything on SIGTERM', async () => {
  const sandbox = await startSandbox()
  const { line } = sandbox
  expect(Object.keys(line)).toEqual(['ready', 'pid', 'policy', 'regions'])
  expect([line.ready, line.pid]).toEqual([true, sandbox.child.pid])
  expect(line.regions.map(({ region, name }) => [region, name.zh, name.en])).toEqual([
    ['510100', '成都', 'Chengdu'],
    ['500000', '重庆', 'Chongqing'],
  ])
  for (const region of line.regions) {
    expect(Object.keys(region)).toEqual(['region', 'name', 'api', 'exchange', 'tokens', 'clients', 'databaseUrl', 'pid'])
    expect(Object.keys(region.tokens)).toEqual(['officer', 'operator', 'security', 'auditor'])
    expect(Object.keys(region.clients)).toEqual(['officer', 'operator', 'security', 'security2', 'auditor'])
  }
  expect(await answersAll(line)).toBe(true)

  const nodes = line.regions.map(({ pid }) => pid)
  let outlived = 0
  const orphaned: number[] = []
  // PostgreSQL first: one that is gone while a node still is there stopped too early.
  const watching = setInterval(() => {
    if (!isAlive(sandbox.postgres.pid)) orphaned.push(...nodes.filter(isAlive))
    else if (!nodes.some(isAlive)) outlived += 1
  }, 1)
  sandbox.child.kill('SIGTERM')
  expect(await once(sandbox.child, 'exit')).toEqual([0, null])
  clearInterval(watching)
  expect([orphaned, outlived > 0]).toEqual([[], true])
  expect(pidsOf(sandbox).filter(isAlive)).toEqual([])
  expect(existsSync(sandbox.postgres.cluster)).toBe(false)
  expect(sandbox.stdout().split('\n').length).toBe(2)
})

test('two at once do not meet; a killed one leaves no process and no folder', async () => {
  const [first, second] = await Promise.all([startSandbox(), startSandbox('--regions', '500000,510700')])
  expect(await answersAll(first.line)).toBe(true)
  first.child.kill('SIGKILL')
  await waitUntil(() => !pidsOf(first).some(isAlive) && !existsSync(first.postgres.cluster), 20_000)
  expect(await answersAll(second.line)).toBe(true)
  second.child.kill('SIGINT')
  expect(await once(second.child, 'exit')).toEqual([0, null])
  expect(pidsOf(second).filter(isAlive)).toEqual([])
})

test('a data folder keeps keys, clients and databases; a base fixes the ports', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'hefu-sandbox-'))
  onTestFinished(() => rm(dir, { recursive: true, force: true }))
  const base = await freeBase()
  const args = ['--data', join(dir, 'data'), '--port-base', String(base)]
  const first = await startSandbox(...args)
  expect(first.line.regions.map(({ api, exchange }) => [api, exchange])).toEqual([
    [`http://127.0.0.1:${base}`, `http://127.0.0.1:${base + 1}`],
    [`http://127.0.0.1:${base + 2}`, `http://127.0.0.1:${base + 3}`],
  ])
  const client = new pg.Client({ connectionString: first.line.regions[1]?.databaseUrl })
  await client.connect()
  await client.query('CREATE TABLE kept AS SELECT 1 AS one')
  await client.end()

  for (const same of [args.slice(0, 2), args]) {
    const refused = spawn(process.execPath, [mainFile, '--json', ...same], { stdio: ['ignore', 'ignore', 'pipe'] })
    const [said, [code]] = await Promise.all([readAll(refused), once(refused, 'exit')])
    expect([code, said]).toEqual([1, expect.stringContaining('Another sandbox is using this data folder')])
  }
  expect(await answersAll(first.line)).toBe(true)

  first.child.kill('SIGTERM')
  await once(first.child, 'exit')
  const second = await startSandbox(...args)
  const lasting = ({ line }: Sandbox) =>
    line.regions.map(({ pid, tokens, ...rest }) => ({ ...rest, pid: typeof pid, tokens: Object.keys(tokens) }))
  expect(lasting(second)).toEqual(lasting(first))
  // Where the addresses are the same, the tokens of yesterday's run are still good today.
  expect(await answersAll({ ...second.line, regions: first.line.regions })).toBe(true)
  const again = new pg.Client({ connectionString: second.line.regions[1]?.databaseUrl })
  await again.connect()
  expect((await again.query('SELECT one FROM kept')).rows).toEqual([{ one: 1 }])
  await again.end()
  second.child.kill('SIGTERM')
  await once(second.child, 'exit')
})

test('a node that is killed comes back on the same addresses', async () => {
  const sandbox = await startSandbox()
  const node = sandbox.line.regions[0]
  if (node === undefined) throw new Error('no node')
  process.kill(node.pid, 'SIGKILL')
  await waitUntil(() => !isAlive(node.pid), 5_000)
  await waitUntil(() => answersAll(sandbox.line), 30_000, 100)
  expect(sandbox.stderr()).toContain('SIGKILL')
  sandbox.child.kill('SIGTERM')
  expect(await once(sandbox.child, 'exit')).toEqual([0, null])
})

test('tells people how to stop it: the pid that it names', async () => {
  const child = spawn(process.execPath, [mainFile], { stdio: ['ignore', 'pipe', 'pipe'] })
  onTestFinished(() => {
    child.kill('SIGKILL')
  })
  const progress = readAll(child)
  let stdout = ''
  child.stdout.on('data', (chunk) => {
    stdout += String(chunk)
  })
  await waitUntil(() => stdout.includes('/v1/cases') || child.exitCode !== null, 60_000)
  expect(stdout).toMatch(/停止：按 Ctrl-C，或 kill \d+/)
  const named = /To stop it: Ctrl-C, or kill (\d+);/.exec(stdout)?.[1]
  expect(Number(named)).toBe(child.pid)
  process.kill(Number(named))
  expect(await once(child, 'exit')).toEqual([0, null])
  expect(await progress).toMatch(
    /正在启动 PostgreSQL … \/ starting PostgreSQL …\n正在启动节点 510100、500000 … \/ starting the nodes 510100, 500000 …\n/,
  )
})

test('wrong usage exits 2, in both languages, with nothing on stdout', async () => {
  const child = spawn(process.execPath, [mainFile, '--json', '--regions', '510100,123456'], { stdio: ['ignore', 'pipe', 'pipe'] })
  let stdout = ''
  child.stdout.on('data', (chunk) => {
    stdout += String(chunk)
  })
  const [said, [code]] = await Promise.all([readAll(child), once(child, 'exit')])
  expect([code, stdout]).toEqual([2, ''])
  expect(said).toContain('没有这样的区域：“123456”')
  expect(said).toContain('there is no region "123456"')
})

async function readAll(child: ChildProcess): Promise<string> {
  let text = ''
  for await (const chunk of child.stderr ?? []) text += String(chunk)
  return text
}

/** Five free ports in a row. */
async function freeBase(): Promise<number> {
  for (;;) {
    const base = Math.min(await freePort(), 65_000)
    const free = await Promise.all([0, 1, 2, 3, 4].map((offset) => isFree(base + offset)))
    if (free.every((each) => each)) return base
  }
}
