import { generateKeyPairSync } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type ExportedReceipt,
  formatLogEntry,
  messageDigest,
  receiptLeafHash,
  receiptTree,
  signerOf,
  signReceipt,
  uuidV7,
} from '@hefu/protocol'
import { ED25519, formatPolicies, parseCheckpoint, verifierKey } from '@hefu/translog'
import { afterAll, expect, test } from 'vitest'
import { CHENGDU_LOG } from '../../../protocol/test/make-vectors/test-keys.ts'
import type { ExportReader } from '../../src/audit/export-reader.ts'
import { matchExports } from '../../src/audit/match-exports.ts'
import { verifySuccession } from '../../src/audit/verify-succession.ts'
import { buildHalves, exportFiles, type Half, honestParts, memoryReader, type Parts, signHead, textOf, writeFiles } from '../build-log.ts'
import { hefu } from '../run-hefu.ts'

const temporary = await mkdtemp(join(tmpdir(), 'hefu-succession-'))
afterAll(() => rm(temporary, { recursive: true }))
const at = (name: string) => join(temporary, name)

const { a, b, policies, exportedAt } = await buildHalves(30)
const old = await honestParts(a, b, exportedAt)
const rootOf = async (entries: readonly string[]) => {
  const parsed = parseCheckpoint(textOf(await signHead(a, entries, [], 0)))
  if (!parsed.ok) throw new Error(parsed.code)
  return Buffer.from(parsed.value.root).toString('base64url')
}

/** The same region's next log, opened by an operator ten minutes after the old one ended, with a key of its own. */
const name = `${CHENGDU_LOG.name}/1`
const { privateKey } = generateKeyPairSync('ed25519')
const next: Half = { ...a, log: { key: verifierKey(name, ED25519, privateKey), signer: signerOf(privateKey) }, receipts: [] }
const LATER = exportedAt + 10 * 60_000
const all = [...policies, { ...(policies[0] as (typeof policies)[number]), log: next.log.key }]

interface Named {
  readonly size?: number
  readonly root?: string
  readonly origin?: string
}

/** `more`: what stands between its first entry and its last; with the receipts to it. */
async function successor(named: Named = {}, more: readonly string[] = [], receipts: readonly ExportedReceipt[] = []): Promise<Parts> {
  const head = { origin: CHENGDU_LOG.name, size: a.entries.length, root: await rootOf(a.entries), ...named }
  const entries = [
    formatLogEntry({ kind: 'log.successor', ...head, decision: 'A'.repeat(43) }, LATER),
    ...more,
    formatLogEntry({ kind: 'heartbeat' }, LATER + 60_000),
  ]
  const half = { ...next, entries }
  const parts = await honestParts(half, b, LATER + 90_000)
  return { ...parts, receipts, cosigned: {}, manifest: { ...parts.manifest, epoch: 1 } }
}

const verify = async (parts: Parts, ...previous: readonly Parts[]) => {
  const before = previous.map((one) => memoryReader(exportFiles(one)))
  const { report, head } = await verifySuccession(memoryReader(exportFiles(parts)), before, { policies: all })
  return { report, head, codes: report.findings.map(({ code }) => code), notes: report.notes.map(({ code }) => code) }
}

const third = generateKeyPairSync('ed25519')
const thirdKey = verifierKey(`${CHENGDU_LOG.name}/2`, ED25519, third.privateKey)
all.push({ ...(policies[0] as (typeof policies)[number]), log: thirdKey })

/** The log after the next: it succeeds `before`, a day later. */
async function second(before: Parts, named: Named = {}): Promise<Parts> {
  const log = { key: thirdKey, signer: signerOf(third.privateKey) }
  const at = LATER + 86_400_000
  const checkpoint = parseCheckpoint(textOf(before.checkpoint))
  if (!checkpoint.ok) throw new Error(checkpoint.code)
  const { origin, size, root } = checkpoint.value
  const head = { origin, size, root: Buffer.from(root).toString('base64url'), ...named }
  const entries = [
    formatLogEntry({ kind: 'log.successor', ...head, decision: 'A'.repeat(43) }, at),
    formatLogEntry({ kind: 'heartbeat' }, at + 60_000),
  ]
  const parts = await honestParts({ ...next, log, entries }, b, at + 90_000)
  return { ...parts, receipts: [], cosigned: {}, manifest: { ...parts.manifest, epoch: 2 } }
}

/** An earlier, shorter export of the old log. */
const shorter = async (size: number): Promise<Parts> => {
  const entries = a.entries.slice(0, size)
  const checkpoint = await signHead(a, entries, [b], Math.floor(exportedAt / 1000) - 30)
  return { ...old, entries, receipts: [], checkpoint, witnessed: {}, manifest: { ...old.manifest, size } }
}

