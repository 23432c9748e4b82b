// Exports made by somebody who wants the auditor's tool to say "no findings", to accuse the wrong one, or never to end.
import { type ExportedReceipt, keyOwner, parseFederation, receiptLeafHash, receiptTree } from '@hefu/protocol'
import { expect, test } from 'vitest'
import { type VerifyOptions, verifyExport } from '../../src/audit/verify-export.ts'
import { buildHalves, exampleFederation, exportFiles, honestParts, memoryReader, type Parts, signHead } from '../build-log.ts'

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
