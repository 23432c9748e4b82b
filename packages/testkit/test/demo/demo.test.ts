import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { procedures } from '@hefu/procedures'
import { expect, onTestFinished, test } from 'vitest'
import { exampleFiles } from '../../src/demo/example-files.ts'
import type { DemoReport } from '../../src/demo/report.ts'
import { waitUntil } from '../../src/processes/wait-until.ts'
import { query } from '../faults/observe.ts'

const mainFile = fileURLToPath(new URL('../../src/demo/main.ts', import.meta.url))

async function newFolder(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'hefu-demo-'))
  onTestFinished(() => rm(dir, { recursive: true, force: true }))
  return dir
}

/** The examples' registers, and of each file of cases the lines that `wanted` takes. */
async function subset(wanted: (line: { title?: { en: string }; after?: string; id?: string }, path: string) => boolean): Promise<string> {
  const dir = await newFolder()
  for (const [path, text] of exampleFiles()) {
    const lines = text.split('\n').filter((line) => line !== '' && (path.includes('/registers/') || wanted(JSON.parse(line), path)))
    await mkdir(dirname(join(dir, path)), { recursive: true })
    await writeFile(join(dir, path), `${lines.join('\n')}\n`)
  }
  return dir
}

interface Demo {
  readonly child: ChildProcess
  readonly exited: Promise<number | null>
  readonly stdout: () => string
  readonly stderr: () => string
}

async function startDemo(...args: string[]): Promise<Demo & { readonly cwd: string }> {
  const cwd = await newFolder()
  const child = spawn(process.execPath, [mainFile, ...args], { cwd, stdio: ['ignore', 'pipe', 'pipe'] })
  onTestFinished(() => {
    child.kill('SIGKILL')
  })
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (chunk) => {
    stdout += String(chunk)
  })
  child.stderr.on('data', (chunk) => {
    stderr += String(chunk)
  })
  const exited = once(child, 'close').then(([code]) => code as number | null)
  return { child, exited, stdout: () => stdout, stderr: () => stderr, cwd }
}

test('plays the awkward cases of one region to their ends, reports, and stops everything', { timeout: 280_000 }, async () => {
  const seen = new Set<string>()
  const lines: string[] = []
  const input = await subset(({ title, id }, path) => {
    const name = id ?? title?.en
    if (!path.startsWith('510100/') || name === undefined || seen.has(path + name)) return false
    seen.add(path + name)
    if (title !== undefined) lines.push(`${path} ${title.en}`)
    return true
  })
  const demo = await startDemo('--input', input, '--exit', '--json')
  await waitUntil(() => /\d+\/\d+ {2}/.test(demo.stderr()) || demo.child.exitCode !== null, 120_000)
  const pids = await descendantsOf(demo.child.pid ?? 0)
  expect(pids.length).toBeGreaterThan(4)
  expect({ code: await demo.exited, stderr: demo.stderr() }).toMatchObject({ code: 0 })
  const report = JSON.parse(demo.stdout()) as DemoReport
  expect(JSON.parse(await readFile(join(demo.cwd, 'demo-report.json'), 'utf8'))).toEqual(report)
  expect(Object.keys(report)).toEqual(['ok', 'seconds', 'procedures', 'messages', 'halvesMatch', 'latencyMs'])
  expect(report).toMatchObject({ ok: true, halvesMatch: true })
  // Its progress, procedure by procedure, to the last case.
  for (const [name, { cases }] of Object.entries(report.procedures)) {
    const title = procedures.find((one) => one.name === name)?.title.zh ?? name
    const lines = demo
      .stderr()
      .split('\n')
      .filter((line) => line.includes(`/${cases}  `) && line.includes(title))
    expect(lines.at(-1)).toContain(`${cases}/${cases}  `)
  }
  // What the counts of cases that are not final mean stands right under the table.
  expect(demo.stderr()).toMatch(/certificate-recognition .*\n终态 final：/)

  const count = (path: string, ending: RegExp) => lines.filter((line) => line.includes(path) && ending.test(line)).length
  const transfers = report.procedures['insurance-transfer']
  expect(transfers?.final).toBe(transfers?.cases)
  expect(transfers?.states).toMatchObject({ returned: count('insurance', /returned/), withdrawn: count('insurance', /withdrawn/) })
  const notices = report.procedures['violation-notice']?.states
  expect(notices).toMatchObject({ retracted: count('notices', /retracted|annulled/), repaired: count('notices', /was repaired$/) })
  expect(notices?.notified).toBe(count('notices', /suspected:|suspicion/))
  const recognitions = report.procedures['certificate-recognition']?.states
  expect(recognitions).toMatchObject({
    withdrawn: count('certificate', /withdrew/),
    recognised: count('certificate', /title|still recognised|paper/),
  })

  const { sent, receipted, applied } = report.messages
  expect([receipted, applied]).toEqual([sent, sent])
  expect(report.latencyMs.p50).toBeGreaterThan(0)
  expect(report.latencyMs.p99).toBeGreaterThanOrEqual(report.latencyMs.p50)
  await waitUntil(() => pids.every((pid) => !isAlive(pid)), 20_000)
})