test('a successor takes up where the previous log ended; an old log may be exported long after', async () => {
  const late = { ...old, manifest: { ...old.manifest, exportedAt: LATER + 3_600_000 } }
  const { report, codes, notes, head } = await verify(await successor(), late)
  expect({ codes, notes }).toEqual({ codes: [], notes: [] })
  expect(report.previous).toEqual({ origin: CHENGDU_LOG.name, epoch: 0, size: a.entries.length, ok: true })
  expect(head).toBeDefined()
})

test('a tail that no witness saw before the log was closed may be left behind', async () => {
  const size = a.entries.length - 3
  const unseen = { ...old, checkpoint: await signHead(a, a.entries, [], 0) }
  const witnessed = { w: await signHead(a, a.entries.slice(0, size), [b], Math.floor(exportedAt / 1000) - 30) }
  const head = { size, root: await rootOf(a.entries.slice(0, size)) }
  expect((await verify(await successor(head), { ...unseen, witnessed })).codes).toEqual([])
  expect((await verify(await successor(head), old)).codes).toEqual(['previous-beyond'])
})

test('what waited while the old log was sealed stands behind entry 0 with its own times', async () => {
  const beat = (ms: number) => formatLogEntry({ kind: 'heartbeat' }, LATER + ms)
  const waited = [beat(-9 * 60_000), beat(-60_000)]
  expect((await verify(await successor({}, waited), old)).codes).toEqual([])
  expect((await verify(await successor({}, [...waited, beat(1000), ...waited]), old)).codes).toEqual(['time-backwards'])
  expect((await verify(await successor({}, waited.toReversed()), old)).codes).toEqual(['time-backwards'])
  expect((await verify(await successor({}, [beat(6 * 60_000), beat(0)]), old)).codes).toContain('heartbeat-gap')
})

test('a message of the old log may be receipted in the new one; one that neither log has was removed', async () => {
  const entry = a.entries.at(-1) as string
  expect(JSON.parse(entry).kind).toBe('receipt.issued')
  const entries = a.entries.slice(0, -1)
  const checkpoint = await signHead(a, entries, [b], Math.floor(exportedAt / 1000) - 30)
  const manifest = { ...old.manifest, size: entries.length }
  const before = { ...old, entries, receipts: a.receipts.slice(0, -1), checkpoint, witnessed: {}, manifest }
  const head = { size: entries.length, root: await rootOf(entries) }
  expect((await verify(await successor(head), before)).codes).toEqual(['previous-unverified'])
  const receipted = await verify(await successor(head, [entry], a.receipts.slice(-1)), before)
  expect([receipted.codes, receipted.notes]).toEqual([[], []])

  const stranger = await receiptOfNobody(LATER - 90_000)
  const parts = await successor({}, [stranger.entry], [stranger.receipt])
  expect(await verify(parts)).toMatchObject({ codes: [], notes: expect.arrayContaining(['message-earlier', 'previous-unchecked']) })
  expect((await verify(parts, old)).codes).toEqual(['message-unlogged'])
})

/** The peer's receipt for a message that nobody wrote down. */
async function receiptOfNobody(ms: number): Promise<{ entry: string; receipt: ExportedReceipt }> {
  const jti = uuidV7(ms, new Uint8Array(10))
  const leaf = { jti, digest: 'A'.repeat(43), status: 'accepted' as const }
  const { size, root } = receiptTree([receiptLeafHash(leaf)])
  const [parties, seconds] = [{ iss: b.region, aud: a.region, jti }, Math.floor(ms / 1000)]
  const receipt = await signReceipt({ ...parties, iat: seconds, receivedAt: seconds, tree: { size, root } }, b.signer)
  const digest = messageDigest(receipt)
  const entry = formatLogEntry({ kind: 'receipt.received', ...parties, digest, size, root }, ms)
  return { entry, receipt: { digest, receipt, direction: 'received', leaves: [leaf] } }
}

test('another history, another log, and one that does not verify', async () => {
  const { codes, head } = await verify(await successor({ root: 'A'.repeat(43) }), old)
  expect([codes, head]).toEqual([['previous-differs'], undefined])
  expect((await verify(await successor({ origin: 'other.hefu.example/log' }), old)).codes).toEqual(['previous-other'])
  const altered = { ...old, entries: a.entries.with(3, a.entries[4] as string) }
  expect((await verify(await successor(), altered)).codes).toEqual(expect.arrayContaining(['previous-unverified', 'previous-differs']))
})

test('an export that ends before the head that is named proves nothing of it', async () => {
  const { codes, report } = await verify(await successor(), await shorter(a.entries.length - 5))
  expect(codes).toContain('previous-short')
  expect(report.previous?.size).toBe(a.entries.length - 5)
})

