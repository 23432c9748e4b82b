import { keyOwner, messageDigest, parseFederation, receiptLeafHash, receiptTree, signReceipt, uuidV7 } from '@hefu/protocol'
import { expect, test } from 'vitest'
import { type MatchOptions, matchExports } from '../../src/audit/match-exports.ts'
import type { AuditState } from '../../src/audit/state-file.ts'
import { verifyExport } from '../../src/audit/verify-export.ts'
import {
  buildHalves,
  exampleFederation,
  exportFiles,
  type Half,
  honestParts,
  log,
  memoryReader,
  type Parts,
  signHead,
} from '../build-log.ts'

const { a, b, policies, messages, exportedAt } = await buildHalves(120)
const honest = { a: await honestParts(a, b, exportedAt), b: await honestParts(b, a, exportedAt) }
const parsed = parseFederation(exampleFederation)
if (!parsed.ok) throw new Error('the example federation is not valid')
const lookUpKey = (kid: string) => keyOwner(parsed.federation, kid)

const match = (partsA: Parts, partsB: Parts, options: MatchOptions = { policies, lookUpKey }) =>
  matchExports([memoryReader(exportFiles(partsA)), memoryReader(exportFiles(partsB))], options)
/** As somebody with the database and this half's own log key would leave it; no peer's key. */
const rewritten = async (half: Half, parts: Parts, entries: readonly string[], change: Partial<Parts> = {}): Promise<Parts> => ({
  ...parts,
  entries,
  checkpoint: await signHead(half, entries, [], 0),
  witnessed: {},
  manifest: { ...parts.manifest, size: entries.length },
  ...change,
})
const codes = ({ findings }: { findings: readonly { code: string }[] }) => [...new Set(findings.map(({ code }) => code))].toSorted()

test('two untouched halves match: nothing missing, late or differing', async () => {
  const report = await match(honest.a, honest.b)
  expect([report.ok, report.findings, report.notes]).toEqual([true, [], []])
  expect(report.halves.map(({ region, treeHolds }) => [region, treeHolds])).toEqual([
    ['510100', true],
    ['500000', true],
  ])
  const sum = (member: 'sent' | 'matched') => report.days.reduce((total, day) => total + day[member], 0)
  expect([sum('sent'), sum('matched')]).toEqual([messages.length, messages.length])
  expect(report.days.map(({ day, from }) => [day, from])).toEqual([
    ['2026-11-22', '500000'],
    ['2026-11-22', '510100'],
  ])
  expect((await match(honest.b, honest.a)).findings).toEqual([])
})

test('a day is that of Asia/Shanghai', async () => {
  // 2026-11-22T00:00:00Z is eight in the morning there; 120 requests do not reach midnight, and no message is of the day before.
  const report = await match(honest.a, honest.b)
  expect([...new Set(report.days.map(({ day }) => day))]).toEqual(['2026-11-22'])
})

const fromA = messages.find(
  ({ claims, receipt }) => claims.iss === a.region && receipt.leaf.status === 'accepted',
) as (typeof messages)[number]

test('the receiver removes a message, and its receipt', async () => {
  const receipt = b.receipts.find(({ leaves }) => leaves.some(({ digest }) => digest === fromA.digest)) as (typeof b.receipts)[number]
  const entries = b.entries.filter((entry, at) => at !== fromA.receivedAt && !entry.includes(receipt.digest))
  const removed = await rewritten(b, honest.b, entries, { receipts: b.receipts.filter((one) => one !== receipt) })
  const report = await match(honest.a, removed)
  expect(codes(report)).toEqual(['cosigned-beyond', 'receipt-not-issued', 'sent-not-received'])
  expect(report.findings.find(({ code }) => code === 'sent-not-received')).toMatchObject({ index: fromA.sentAt, subject: fromA.digest })
  expect(report.days.find(({ from }) => from === a.region)).toMatchObject({ missing: 1 })
  // … and fills up the place, so that the size is as it was.
  const filled = await rewritten(b, honest.b, [...entries, ...b.entries.slice(-2)], { receipts: removed.receipts })
  expect(codes(await match(honest.a, filled))).toContain('cosigned-contradicts')
})

