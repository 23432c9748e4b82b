import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'

const runTests = fileURLToPath(new URL('../../src/run-tests.ts', import.meta.url))

async function run(
  files: Record<string, string>,
  options: { args?: string[]; ci?: boolean } = {},
): Promise<{ code: number; last: string; text: string }> {
  const root = await mkdtemp(join(tmpdir(), 'hefu-run-tests-'))
  onTestFinished(() => rm(root, { recursive: true, force: true }))
  await mkdir(join(root, 'test'))
  await writeFile(join(root, 'vitest.config.mjs'), 'export default { test: { globals: true, include: ["test/*.test.js"] } }')
  for (const [name, text] of Object.entries(files)) await writeFile(join(root, 'test', `${name}.test.js`), text)
  const env = { PATH: process.env.PATH ?? '', ...(options.ci === true ? { CI: 'true' } : {}) }
  return await new Promise((resolve) => {
    execFile(process.execPath, [runTests, '--root', root, ...(options.args ?? [])], { env }, (error, stdout, stderr) => {
      resolve({
        code: typeof error?.code === 'number' ? error.code : 0,
        last: stdout.trimEnd().split('\n').at(-1) ?? '',
        text: stdout + stderr,
      })
    })
  })
}

const passing = `test('passes', () => { expect(1).toBe(1) })`
const skipped = `test.skip('waits', () => {})`

test('counts, ends with the line, and succeeds with a skipped test', async () => {
  expect(await run({ a: passing, b: `${passing}; ${skipped}` })).toMatchObject({ code: 0, last: '2 passed, 0 failed, 1 skipped' })
})

test('in CI a skipped test fails the run', async () => {
  expect(await run({ a: `${passing}; ${skipped}` }, { ci: true })).toMatchObject({ code: 1, last: '1 passed, 0 failed, 1 skipped' })
})

test('failed tests, broken files, failed hooks and files without tests all fail', async () => {
  const outcome = await run({
    fails: `test('fails', () => { expect(1).toBe(2) })`,
    broken: `throw new Error('cannot be loaded')`,
    hook: `describe('suite', () => { afterAll(() => { throw new Error('left something open') }); ${passing} })`,
    empty: '',
  })
  expect(outcome).toMatchObject({ code: 1, last: '1 passed, 4 failed, 0 skipped' })
  expect(outcome.text).toContain('empty.test.js')
})

test('filters by file and by name; nothing found is no success', async () => {
  const files = { a: passing, b: `test('other', () => { expect(1).toBe(2) })` }
  expect(await run(files, { args: ['a.test'] })).toMatchObject({ code: 0, last: '1 passed, 0 failed, 0 skipped' })
  expect(await run(files, { args: ['-t', 'passes'] })).toMatchObject({ code: 0, last: '1 passed, 0 failed, 0 skipped' })
  expect(await run(files, { args: ['nothing-like-it'] })).toMatchObject({ code: 1, last: '0 passed, 0 failed, 0 skipped' })
})