test('a bad file: its name, line and pointer in both languages, exit 2, nothing started', async () => {
  const input = await subset((_, path) => path === '510100/violation-notices.ndjson')
  const file = join(input, '510100/violation-notices.ndjson')
  const text = await readFile(file, 'utf8')
  await writeFile(file, text.replace('"severity":"ordinary"', '"severity":"urgent"'))
  const demo = await startDemo('--input', input)
  expect(await demo.exited).toBe(2)
  expect(demo.stdout()).toBe('')
  expect(demo.stderr()).toContain('510100/violation-notices.ndjson:1 /body/data/severity\n  须为以下之一')
  expect(demo.stderr()).toContain('Must be one of: ordinary, major')
  expect(demo.stderr()).not.toContain('PostgreSQL')
  expect(await readdir(demo.cwd)).toEqual([])
})

test('wrong usage is exit 2 with the usage, --help is exit 0', async () => {
  const wrong = await startDemo('--faster', 'now', '--exit=yes', '--exit', '--stay', '--input', '--json')
  expect(await wrong.exited).toBe(2)
  for (const part of [
    'unknown option: --faster',
    '--exit and --stay exclude each other',
    'unknown argument: now',
    '--exit takes no value',
    '--input needs a folder',
    'usage: pnpm demo',
  ])
    expect(wrong.stderr()).toContain(part)
  const help = await startDemo('--help')
  expect(await help.exited).toBe(0)
  expect(help.stdout()).toContain('--input DIR')
  expect(help.stdout()).toMatch(/按 Ctrl-C 停止一切：退出码/)
  expect(help.stdout()).toMatch(/until Ctrl-C stops everything: the exit code/)
})

test('Ctrl-C in the middle leaves no process', { timeout: 180_000 }, async () => {
  const demo = await startDemo('--exit')
  await waitUntil(() => /\d+\/\d+ {2}/.test(demo.stderr()), 150_000)
  const pids = await descendantsOf(demo.child.pid ?? 0)
  // Two nodes, the keeper of PostgreSQL, PostgreSQL and its own processes.
  expect(pids.length).toBeGreaterThan(4)
  demo.child.kill('SIGINT')
  expect(await demo.exited).toBe(130)
  await waitUntil(() => pids.every((pid) => !isAlive(pid)), 20_000)
  expect(existsSync(join(demo.cwd, 'demo-report.json'))).toBe(false)
})

