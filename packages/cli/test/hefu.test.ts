import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { loadSigner } from '@hefu/protocol'
import { parseVerifierKey } from '@hefu/translog'
import { afterAll, expect, test } from 'vitest'

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url))
const folder = await mkdtemp(join(tmpdir(), 'hefu-cli-'))
afterAll(() => rm(folder, { recursive: true }))

const hefu = (args: readonly string[], locale = '') => {
  const env = { PATH: process.env.PATH, LC_ALL: locale }
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--', MAIN, ...args], { encoding: 'utf8', env })
  return { status, stdout, stderr }
}

test('keygen --json prints one line, the public key of the file it wrote', async () => {
  const path = join(folder, 'a.pem')
  const { status, stdout, stderr } = hefu(['keygen', '--out', path, '--json'])
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  expect(stdout).toMatch(/^\{.*\}\n$/)
  const jwk = JSON.parse(stdout)
  expect(Object.keys(jwk).toSorted()).toEqual(['crv', 'kid', 'kty', 'x'])
  expect((await loadSigner(path)).kid).toBe(jwk.kid)
  expect((await stat(path)).mode & 0o777).toBe(0o600)
})

test.each([
  ['--log', '510100.hefu.example/log', 1],
  ['--witness', '510100.hefu.example/witness', 4],
])('keygen %s prints the verifier key of that name beside the JWK', async (option, name, type) => {
  const path = join(folder, `${type}.pem`)
  const { status, stdout } = hefu(['keygen', '--out', path, option, name, '--json'])
  expect(status).toBe(0)
  const { verifierKey, ...jwk } = JSON.parse(stdout)
  expect((await loadSigner(path)).kid).toBe(jwk.kid)
  const parsed = parseVerifierKey(verifierKey)
  expect(parsed).toMatchObject({ ok: true, value: { name, type } })
  expect(parsed.ok && Buffer.from(parsed.value.publicKey).toString('base64url')).toBe(jwk.x)
  const other = hefu(['keygen', '--out', join(folder, `${type}-read.pem`), option, name])
  expect(other.stdout).toContain(`\n${name}+`)
})

test.each([
  ['--log', 'a b'],
  ['--witness', 'a+b'],
  ['--log', ''],
])('keygen %s "%s" is wrong usage, and writes nothing', (option, name) => {
  const path = join(folder, 'unnamed.pem')
  const { status, stdout, stderr } = hefu(['keygen', '--out', path, option, name])
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
  expect(stderr).toMatch(/密钥名称[\s\S]*name of a key/)
  expect(existsSync(path)).toBe(false)
})

test('a key is not for a log and a witness', () => {
  expect(hefu(['keygen', '--out', join(folder, 'both.pem'), '--log', 'a', '--witness', 'b'])).toMatchObject({ status: 2, stdout: '' })
})

test('keygen never overwrites: exit code 1, in both languages, and the file is untouched', async () => {
  const path = join(folder, 'kept.pem')
  await writeFile(path, 'kept')
  const { status, stdout, stderr } = hefu(['keygen', '--out', path, '--json'])
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
  expect(stderr).toContain('不会覆盖')
  expect(stderr).toContain('not overwritten')
  expect(await readFile(path, 'utf8')).toBe('kept')
})

test('the language is that of --lang, else of the locale, else both', () => {
  const missing = join(folder, 'no-such-folder', 'key.pem')
  const han = /\p{Script=Han}/u
  const english = /cannot be written/
  const chosen = (args: readonly string[], locale: string) => {
    const { stderr } = hefu([...args, 'keygen', '--out', missing], locale)
    return [han.test(stderr), english.test(stderr)]
  }
  expect(chosen([], 'C')).toEqual([true, true])
  expect(chosen([], 'zh_CN.UTF-8')).toEqual([true, false])
  expect(chosen([], 'en_GB.UTF-8')).toEqual([false, true])
  expect(chosen(['--lang', 'zh'], 'en_GB.UTF-8')).toEqual([true, false])
})

test.each([[['keygen']], [['keygen', '--out', 'x', 'y']], [['no-such-command']], [[]]])('wrong usage %j: exit code 2', (args) => {
  expect(hefu(args)).toMatchObject({ status: 2, stdout: '' })
})

test('--help is not a mistake', () => {
  expect(hefu(['--help'])).toMatchObject({ status: 0, stderr: '' })
  expect(hefu(['keygen', '--help']).stdout).toContain('--out <file>')
})

test('start without its settings file: exit code 2, as the node without its settings, in both languages, before anything runs', () => {
  const file = join(folder, 'missing.env')
  const missing = { status: 2, stdout: '', stderr: `${file}：配置文件不存在\n${file}: there is no such settings file\n` }
  expect(hefu(['start', '--settings', file])).toEqual(missing)
  const unreadable = { status: 2, stdout: '', stderr: `${folder}：配置文件无法读取\n${folder}: the settings file cannot be read\n` }
  expect(hefu(['start', '--settings', folder])).toEqual(unreadable)
})

test('the settings of the file reach the node, whose exit code comes back', async () => {
  const file = join(folder, 'node.env')
  await writeFile(file, '# a node\nHEFU_REGION="nowhere"\nHEFU_LOG_LEVEL=loud # wrong\n')
  const { status, stdout, stderr } = hefu(['start', '--settings', file])
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
  expect(stderr).toContain('HEFU_LOG_LEVEL')
})

// How `start` runs the node, on a small program in the node's place: it prints a setting, then waits to be stopped.
const supervised = async (program: string) => {
  const run = fileURLToPath(new URL('../src/run-process.ts', import.meta.url))
  const script = `import { runProcess } from ${JSON.stringify(run)}; process.exitCode = await runProcess(process.execPath, ['-e', ${JSON.stringify(program)}])`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  const exited = once(child, 'exit')
  return { child, exited, firstLine: async () => String((await once(child.stdout, 'data'))[0]).trim() }
}

test.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('%s reaches the program once, and its exit code comes back', async (signal) => {
  const program = `let n = 0; process.on('${signal}', () => { if (++n > 1) process.exit(9); setTimeout(() => process.exit(7), 200) }); setInterval(() => {}, 1000); console.log('ready')`
  const { child, exited, firstLine } = await supervised(program)
  expect(await firstLine()).toBe('ready')
  child.kill(signal)
  expect(await exited).toEqual([7, null])
})

test('a program killed by a signal is reported as a shell does', async () => {
  const { exited } = await supervised(`process.kill(process.pid, 'SIGKILL')`)
  expect(await exited).toEqual([137, null])
})

test('a command that calls the API without saying which: what it needs, in both languages, all of it at once', () => {
  const said = hefu(['client', 'add', 'desk', '--role', 'officer', '--public-key', 'k'])
  expect([said.status, said.stdout]).toEqual([2, ''])
  for (const part of [
    '缺少选项 --api <url>',
    'option --api <url> is missing',
    'HEFU_API',
    '--as <client>',
    'HEFU_CLIENT',
    '--key <file>',
    'HEFU_CLIENT_KEY',
  ])
    expect(said.stderr).toContain(part)
})

test.each(['http://127.0.0.1:1', 'nonsense'])('nothing answers at %s: what to check, in both languages', (api) => {
  const key = join(folder, 'caller.pem')
  hefu(['keygen', '--out', key])
  for (const command of [['token'], ['client', 'list']]) {
    const said = hefu([...command, '--api', api, '--as', 'desk', '--key', key])
    expect([said.status, said.stdout]).toEqual([1, ''])
    expect(said.stderr).toMatch(/无法连接；请检查 --api[^\n]*\n[^\n]*cannot be reached; check that --api/)
  }
})
