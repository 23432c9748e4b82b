import { mkdtemp, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { formatPolicies } from '@hefu/translog'
import { afterAll, expect, test } from 'vitest'
import { buildEvidence } from '../build-evidence.ts'
import { buildHalves, exampleFederation, exportFiles, honestParts, signHead, writeFiles } from '../build-log.ts'
import { hefu } from '../run-hefu.ts'
import { serveLog, TOKEN } from '../serve-log.ts'

const temporary = await mkdtemp(join(tmpdir(), 'hefu-audit-command-'))
afterAll(() => rm(temporary, { recursive: true }))
const at = (name: string) => join(temporary, name)

const halves = await buildHalves(30)
const { a, b, policies, exportedAt } = halves
const honest = { a: await honestParts(a, b, exportedAt), b: await honestParts(b, a, exportedAt) }
await writeFiles(at('a'), exportFiles(honest.a))
await writeFiles(at('b'), exportFiles(honest.b))
await writeFile(at('policy'), formatPolicies(policies))
await writeFile(at('federation.json'), JSON.stringify(exampleFederation))
const caseNumber = halves.messages[0]?.claims.case as string
const evidence = await buildEvidence(halves, caseNumber, { a: honest.a.checkpoint, b: honest.b.checkpoint })
await writeFile(at('case.json'), JSON.stringify(evidence))

const TRUST = ['--policy', at('policy'), '--federation', at('federation.json')]

test('verify: exit 0, a report in both languages, progress on stderr', async () => {
  const { status, stdout, stderr } = await hefu(['audit', 'verify', at('a'), ...TRUST])
  expect(status).toBe(0)
  expect(stdout).toContain('核验通过')
  expect(stdout).toContain('Verified: no findings.')
  expect(stderr).toContain(`${a.entries.length}/${a.entries.length}`)
})

test('verify --json --state: one line; the head is remembered, and a shorter log is a rollback', async () => {
  const args = ['audit', 'verify', at('a'), ...TRUST, '--json', '--state', at('state.json')]
  const first = await hefu(args)
  expect([first.status, first.stdout.trim().split('\n').length]).toEqual([0, 1])
  expect(JSON.parse(first.stdout)).toMatchObject({ ok: true, region: '510100', size: a.entries.length, findings: [], notes: [] })
  const remembered = await readFile(at('state.json'), 'utf8')
  expect(JSON.parse(remembered)[a.log.key.name].size).toBe(a.entries.length)
  const entries = a.entries.slice(0, -1)
  const checkpoint = await signHead(a, entries, [b], Math.floor(exportedAt / 1000) - 30)
  const manifest = { ...honest.a.manifest, size: entries.length }
  await writeFiles(at('short'), exportFiles({ ...honest.a, entries, checkpoint, witnessed: {}, manifest }))
  const second = await hefu(args.with(2, at('short')))
  expect(second.status).toBe(1)
  expect(JSON.parse(second.stdout).findings).toEqual(
    expect.arrayContaining([expect.objectContaining({ code: 'rollback', zh: expect.stringMatching(/短/), en: expect.any(String) })]),
  )
  expect(await readFile(at('state.json'), 'utf8')).toBe(remembered)
})

test('match and case: exit 0 when all fits, 1 when not', async () => {
  const fits = await hefu(['audit', 'match', at('a'), at('b'), ...TRUST, '--json'])
  expect([fits.status, JSON.parse(fits.stdout)]).toEqual([0, expect.objectContaining({ ok: true, findings: [] })])
  const { entries } = a
  const cut = { ...honest.a, entries: entries.slice(0, -9), checkpoint: await signHead(a, entries.slice(0, -9), [], 0), witnessed: {} }
  await writeFiles(at('cut'), exportFiles(cut))
  const differs = await hefu(['--lang', 'en', 'audit', 'match', at('cut'), at('b'), ...TRUST])
  expect(differs.status).toBe(1)
  expect(differs.stdout).toContain('cosigned-beyond')
  const proven = await hefu(['audit', 'case', at('case.json'), ...TRUST, '--json'])
  expect([proven.status, JSON.parse(proven.stdout)]).toEqual([0, expect.objectContaining({ ok: true, case: caseNumber })])
  await writeFile(
    at('case2.json'),
    JSON.stringify({ ...evidence, documents: evidence.documents.map((document) => ({ ...document, logProofs: [] })) }),
  )
  expect(await hefu(['--lang', 'zh', 'audit', 'case', at('case2.json'), ...TRUST])).toMatchObject({
    status: 1,
    stdout: expect.stringContaining('document-unproven'),
  })
})

test('export, then verify what was exported', async () => {
  await using server = await serveLog(honest.b)
  await writeFile(at('token'), TOKEN)
  const export_ = await hefu(['audit', 'export', '--api', server.url, '--token-file', at('token'), '--out', at('fetched'), '--json'])
  expect([export_.status, JSON.parse(export_.stdout)]).toEqual([0, expect.objectContaining({ region: '500000', size: b.entries.length })])
  // Exported today, cosigned in the past of the test's log: old, and nothing else.
  const { stdout } = await hefu(['audit', 'verify', at('fetched'), ...TRUST, '--json'])
  const codes = (JSON.parse(stdout) as { findings: { code: string }[] }).findings.map(({ code }) => code)
  expect(codes.every((code) => code === 'head-old' || code === 'heartbeat-gap')).toBe(true)
  const refused = await hefu(['audit', 'export', '--api', server.url, '--out', at('no')], { HEFU_TOKEN: 'not-this-one' })
  expect([refused.status, refused.stderr.includes('401'), refused.stderr.includes('not-this-one')]).toEqual([2, true, false])
})

const bundle = 'tile/entries/000.p/'
const width = a.entries.length

/** In place of the file a link to itself: there, and nobody can read it. */
const unreadable = async (path: string) => {
  await rm(path)
  await symlink(path, path)
}

test.each([
  ['a missing bundle', `${bundle}${width}`, rm, 'file-missing', '—'],
  ['a bundle cut short', `${bundle}${width}`, (path: string) => truncate(path, 100), 'file-form', 'cut, 100 bytes'],
  ['an unreadable bundle', `${bundle}${width}`, unreadable, 'file-unreadable', 'ELOOP'],
  ['a missing tile', `tile/0/000.p/${width}`, rm, 'file-missing', '—'],
  ['a tile cut short', `tile/0/000.p/${width}`, (path: string) => truncate(path, 100), 'file-form', '100 bytes'],
  ['an unreadable tile', `tile/0/000.p/${width}`, unreadable, 'file-unreadable', 'ELOOP'],
  ['missing receipts', 'receipts.ndjson', rm, 'file-missing', '—'],
  ['unreadable receipts', 'receipts.ndjson', unreadable, 'file-unreadable', 'ELOOP'],
] as const)('%s is a finding that names the file and its entries, exit 1', async (name, path, damage, code, found) => {
  await writeFiles(at(name), exportFiles(honest.a))
  await damage(join(at(name), path))
  const { status, stdout } = await hefu(['audit', 'verify', at(name), ...TRUST, '--json'])
  expect(status).toBe(1)
  const { findings } = JSON.parse(stdout) as { findings: { code: string; expected: string; zh: string; en: string }[] }
  const finding = findings.find((one) => one.code === code)
  expect(finding).toMatchObject({ subject: path, found, zh: expect.stringMatching(/文件/), en: expect.stringMatching(/file/) })
  if (path.startsWith('tile/')) expect(finding?.expected).toMatch(new RegExp(`\\b0–${width - 1}$`))
})

test.each([
  ['no such folder', ['audit', 'verify', at('nothing'), ...TRUST]],
  ['no such policy', ['audit', 'verify', at('a'), '--policy', at('nothing')]],
  ['a policy that is none', ['audit', 'verify', at('a'), '--policy', at('federation.json')]],
  ['a federation file that is none', ['audit', 'verify', at('a'), '--policy', at('policy'), '--federation', at('policy')]],
  ['a state file that is none', ['audit', 'verify', at('a'), ...TRUST, '--state', at('policy')]],
  ['one region twice', ['audit', 'match', at('a'), at('a')]],
  ['no evidence', ['audit', 'case', at('policy'), ...TRUST]],
  ['no token', ['audit', 'export', '--api', 'http://127.0.0.1:1', '--out', at('none')]],
])('%s: could not be checked, exit 2 in both languages', async (_, args) => {
  const { status, stdout, stderr } = await hefu(args)
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
  expect(stderr).toMatch(/\p{Script=Han}/u)
  expect(stderr.trim().split('\n').length).toBeGreaterThanOrEqual(2)
})

test.each([
  ['a folder that does not exist', 'nothing', /没有这个目录[\s\S]*there is no such folder/],
  ['a folder of something else', '.', /不是导出目录[\s\S]*not an export/],
  ['an export that was interrupted', 'unfinished', /尚未完成[\s\S]*unfinished/],
  ['a manifest that is none', 'unread', /没有可读的[\s\S]*that can be read/],
])('%s is named as what it is, by verify, --previous and match', async (_, name, said) => {
  await writeFiles(at('unfinished'), new Map([['pin.json', Buffer.from('{}')]]))
  await writeFiles(at('unread'), new Map([['manifest.json', Buffer.from('{')]]))
  for (const args of [
    ['verify', at(name), ...TRUST],
    ['match', at('a'), at(name)],
    ['match', at('a'), at('b'), '--previous', at(name)],
  ]) {
    const { status, stderr } = await hefu(['audit', ...args])
    expect([status, stderr]).toEqual([2, expect.stringMatching(said)])
    expect(stderr).toContain(at(name))
  }
})

test.each([
  [['audit', 'verify', 'x']],
  [['audit', 'match', 'x']],
  [['audit']],
  [['audit', 'export', '--from', '-1', '--api', 'x', '--out', 'y']],
])('wrong usage %j: exit 2', async (args) => {
  expect(await hefu(args)).toMatchObject({ status: 2, stdout: '' })
})
