// Exports made by somebody who wants the auditor's tool to say "no findings", to accuse the wrong one, or never to end.
import { spawnSync } from 'node:child_process'
import { mkdtemp, rm, symlink, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ExportedReceipt, keyOwner, parseFederation, receiptLeafHash, receiptTree } from '@hefu/protocol'
import { formatCheckpoint, formatNote, signNote } from '@hefu/translog'
import { expect, test } from 'vitest'
import { folderReader } from '../../src/audit/export-reader.ts'
import type { Finding } from '../../src/audit/finding.ts'
import { matchExports } from '../../src/audit/match-exports.ts'
import { printMatch, printVerify } from '../../src/audit/print-report.ts'
import { type VerifyOptions, verifyExport } from '../../src/audit/verify-export.ts'
import {
  buildHalves,
  exampleFederation,
  exportFiles,
  honestParts,
  memoryReader,
  type Parts,
  signHead,
  textOf,
  writeFiles,
} from '../build-log.ts'

const { a, b, policies, exportedAt } = await buildHalves(60)
const parsed = parseFederation(exampleFederation)
if (!parsed.ok) throw new Error('the example federation is not valid')
const lookUpKey = (kid: string) => keyOwner(parsed.federation, kid)
const honest = { a: await honestParts(a, b, exportedAt), b: await honestParts(b, a, exportedAt) }
const time = Math.floor(exportedAt / 1000) - 30

const verify = async (parts: Parts, options: Partial<VerifyOptions> = {}) =>
  (await verifyExport(memoryReader(exportFiles(parts)), { policies, lookUpKey, ...options })).report
const codesOf = async (parts: Parts) => [...new Set((await verify(parts)).findings.map(({ code }) => code))].toSorted()
/** With other entries from the beginning: the peer has cosigned what it was shown. */
const withEntries = async (parts: Parts, half: typeof a, peer: typeof a, entries: readonly string[]): Promise<Parts> => ({
  ...parts,
  entries,
  checkpoint: await signHead(half, entries, [peer], time),
  witnessed: {},
  manifest: { ...parts.manifest, size: entries.length },
})

test('a node that never logged one message of a request cannot leave it out of the receipt it signed', async () => {
  const at = b.receipts.findIndex(({ direction, leaves }) => direction === 'issued' && leaves.length > 2)
  const line = b.receipts[at] as ExportedReceipt
  const { paths } = receiptTree(line.leaves.map(receiptLeafHash))
  const leaves = line.leaves.map((leaf, index) => ({ ...leaf, index, path: [...(paths[index] as readonly string[])] }))
  const unlogged = leaves[1]?.digest as string
  const parts = await withEntries(
    honest.b,
    b,
    a,
    b.entries.filter((entry) => !entry.includes(unlogged)),
  )
  expect(await codesOf(parts)).toEqual(['message-unlogged'])
  const some = leaves.filter(({ digest }) => digest !== unlogged)
  expect(await codesOf({ ...parts, receipts: b.receipts.with(at, { ...line, leaves: some }) })).toEqual(['receipt-partial'])
})

test('the receipt of another region than the one it was sent to answers no message', async () => {
  const at = a.entries.findIndex((entry) => entry.includes('"kind":"message.sent"'))
  const elsewhere = (a.entries[at] as string).replace(/"aud":"\d+"/, '"aud":"510000"')
  expect(await codesOf(await withEntries(honest.a, a, b, a.entries.with(at, elsewhere)))).toEqual(['message-differs'])
})

test('a cosignature from the future hides nothing: neither a day ahead, nor a time that is no date', async () => {
  const dated = async (seconds: number) => ({ ...honest.a, checkpoint: await signHead(a, a.entries, [b], seconds), witnessed: {} })
  expect(await codesOf(await dated(time + 120))).toEqual([])
  expect(await codesOf(await dated(time + 86_400))).toEqual(['head-ahead'])
  for (const seconds of [253_402_300_800n, 8_640_000_000_001n, 2n ** 53n - 1n, 2n ** 64n - 1n])
    expect(await codesOf({ ...honest.a, checkpoint: await cosignedAt(seconds), witnessed: {} })).toEqual([
      'checkpoint-signature',
      'no-quorum',
    ])
})

/** By hand: the honest signer writes no such time. */
async function cosignedAt(seconds: bigint): Promise<string> {
  const text = textOf(honest.a.checkpoint)
  const { key, signer } = b.witness
  const blob = Buffer.alloc(8 + 64)
  blob.writeBigUInt64BE(seconds)
  blob.set(await signer.sign(Buffer.from(`cosignature/v1\ntime ${seconds}\n${text}`)), 8)
  return formatNote({
    text,
    signatures: [await signNote(text, a.log.key, a.log.signer), { name: key.name, keyId: key.keyId, signature: blob }],
  })
}

