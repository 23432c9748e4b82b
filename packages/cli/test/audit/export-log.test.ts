import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { exportLog } from '../../src/audit/export-log.ts'
import { folderReader } from '../../src/audit/export-reader.ts'
import { readToken } from '../../src/audit/read-token.ts'
import { verifyExport } from '../../src/audit/verify-export.ts'
import { buildHalves, exportFiles, honestParts, type Parts, signHead, writeFiles } from '../build-log.ts'
import { serveLog, TOKEN } from '../serve-log.ts'

const { a, b, policies, exportedAt } = await buildHalves(240)
const honest = await honestParts(a, b, exportedAt)
const temporary = await mkdtemp(join(tmpdir(), 'hefu-audit-'))
afterAll(() => rm(temporary, { recursive: true }))

const options = { token: TOKEN, nowMs: () => exportedAt, retriesMs: [] as number[] }
const folder = (name: string) => join(temporary, name)
const verify = async (out: string) => (await verifyExport(folderReader(out), { policies })).report
const head = async (size: number, atMs = exportedAt): Promise<Parts> => {
  const entries = a.entries.slice(0, size)
  const note = await signHead(a, entries, [b], Math.floor(atMs / 1000) - 30)
  const receipts = a.receipts.filter(({ digest }) => entries.some((entry) => entry.includes(digest)))
  return { ...honest, entries, receipts, checkpoint: note, witnessed: { w: note }, manifest: { ...honest.manifest, size } }
}