test('stays up with addresses when asked to, answers there, and Ctrl-C ends everything with the exit code of the result', {
  timeout: 280_000,
}, async () => {
  let left = 3
  const input = await subset(({ after }, path) => path.endsWith('/violation-notices.ndjson') && after === undefined && left-- > 0)
  const demo = await startDemo('--input', input, '--stay')
  await waitUntil(() => demo.stdout().includes('a first call:') || demo.child.exitCode !== null, 200_000)
  expect({ code: demo.child.exitCode, stderr: demo.stderr() }).toMatchObject({ code: null })
  const said = demo.stdout()
  expect(said.indexOf('the halves match')).toBeGreaterThan(0)
  expect(said.indexOf('演示的各区域继续运行，可作沙箱使用。\nThe regions of the demo stay up, as a sandbox.')).toBeGreaterThan(
    said.indexOf('the halves match'),
  )
  const apis = [...said.matchAll(/本地接口 API +(\S+)/g)].map(([, api]) => String(api))
  const officers = [...said.matchAll(/经办 officer +(\S+)/g)].map(([, token]) => String(token))
  expect([apis.length, officers.length]).toEqual([2, 2])
  for (const [at, api] of apis.entries()) {
    const cases = await fetch(`${api}/v1/cases`, { headers: { authorization: `Bearer ${officers[at]}` } })
    expect(cases.status).toBe(200)
    expect(((await cases.json()) as { items: unknown[] }).items.length).toBeGreaterThan(0)
  }
  const pids = await descendantsOf(demo.child.pid ?? 0)
  expect(pids.length).toBeGreaterThan(4)
  demo.child.kill('SIGINT')
  expect(await demo.exited).toBe(0)
  await waitUntil(() => pids.every((pid) => !isAlive(pid)), 20_000)
  expect(demo.stderr()).toContain('正在停止 … / stopping …')
})

test('halves that do not match: said in both languages and in the report, exit 1, nothing left behind', { timeout: 280_000 }, async () => {
  let left = 3
  const input = await subset(({ after }, path) => path === '510100/violation-notices.ndjson' && after === undefined && left-- > 0)
  const demo = await startDemo('--input', input, '--exit', '--json')
  // Somebody alters what one node keeps of when documents came: its clocks are others than its peer's.
  const alters = `create function alter_arrival() returns trigger language plpgsql as
      $$ begin new.received_at := new.received_at + interval '20 days'; return new; end $$;
    create trigger alter_arrival before insert on documents for each row execute function alter_arrival()`
  let pids: number[] = []
  await waitUntil(
    async () => {
      pids = await descendantsOf(demo.child.pid ?? 0)
      const url = (await Promise.all(pids.map(async (pid) => await databaseOf(pid, '500000')))).find((one) => one !== undefined)
      return (
        url !== undefined &&
        (await query(url, alters).then(
          () => true,
          () => false,
        ))
      )
    },
    120_000,
    50,
  )
  expect(await demo.exited).toBe(1)
  expect(JSON.parse(demo.stdout())).toMatchObject({ ok: false, halvesMatch: false })
  expect(demo.stderr()).toMatch(/两地各半不相符.*the halves do NOT match/)
  await waitUntil(() => pids.every((pid) => !isAlive(pid)), 20_000)
})

/** Of the node of a region: its owner's login, as its environment has it. */
async function databaseOf(pid: number, region: string): Promise<string | undefined> {
  const environ = (await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '')).split('\0')
  if (!environ.includes(`HEFU_REGION=${region}`)) return undefined
  return environ.find((one) => one.startsWith('HEFU_MIGRATION_DATABASE_URL='))?.slice('HEFU_MIGRATION_DATABASE_URL='.length)
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

/** Children of a process, theirs, and so on; from /proc. */
async function descendantsOf(pid: number): Promise<number[]> {
  const all = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const parents = new Map<number, number>()
  for (const name of all) {
    const stat = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => '')
    const parent = /\) \S (\d+)/.exec(stat)?.[1]
    if (parent !== undefined) parents.set(Number(name), Number(parent))
  }
  const found = [pid]
  for (const ancestor of found) for (const [child, parent] of parents) if (parent === ancestor) found.push(child)
  return found.slice(1)
}