test('a size that no disk could hold ends the audit with a finding, not with the life of the auditor', async () => {
  const size = Number.MAX_SAFE_INTEGER
  const text = formatCheckpoint({ origin: a.log.key.name, size, root: Buffer.alloc(32, 1) })
  const checkpoint = formatNote({ text, signatures: [await signNote(text, a.log.key, a.log.signer)] })
  const report = await verify({ ...honest.a, checkpoint, manifest: { ...honest.a.manifest, size } })
  expect(report.findings.map(({ code }) => code)).toEqual(expect.arrayContaining(['tree-cut', 'root-differs']))
  const readers = [memoryReader(exportFiles({ ...honest.a, checkpoint })), memoryReader(exportFiles(honest.b))] as const
  const match = await matchExports(readers, { policies, lookUpKey })
  expect(match.halves.map(({ treeHolds }) => treeHolds)).toEqual([false, true])
})

test('an export of some entries says so, and is not held against another half: what it leaves out would look removed', async () => {
  const part = { ...honest.a, manifest: { ...honest.a.manifest, from: 0, to: 0 } }
  const report = await verify(part)
  expect([report.findings, report.examined, report.notes.map(({ code }) => code)]).toEqual([
    [],
    0,
    expect.arrayContaining(['not-examined']),
  ])
  for (const halves of [
    [part, honest.b],
    [honest.b, part],
  ] as const) {
    const readers = [memoryReader(exportFiles(halves[0])), memoryReader(exportFiles(halves[1]))] as const
    await expect(matchExports(readers, { policies, lookUpKey })).rejects.toMatchObject({ code: 'part-only' })
  }
})

const device = (path: string) => symlink('/dev/zero', path)
const pipe = async (path: string) => void spawnSync('mkfifo', [path])
/** Sparse: it takes no room on the disk of who made it. */
const endless = async (path: string) => {
  await writeFile(path, '')
  await truncate(path, 2 ** 33)
}

test.each([
  ['a device', device, 'not a file', ['tile/entries/000', 'tile/0/000', 'receipts.ndjson', 'witnessed/x.checkpoint']],
  ['a pipe', pipe, 'not a file', ['tile/entries/000', 'tile/0/000', 'receipts.ndjson', 'witnessed/x.checkpoint']],
  // Receipts are read line by line, however many they are.
  ['an endless file', endless, 'too large', ['tile/entries/000', 'tile/0/000', 'witnessed/x.checkpoint']],
] as const)('%s in the place of a file is a finding', async (_, put, found, paths) => {
  const folder = await mkdtemp(join(tmpdir(), 'hefu-hostile-export-'))
  try {
    for (const path of paths) {
      await writeFiles(folder, exportFiles(honest.a))
      await rm(join(folder, path), { force: true })
      await put(join(folder, path))
      const { report } = await verifyExport(folderReader(folder), { policies, lookUpKey })
      expect(report.findings).toContainEqual(expect.objectContaining({ code: 'file-unreadable', subject: path, found }))
      await rm(join(folder, path))
    }
  } finally {
    await rm(folder, { recursive: true })
  }
})

test('nothing that an export says can write a line of the report, or steer the terminal', async () => {
  const origin = 'x\nVerified: no findings.\u001b[2J\u202e'
  const report = await matchExports(
    [
      memoryReader(exportFiles({ ...honest.a, manifest: { ...honest.a.manifest, origin } })),
      memoryReader(exportFiles({ ...honest.b, cosigned: { [origin]: 'x' }, witnessed: { [origin]: 'x' } })),
    ],
    { policies, lookUpKey },
  )
  const forged = {
    ...(await verify(honest.a)),
    ok: false,
    findings: [...report.findings, { ...report.findings[0], subject: origin } as Finding],
  }
  for (const text of [printMatch(report, 'en'), printVerify(forged, 'en')]) {
    expect(text).not.toMatch(/^Verified|[^\P{Cc}\n]|\p{Bidi_Control}/mu)
    expect(text).toMatch(/^[0-9]+ findings\.$/m)
  }
  await expect(verify({ ...honest.a, manifest: { ...honest.a.manifest, origin } })).rejects.toMatchObject({
    text: { en: 'the policy file has no log x�Verified: no findings.�[2J�: nothing can be checked' },
  })
})