test('an export is byte for byte what the log holds, and verifies', async () => {
  await using server = await serveLog(honest)
  const out = folder('whole')
  const steps: number[] = []
  const done = await exportLog({ ...options, api: server.url, out, onProgress: (at, total) => steps.push(at / total) })
  expect(done).toEqual({ ...honest.manifest, receipts: a.receipts.length, lacking: [] })
  const expected = exportFiles(honest)
  for (const [path, bytes] of expected)
    if (path !== 'manifest.json') expect(Buffer.compare(await readFile(join(out, path)), bytes), path).toBe(0)
  const names = (await readdir(out, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile())
  expect(names.length).toBe(expected.size)
  expect(steps.at(-1)).toBe(1)
  expect((await verify(out)).findings).toEqual([])
})

test('a file that the node cannot give ends no audit: verify names its entries', async () => {
  await using server = await serveLog(honest)
  const out = folder('lacking')
  const whole = exportFiles(honest).get('tile/entries/001') as Uint8Array
  server.damage('tile/entries/001', whole.subarray(0, whole.length - 100))
  expect(await exportLog({ ...options, api: server.url, out })).toMatchObject({ size: a.entries.length, lacking: ['tile/entries/001'] })
  expect((await verify(out)).findings).toEqual(expect.arrayContaining([expect.objectContaining({ code: 'file-missing' })]))
  // Put back, it is fetched with the next run.
  server.damage('tile/entries/001', whole)
  expect(await exportLog({ ...options, api: server.url, out })).toMatchObject({ lacking: [] })
  expect((await verify(out)).findings).toEqual([])
})

test('an interrupted export goes on to the same checkpoint and fetches nothing twice', async () => {
  await using server = await serveLog(honest)
  const out = folder('interrupted')
  server.breakAfter(9)
  await expect(exportLog({ ...options, api: server.url, out })).rejects.toMatchObject({ code: 'api' })
  await expect(verify(out)).rejects.toMatchObject({ code: 'manifest' })
  const first = [...server.asked]
  // The log has grown meanwhile: the export stays where it was pinned.
  server.breakAfter(Number.POSITIVE_INFINITY)
  const done = await exportLog({ ...options, api: server.url, out, nowMs: () => exportedAt + 1 })
  expect(done).toMatchObject({ size: a.entries.length, exportedAt })
  const second = server.asked.slice(first.length)
  expect(second).not.toContain('/v1/exchange-log/export')
  const kept = first.filter((path) => /(tiles|bundles)\//.test(path))
  expect(kept.length).toBe(8)
  expect(second.filter((path) => kept.includes(path))).toEqual([])
  expect((await verify(out)).findings).toEqual([])
})

test('receipts go on after the last whole line', async () => {
  await using server = await serveLog(honest)
  const out = folder('receipts')
  await exportLog({ ...options, api: server.url, out })
  const text = await readFile(join(out, 'receipts.ndjson'), 'utf8')
  await writeFile(join(out, 'receipts.ndjson'), text.slice(0, 20_000))
  const asked = server.asked.length
  const done = await exportLog({ ...options, api: server.url, out })
  expect(done.receipts).toBe(a.receipts.length)
  expect(await readFile(join(out, 'receipts.ndjson'), 'utf8')).toBe(text)
  expect(server.asked.slice(asked).find((path) => path.includes('receipts'))).toMatch(/[?&]after=/)
})

test('a finished export is brought up to date; whole tiles are not fetched again', async () => {
  await using server = await serveLog(await head(600))
  const out = folder('grown')
  await exportLog({ ...options, api: server.url, out })
  const asked = server.asked.length
  server.serve(honest)
  expect(await exportLog({ ...options, api: server.url, out })).toMatchObject({ size: a.entries.length })
  const again = server.asked.slice(asked)
  expect(again).not.toContain('/v1/exchange-log/tiles/0/000?epoch=0')
  expect(again).not.toContain('/v1/exchange-log/bundles/001?epoch=0')
  expect((await verify(out)).findings).toEqual([])
})

test('a node that kept only the whole tile of what has filled up', async () => {
  const nowMs = () => Date.parse('2026-11-22T00:48:00Z')
  const pinned = await head(600, nowMs())
  await using server = await serveLog(pinned)
  const out = folder('filled')
  // The offer, and no more: then the log grows past the partial tiles that the export is pinned to.
  server.breakAfter(1)
  await expect(exportLog({ ...options, api: server.url, out, nowMs })).rejects.toMatchObject({ code: 'api' })
  server.serve(honest)
  server.breakAfter(Number.POSITIVE_INFINITY)
  expect(await exportLog({ ...options, api: server.url, out, nowMs })).toMatchObject({ size: 600 })
  expect(server.asked).toEqual(
    expect.arrayContaining(['/v1/exchange-log/tiles/0/002.p/88?epoch=0', '/v1/exchange-log/tiles/0/002?epoch=0']),
  )
  expect((await verify(out)).findings).toEqual([])
})

test('--from and --to fetch the bundles of those entries, and all hashes', async () => {
  await using server = await serveLog(honest)
  const out = folder('part')
  const done = await exportLog({ ...options, api: server.url, out, from: 300, to: 301 })
  expect(done).toMatchObject({ from: 300, to: 301 })
  expect(server.asked.filter((path) => path.includes('bundles'))).toEqual(['/v1/exchange-log/bundles/001?epoch=0'])
  const report = await verify(out)
  expect([report.findings, report.examined]).toEqual([[], 256])
})

test('another log, or another part of it, does not go into the same folder', async () => {
  const out = folder('taken')
  await writeFiles(out, exportFiles(await honestParts(b, a, exportedAt)))
  await using server = await serveLog(honest)
  await expect(exportLog({ ...options, api: server.url, out })).rejects.toMatchObject({ code: 'out' })
  const half = folder('half')
  server.breakAfter(3)
  await expect(exportLog({ ...options, api: server.url, out: half })).rejects.toMatchObject({ code: 'api' })
  await expect(exportLog({ ...options, api: server.url, out: half, from: 1 })).rejects.toMatchObject({ code: 'out' })
})

test('a closed log is exported by its epoch, also when it was live as the export began', async () => {
  await using server = await serveLog(honest)
  const out = folder('closed')
  server.breakAfter(5)
  await expect(exportLog({ ...options, api: server.url, out })).rejects.toMatchObject({ code: 'api' })
  const next = await honestParts({ ...a, log: b.log }, b, exportedAt)
  server.serve({ ...next, manifest: { ...next.manifest, epoch: 1 } })
  server.breakAfter(Number.POSITIVE_INFINITY)
  await expect(exportLog({ ...options, api: server.url, out, epoch: 1 })).rejects.toMatchObject({ code: 'out' })
  expect(await exportLog({ ...options, api: server.url, out })).toMatchObject({ epoch: 0, receipts: a.receipts.length })
  const late = folder('late')
  expect(await exportLog({ ...options, api: server.url, out: late, epoch: 0 })).toMatchObject({ epoch: 0, receipts: a.receipts.length })
  for (const one of [out, late]) expect((await verify(one)).findings).toEqual([])
  expect(await exportLog({ ...options, api: server.url, out: folder('live') })).toMatchObject({ epoch: 1 })
  await expect(exportLog({ ...options, api: server.url, out: folder('no'), epoch: 2 })).rejects.toMatchObject({ code: 'api-log' })
})

test('errors name what was asked, never the token', async () => {
  await using server = await serveLog(honest)
  const failures = [
    await exportLog({ ...options, api: server.url, out: folder('x1'), token: 'secret-of-somebody' }).catch((error: unknown) => error),
    await exportLog({ ...options, api: 'http://127.0.0.1:1', out: folder('x2'), token: 'secret-of-somebody' }).catch(
      (error: unknown) => error,
    ),
    await exportLog({ ...options, api: 'http://user:secret-of-somebody@host', out: folder('x3') }).catch((error: unknown) => error),
    await readToken({ token: 'secret-of-somebody\n', env: {} }).catch((error: unknown) => error),
    await readToken({ env: {} }).catch((error: unknown) => error),
  ]
  expect(failures.map((error) => (error as { code: string }).code)).toEqual(['api-status', 'api', 'api', 'token', 'token'])
  for (const error of failures) expect(JSON.stringify([(error as { text: unknown }).text, String(error)])).not.toContain('secret')
})

test('a passing fault is tried again', async () => {
  await using server = await serveLog(honest)
  const out = folder('again')
  server.breakAfter(2)
  setTimeout(() => server.breakAfter(Number.POSITIVE_INFINITY), 150)
  const done = await exportLog({ ...options, api: server.url, out, retriesMs: [100, 200, 400] })
  expect(done.size).toBe(a.entries.length)
})

test('the token: option, then file, then variable', async () => {
  const file = folder('token')
  await writeFile(file, 'of-a-file\n')
  expect(await readToken({ token: 'given', tokenFile: file, env: { HEFU_TOKEN: 'var' } })).toBe('given')
  expect(await readToken({ tokenFile: file, env: { HEFU_TOKEN: 'var' } })).toBe('of-a-file')
  expect(await readToken({ env: { HEFU_TOKEN: 'var' } })).toBe('var')
})