test('the sender removes a message', async () => {
  const entries = a.entries.toSpliced(fromA.sentAt, 1)
  const report = await match(await rewritten(a, honest.a, entries), honest.b)
  expect(codes(report)).toEqual(['cosigned-beyond', 'received-not-sent'])
  expect(report.findings.find(({ code }) => code === 'received-not-sent')).toMatchObject({ index: fromA.receivedAt, subject: fromA.digest })
})

test('the tail of one half is cut, and the heads that the other cosigned show it', async () => {
  const report = await match(await rewritten(a, honest.a, a.entries.slice(0, -40)), honest.b)
  expect(codes(report)).toContain('cosigned-beyond')
  // A half that was exported earlier cannot have what was cosigned since: the next export of it shows its tail.
  const earlier = await rewritten(a, honest.a, a.entries.slice(0, -40))
  const before = { ...earlier, manifest: { ...earlier.manifest, exportedAt: earlier.manifest.exportedAt - 1 } }
  const young = await match(before, honest.b)
  expect([codes(young).includes('cosigned-beyond'), young.notes.map(({ code }) => code)]).toEqual([
    false,
    expect.arrayContaining(['cosigned-later']),
  ])
  // Without what the peer holds of heads, the messages show it.
  const unheld = await match(await rewritten(a, honest.a, a.entries.slice(0, -40)), { ...honest.b, cosigned: {} })
  expect(codes(unheld)).toContain('received-not-sent')
})

test('both halves restored from backups, of different times: match says which is behind, verify that each is shorter than it was', async () => {
  // Both databases, with what each had cosigned: no witness remembers more than its own backup.
  const restored = async (half: Half, parts: Parts, peer: Half, size: number, peerSaw: number): Promise<Parts> => {
    const entries = half.entries.slice(0, size)
    const kept = new Set(entries.map((text) => JSON.parse(text).digest))
    return {
      ...parts,
      entries,
      receipts: parts.receipts.filter(({ digest }) => kept.has(digest)),
      checkpoint: await signHead(half, entries, [peer], Math.floor(exportedAt / 1000) - 30),
      witnessed: {},
      cosigned: { [peer.log.key.name]: await signHead(peer, peer.entries.slice(0, peerSaw), [], 0) },
      manifest: { ...parts.manifest, size },
    }
  }
  const at = (half: Half, share: number) => Math.floor(half.entries.length * share)
  const [early, late] = [at(a, 0.5), at(b, 0.9)]
  const [backA, backB] = [await restored(a, honest.a, b, early, at(b, 0.5)), await restored(b, honest.b, a, late, at(a, 0.9))]
  const report = await match(backA, backB)
  // The half restored from the later time knows of a longer log of the other, and holds receipts and messages that are gone there.
  expect(codes(report)).toEqual(expect.arrayContaining(['cosigned-beyond', 'receipt-not-issued', 'received-not-sent', 'sent-not-received']))
  const beyond = report.findings.filter(({ code }) => code === 'cosigned-beyond')
  expect(beyond.map(({ found }) => found)).toEqual([String(early)])
  // Of two backups of one time nothing but the auditor's own memory tells: each half is a whole beginning of what it was.
  for (const [half, parts] of [
    [a, backA],
    [b, backB],
  ] as const) {
    const verified = async (state?: AuditState) =>
      (await verifyExport(memoryReader(exportFiles(parts)), { policies, ...(state && { state }) })).report.findings.map(({ code }) => code)
    const seen = new Map([[half.log.key.name, { size: half.entries.length, root: new Uint8Array(32) }]])
    expect(await verified(seen)).toContain('rollback')
    expect(await verified()).not.toContain('rollback')
  }
})

test('a message that the halves describe differently', async () => {
  const entries = b.entries.with(
    fromA.receivedAt,
    (b.entries[fromA.receivedAt] as string).replace('"document":"notice"', '"document":"answer"'),
  )
  const report = await match(honest.a, await rewritten(b, honest.b, entries))
  expect(report.findings.find(({ code }) => code === 'message-unlike')).toMatchObject({ index: fromA.sentAt })
  expect(codes(report)).toEqual(['cosigned-contradicts', 'message-unlike'])
})

test('a receipt that the halves describe differently', async () => {
  const at = b.entries.findIndex((entry) => entry.includes('"kind":"receipt.issued"'))
  const entries = b.entries.with(at, (b.entries[at] as string).replace(/"size":\d+/, '"size":77'))
  expect(codes(await match(honest.a, await rewritten(b, honest.b, entries)))).toEqual(['cosigned-contradicts', 'receipt-unlike'])
})