test('a chain of logs is verified as far back as there are exports, in any order', async () => {
  const middle = await successor()
  const last = await second(middle)
  const whole = await verify(last, old, middle)
  expect([whole.codes, whole.notes]).toEqual([[], []])
  expect([whole.report.previous, whole.report.earlier]).toMatchObject([
    { epoch: 1, ok: true },
    [{ origin: CHENGDU_LOG.name, epoch: 0, ok: true }],
  ])
  // As far as it goes: what was not looked at is said.
  expect(await verify(last, middle)).toMatchObject({ codes: [], notes: ['previous-unchecked'], report: { earlier: [] } })
  expect(await verify(last)).toMatchObject({ codes: [], notes: ['previous-unchecked'], report: { previous: null, earlier: [] } })
  // The break is found wherever it is; so is a log that was left out between.
  const forged = await successor({ root: 'A'.repeat(43) })
  expect((await verify(await second(forged), forged, old)).codes).toEqual(['previous-differs'])
  expect((await verify(last, old)).codes).toEqual(['previous-other'])
  await expect(verify(last, middle, old, old)).rejects.toMatchObject({ code: 'previous' })
})

test('a message of the first log may be receipted in the third', async () => {
  const entry = a.entries.at(-1) as string
  const entries = a.entries.slice(0, -1)
  const checkpoint = await signHead(a, entries, [b], Math.floor(exportedAt / 1000) - 30)
  const first = {
    ...old,
    entries,
    receipts: a.receipts.slice(0, -1),
    checkpoint,
    witnessed: {},
    manifest: { ...old.manifest, size: entries.length },
  }
  const head = { size: entries.length, root: await rootOf(entries) }
  const middle = await successor(head, [entry], a.receipts.slice(-1))
  const last = await second(middle)
  expect((await verify(last, middle, first)).codes).toEqual([])
  const stranger = await receiptOfNobody(LATER - 90_000)
  const odd = await successor({}, [stranger.entry], [stranger.receipt])
  expect((await verify(await second(odd), odd, old)).codes).toEqual(['message-unlogged'])
})

test('what no witness saw of the old log stands in its successor once more, and is no repetition', async () => {
  const from = a.entries.findLastIndex((text) => JSON.parse(text).kind === 'receipt.issued')
  const tail = a.entries.slice(from).filter((text) => JSON.parse(text).kind !== 'heartbeat')
  const digests = new Set(tail.map((text) => JSON.parse(text).digest))
  const seen = a.entries.slice(0, from)
  const unseen = {
    ...old,
    checkpoint: await signHead(a, a.entries, [], 0),
    witnessed: { w: await signHead(a, seen, [b], Math.floor(exportedAt / 1000) - 30) },
  }
  const carried = await successor(
    { size: from, root: await rootOf(seen) },
    tail,
    a.receipts.filter(({ digest }) => digests.has(digest)),
  )
  expect((await verify(carried, unseen)).codes).toEqual([])
})

test('two halves match over all logs of a region; with one of them missing nothing is said', async () => {
  const other = await honestParts(b, a, exportedAt)
  const match = async (parts: Parts, ...previous: readonly Parts[]) => {
    const [one, two, ...earlier] = [parts, other, ...previous].map((half) => memoryReader(exportFiles(half))) as [
      ExportReader,
      ExportReader,
    ]
    return await matchExports([one, two], { policies: all, previous: earlier })
  }
  const live = await successor()
  const report = await match(live, old)
  expect([report.findings, report.halves.map(({ origin }) => origin)]).toEqual([[], [next.log.key.name, b.log.key.name]])
  expect((await match(await second(live), old, live)).findings).toEqual([])
  for (const previous of [[], [old, old], [other]]) await expect(match(live, ...previous)).rejects.toMatchObject({ code: 'previous' })
  await expect(match(await second(live), old)).rejects.toMatchObject({ code: 'previous', message: expect.stringContaining('--epoch 1') })
})

test('the command: without --previous it says what was not looked at; with it exit 0 or 1; of a first log exit 2', async () => {
  await writeFiles(at('old'), exportFiles(old))
  await writeFiles(at('next'), exportFiles(await successor()))
  await writeFiles(at('forged'), exportFiles(await successor({ root: 'A'.repeat(43) })))
  await writeFile(at('policy'), formatPolicies(all))
  const command = (dir: string, ...more: string[]) => hefu(['audit', 'verify', at(dir), '--policy', at('policy'), '--json', ...more])
  const alone = await command('next')
  expect([alone.status, JSON.parse(alone.stdout)]).toMatchObject([0, { previous: null, notes: [{ code: 'previous-unchecked', index: 0 }] }])
  const both = await command('next', '--previous', at('old'))
  expect([both.status, JSON.parse(both.stdout)]).toMatchObject([0, { previous: { origin: CHENGDU_LOG.name, ok: true }, notes: [] }])
  const forged = await command('forged', '--previous', at('old'))
  expect([forged.status, JSON.parse(forged.stdout)]).toMatchObject([1, { findings: [{ code: 'previous-differs', index: 0 }] }])
  expect(await command('old', '--previous', at('next'))).toMatchObject({ status: 2, stdout: '' })
})