test('sent and not there: late while young, missing when old; never excused once there is a receipt', async () => {
  const { entries, receipts } = (await buildHalves(121)).a
  expect(entries.slice(0, a.entries.length)).toEqual(a.entries)
  const young = await match(await rewritten(a, honest.a, entries, { receipts }), honest.b)
  expect(young.notes.map(({ code }) => code)).toEqual(expect.arrayContaining(['sent-late', 'receipt-late']))
  expect(young.findings).toEqual([])
  const open = await rewritten(a, honest.a, entries, { receipts: a.receipts })
  const old = await match(open, honest.b, { policies, lookUpKey, lateAfterMs: -60_000 })
  expect(codes(old)).toEqual(expect.arrayContaining(['sent-missing']))
})

test('a half whose receipts are gone from its tables, their entries still there, is told so', async () => {
  const [gone, kept] = [
    a.receipts.filter(({ direction }) => direction === 'issued')[0],
    a.receipts.filter(({ direction }) => direction === 'received')[0],
  ]
  const without = await match({ ...honest.a, receipts: a.receipts.filter((one) => one !== gone && one !== kept) }, honest.b)
  expect([without.ok, codes(without)]).toEqual([false, ['receipt-missing']])
  expect(without.findings.map(({ subject }) => subject).toSorted()).toEqual([gone?.digest, kept?.digest].toSorted())
  expect(without.findings.every(({ index, expected }) => index !== undefined && expected.startsWith(a.region))).toBe(true)
  const none = await match(honest.a, { ...honest.b, receipts: [] })
  expect(codes(none)).toEqual(['receipt-missing'])
})

test('a half whose tree does not hold is compared, and named', async () => {
  const report = await match({ ...honest.a, checkpoint: await signHead(a, a.entries.toReversed(), [], 0) }, honest.b)
  expect(report.halves.map(({ treeHolds }) => treeHolds)).toEqual([false, true])
  expect(report.findings).toEqual([expect.objectContaining({ code: 'half-unverified', subject: a.region })])
})

test('heads of a stranger count for nothing', async () => {
  const forged = (await signHead({ ...a, log: { ...a.log, signer: a.log.signer } }, a.entries, [], 0)).replace(/^— .*\n/m, '')
  const unsigned = `${forged}${(await signHead(b, b.entries, [], 0)).split('\n').at(-2)}\n`
  const report = await match(honest.a, { ...honest.b, cosigned: { [a.log.key.name]: unsigned } })
  expect(codes(report)).toEqual(['checkpoint-signature'])
  expect((await match(honest.a, honest.b, {})).notes.map(({ code }) => code)).toEqual(['cosigned-unchecked', 'cosigned-unchecked'])
})

test('one region twice is no match', async () => {
  await expect(match(honest.a, honest.a)).rejects.toMatchObject({ code: 'same-region' })
})

test('a message that was meant for a third region and shown to this one by somebody else accuses nobody', async () => {
  const { a, b, policies, exportedAt } = await buildHalves(9)
  const at = exportedAt - 10 * 60_000
  const [parties, jti, digest] = [{ iss: a.region, aud: b.region }, uuidV7(at, Buffer.alloc(10, 1)), 'A'.repeat(43)] as const
  const leaf = { jti, digest, status: 'refused', reason: 'audience' } as const
  const { size, root } = receiptTree([receiptLeafHash(leaf)])
  const signed = { iss: b.region, aud: a.region, jti: uuidV7(at, Buffer.alloc(10, 2)) }
  const seconds = Math.floor(at / 1000)
  const receipt = await signReceipt({ ...signed, iat: seconds, receivedAt: seconds, tree: { size, root } }, b.signer)
  log(b, { kind: 'refusal', ...parties, jti, digest, reason: 'audience' }, at)
  log(b, { kind: 'receipt.issued', ...signed, digest: messageDigest(receipt), size, root }, at)
  b.receipts.push({ digest: messageDigest(receipt), receipt, direction: 'issued', leaves: [leaf] })
  const parts = [await honestParts(a, b, exportedAt), await honestParts(b, a, exportedAt)] as const
  const report = await match(parts[0], parts[1], { policies, lookUpKey, lateAfterMs: 60_000 })
  expect([codes(report), report.notes.map(({ code }) => code)]).toEqual([[], ['refused-elsewhere']])
})
