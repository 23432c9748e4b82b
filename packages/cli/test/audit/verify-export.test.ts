import { formatLogEntry, keyOwner, type LogFact, parseFederation } from '@hefu/protocol'
import { describe, expect, test } from 'vitest'
import type { FindingCode } from '../../src/audit/meanings.ts'
import { type VerifyOptions, verifyExport } from '../../src/audit/verify-export.ts'
import {
  buildHalves,
  exampleFederation,
  exportFiles,
  type Files,
  honestParts,
  memoryReader,
  type Parts,
  signHead,
  treeFiles,
} from '../build-log.ts'

const halves = await buildHalves(240)
const { a, b, policies, exportedAt } = halves
const honest = await honestParts(a, b, exportedAt)
const parsed = parseFederation(exampleFederation)
if (!parsed.ok) throw new Error('the example federation is not valid')
const lookUpKey = (kid: string) => keyOwner(parsed.federation, kid)

const verify = async (files: Files, options: Partial<VerifyOptions> = {}) =>
  verifyExport(memoryReader(files), { policies, lookUpKey, ...options })
const codesOf = async (files: Files, options: Partial<VerifyOptions> = {}) => {
  const { report, head } = await verify(files, options)
  expect(report.ok).toBe(report.findings.length === 0)
  expect(head === undefined).toBe(report.findings.some(({ severity }) => severity === 'error'))
  return [...new Set(report.findings.map(({ code }) => code))].toSorted()
}
const files = (change: Partial<Parts> = {}) => exportFiles({ ...honest, ...change })
/** Somebody with full access to the database: tiles, bundles and manifest are computed anew; the log key signs only for who holds it. */
const rewritten = async (entries: readonly string[], { ownKey, ...change }: Partial<Parts> & { ownKey: boolean }) =>
  files({
    entries,
    checkpoint: ownKey ? await signHead(a, entries, [], 0) : honest.checkpoint,
    manifest: ownKey ? { ...honest.manifest, size: entries.length } : honest.manifest,
    ...change,
  })

const kindAt = (kind: LogFact['kind'], from = 300) => a.entries.findIndex((entry, at) => at >= from && entry.includes(`"kind":"${kind}"`))
const without = <Value>(values: readonly Value[], at: number) => values.toSpliced(at, 1)
const swapped = (at: number, other: number) => {
  const entries = [...a.entries]
  ;[entries[at], entries[other]] = [entries[other] as string, entries[at] as string]
  return entries
}
const replaced = (at: number, from: string | RegExp, to: string) => {
  const entries = [...a.entries]
  entries[at] = (entries[at] as string).replace(from, to)
  expect(entries[at]).not.toBe(a.entries[at])
  return entries
}

test('an untouched export passes: no finding, no note', async () => {
  const { report, head } = await verify(files())
  expect(report).toMatchObject({ ok: true, size: a.entries.length, examined: a.entries.length, proven: a.entries.length, omitted: {} })
  expect([report.findings, report.notes]).toEqual([[], []])
  expect(report.receipts).toBe(a.receipts.length)
  expect(Object.values(report.kinds).reduce((sum, n) => sum + n, 0)).toBe(a.entries.length)
  expect(head?.size).toBe(a.entries.length)
  expect(await codesOf(exportFiles(await honestParts(b, a, exportedAt)))).toEqual([])
})

describe('somebody with full access to the database, and with the node’s own log key too', () => {
  const altered = replaced(kindAt('message.sent'), '"document":"notice"', '"document":"answer"')
  const inserted = a.entries.toSpliced(400, 0, formatLogEntry({ kind: 'heartbeat' }, Date.parse('2026-11-22T00:40:00Z')))
  const deleted = without(a.entries, kindAt('heartbeat'))
  const cases: [string, readonly string[], FindingCode[], FindingCode[]][] = [
    ['deletes one entry', deleted, ['file-missing', 'root-differs'], ['witness-beyond']],
    ['deletes one and adds one at the end', [...deleted, a.entries.at(-1) as string], ['root-differs'], ['witness-contradicts']],
    ['alters one', altered, ['root-differs'], ['witness-contradicts']],
    ['swaps two', swapped(300, 340), ['root-differs'], ['witness-contradicts']],
    ['cuts the tail', a.entries.slice(0, -7), ['file-missing', 'root-differs'], ['witness-beyond']],
    ['inserts one in the past', inserted, ['file-missing', 'root-differs'], ['witness-contradicts']],
  ]
  test.each(cases)('%s', async (_, entries, withoutKey, withKey) => {
    expect(await codesOf(await rewritten(entries, { ownKey: false }))).toEqual(expect.arrayContaining(withoutKey))
    expect(await codesOf(await rewritten(entries, { ownKey: true }))).toEqual(expect.arrayContaining(withKey))
    // And hides what the witnesses signed: nothing is proven any more.
    expect(await codesOf(await rewritten(entries, { ownKey: true, witnessed: {} }))).toEqual(expect.arrayContaining(['no-quorum']))
  })

  test('alters one entry and nothing else: its index is named', async () => {
    const [at] = [kindAt('message.sent')]
    const only = new Map([...files(), ...[...treeFiles(altered)].filter(([path]) => path.startsWith('tile/entries/'))])
    const { report } = await verify(only)
    expect(report.findings).toEqual([expect.objectContaining({ code: 'leaf-differs', index: at, zh: expect.any(String) })])
  })

  test('alters a hash tile', async () => {
    const bad = files()
    const tile = Buffer.from(bad.get('tile/1/000.p/3') ?? '')
    expect(tile.length).toBe(96)
    tile[40] = (tile[40] as number) ^ 1
    bad.set('tile/1/000.p/3', tile)
    const { report } = await verify(bad)
    expect(report.findings.map(({ code, subject }) => [code, subject])).toEqual([['tile-differs', 'tile/1/000.p/3#1']])
  })

  test('drops a receipt: only its text, or its entry too', async () => {
    const at = a.receipts.findIndex(({ direction }) => direction === 'issued')
    const dropped = { receipts: without(a.receipts, at) }
    expect(await codesOf(files(dropped))).toEqual(['message-unreceipted', 'receipt-missing'])
    const entries = without(
      a.entries,
      a.entries.findIndex((entry) => entry.includes(a.receipts[at]?.digest as string)),
    )
    expect(await codesOf(await rewritten(entries, { ownKey: true, ...dropped }))).toEqual([
      'message-unreceipted',
      'no-quorum',
      'witness-beyond',
    ])
    expect(await codesOf(await rewritten(entries, { ownKey: true }))).toEqual(['no-quorum', 'receipt-unlogged', 'witness-beyond'])
  })

  test('removes a message: the receipt still proves it', async () => {
    for (const kind of ['message.received', 'message.sent'] as const) {
      const removed = await rewritten(without(a.entries, kindAt(kind)), { ownKey: true })
      expect(await codesOf(removed)).toEqual(['message-unlogged', 'no-quorum', 'witness-beyond'])
    }
  })

  test('says that a refused message was accepted', async () => {
    const at = kindAt('refusal', 0)
    const entries = replaced(at, '"reason":"agreement"', '"reason":"expired"')
    expect(await codesOf(await rewritten(entries, { ownKey: true }))).toEqual(['message-differs', 'no-quorum', 'witness-contradicts'])
  })

  test('shows an old head, once its witnesses saw more', async () => {
    const entries = a.entries.slice(0, 500)
    const old = await signHead(a, entries, [b], Math.floor(exportedAt / 1000) - 301)
    const stale = files({ entries, checkpoint: old, witnessed: { [b.witness.key.name]: old }, manifest: { ...honest.manifest, size: 500 } })
    expect(await codesOf(stale)).toEqual(expect.arrayContaining(['head-old']))
  })
})

describe('signatures and heads', () => {
  test('a checkpoint of another log’s key', async () => {
    const forged = await signHead({ ...a, log: { key: a.log.key, signer: a.log.signer } }, a.entries, [], 0)
    const line = forged.split('\n').findIndex((text) => text.startsWith('—'))
    const swappedLine = (await signHead(b, b.entries, [], 0)).split('\n').find((text) => text.startsWith('—')) as string
    const note = forged.split('\n').with(line, swappedLine).join('\n')
    expect(await codesOf(files({ checkpoint: note, witnessed: {} }))).toEqual(['checkpoint-signature', 'no-quorum'])
  })

  test('a cosignature that is not over this head', async () => {
    const other = await signHead(a, a.entries.slice(0, 100), [b], 1)
    const lines = honest.checkpoint.split('\n')
    const bad = lines.with(5, other.split('\n')[5] as string).join('\n')
    expect(bad).not.toBe(honest.checkpoint)
    expect(await codesOf(files({ witnessed: { w: bad } }))).toEqual(['witness-signature'])
  })

  test('entries after the newest cosigned head are unproven, and that is no finding', async () => {
    const note = await signHead(a, a.entries.slice(0, -5), [b], Math.floor(exportedAt / 1000) - 60)
    const young = files({ checkpoint: await signHead(a, a.entries, [], 0), witnessed: { [b.witness.key.name]: note } })
    const { report } = await verify(young)
    expect(report.findings).toEqual([])
    expect(report.notes).toEqual([expect.objectContaining({ code: 'unproven', index: a.entries.length - 5 })])
    expect(report.proven).toBe(a.entries.length - 5)
  })

  test('a policy without this log checks nothing', async () => {
    await expect(verify(files(), { policies: policies.slice(1) })).rejects.toMatchObject({ code: 'policy-log' })
    await expect(verify(new Map([...files()].filter(([path]) => path !== 'manifest.json')))).rejects.toMatchObject({ code: 'manifest' })
    await expect(verify(files({ checkpoint: 'nothing' }))).rejects.toMatchObject({ code: 'checkpoint' })
  })

  test('a manifest that says something else than the checkpoint', async () => {
    expect(await codesOf(files({ manifest: { ...honest.manifest, size: 1 } }))).toEqual(['manifest-differs'])
  })
})

describe('entries', () => {
  /** Honest in every other way: signed and cosigned as they are. */
  const grown = async (entries: readonly string[], change: Partial<Parts> = {}) => {
    const note = await signHead(a, entries, [b], Math.floor(exportedAt / 1000) - 30)
    const manifest = { ...honest.manifest, size: entries.length }
    return files({ entries, checkpoint: note, witnessed: { [b.witness.key.name]: note }, manifest, ...change })
  }
  const later = exportedAt - 1000

  test.each<[FindingCode, string]>([
    ['entry-form', '{"v":1,"kind":"heartbeat","at":1}'],
    ['entry-form', 'hello'],
    ['entry-schema', `{"at":${later},"holder":"张三","kind":"heartbeat","v":1}`],
    ['entry-schema', `{"at":${later},"kind":"gossip","v":1}`],
    [
      'entry-party',
      formatLogEntry(
        {
          ...(JSON.parse(b.entries[kindAt('message.sent', 0)] ?? '{}') as LogFact),
          kind: 'message.sent',
          iss: '500000',
          aud: '510100',
          jti: halves.messages[0]?.claims.jti,
          digest: 'A'.repeat(43),
          procedure: 'violation-notice/1',
          document: 'notice',
          case: halves.messages[0]?.claims.case,
        } as LogFact,
        later,
      ),
    ],
    [
      'successor-misplaced',
      formatLogEntry({ kind: 'log.successor', origin: 'x', size: 1, root: 'A'.repeat(43), decision: 'A'.repeat(43) }, later),
    ],
    ['time-backwards', formatLogEntry({ kind: 'heartbeat' }, later - 10 * 60_000)],
    ['entry-repeated', a.entries[kindAt('message.sent', a.entries.length - 12)] as string],
  ])('%s', async (code, entry) => {
    const { report } = await verify(await grown([...a.entries, entry]))
    expect(report.findings).toEqual([expect.objectContaining({ code, index: a.entries.length })])
  })

  test('a silence of more than five minutes: unless the node was stopped and started', async () => {
    const process = halves.messages[0]?.claims.jti as string
    const at = exportedAt + 10 * 60_000
    const quiet = { manifest: { ...honest.manifest, exportedAt: at + 1000 } }
    const cosigned = async (entries: readonly string[]) => {
      const note = await signHead(a, entries, [b], Math.floor(at / 1000))
      const manifest = { ...quiet.manifest, size: entries.length }
      return verify(files({ entries, checkpoint: note, witnessed: { [b.witness.key.name]: note }, manifest }))
    }
    const silent = await cosigned([...a.entries, formatLogEntry({ kind: 'heartbeat' }, at)])
    expect(silent.report.findings).toEqual([
      expect.objectContaining({ code: 'heartbeat-gap', severity: 'warning', index: a.entries.length }),
    ])
    const started = formatLogEntry({ kind: 'node.started', process, federation: 1, roles: ['api'] }, at)
    const stopped = await cosigned([...a.entries, formatLogEntry({ kind: 'node.stopped', process }, exportedAt), started])
    expect([stopped.report.findings, stopped.report.notes.map(({ code }) => code)]).toEqual([[], ['node-away']])
    const unasked = await cosigned([...a.entries, started])
    expect(unasked.report.findings.map(({ code }) => code)).toEqual(['heartbeat-gap'])
  })

  test('a successor log begins with what it succeeds', async () => {
    const root = Buffer.alloc(32, 7)
    const successor = (size: number) =>
      formatLogEntry({ kind: 'log.successor', origin: 'old/log', size, root: root.toString('base64url'), decision: 'A'.repeat(43) }, later)
    const second = async (entries: readonly string[], seen: number) => {
      const manifest = { ...honest.manifest, epoch: 1, size: entries.length }
      const state = new Map([['old/log', { size: seen, root }]])
      return codesOf(await grown(entries, { manifest, receipts: [] }), { state })
    }
    const beat = formatLogEntry({ kind: 'heartbeat' }, later)
    expect(await second([successor(9), beat], 9)).toEqual([])
    expect(await second([successor(9), beat], 8)).toEqual([])
    expect(await second([successor(9), beat], 10)).toEqual(['successor-differs'])
    expect(await second([beat], 9)).toEqual(['successor-missing'])
  })
})

describe('receipts', () => {
  const at = a.receipts.findIndex(({ direction, leaves }) => direction === 'issued' && leaves.length > 2)
  const one = a.receipts[at] as (typeof a.receipts)[number]
  const instead = (change: Partial<typeof one>) => files({ receipts: a.receipts.with(at, { ...one, ...change }) })

  test.each<[string, Files, FindingCode]>([
    ['another digest', instead({ digest: 'A'.repeat(43) }), 'receipt-digest'],
    ['messages in another order', instead({ leaves: [...one.leaves].reverse() }), 'receipt-tree'],
    ['a message left out', instead({ leaves: one.leaves.slice(1) }), 'receipt-tree'],
    ['the wrong direction', instead({ direction: 'received' }), 'receipt-form'],
    ['a bad signature', instead({ receipt: `${one.receipt.slice(0, -86)}${'A'.repeat(86)}` }), 'receipt-signature'],
    ['no receipt at all', instead({ receipt: 'x' }), 'receipt-form'],
  ])('%s', async (_, bad, code) => {
    // A receipt that is not good for anything leaves its messages without one.
    expect(await codesOf(bad)).toEqual(['message-unreceipted', code, 'receipt-missing'].toSorted())
  })

  test('a receipt twice', async () => {
    expect(await codesOf(files({ receipts: [...a.receipts, one] }))).toEqual(['receipt-repeated'])
  })

  test('without the federation file signatures are not judged, and the report says so', async () => {
    const bad = instead({ receipt: `${one.receipt.slice(0, -86)}${'A'.repeat(86)}` })
    const { report } = await verify(bad, { lookUpKey: undefined })
    expect([report.findings, report.receiptSignatures]).toEqual([[], false])
  })

  test('sent and not receipted: open while young, late after a day', async () => {
    const entry = (ms: number) =>
      formatLogEntry(
        {
          kind: 'message.sent',
          iss: '510100',
          aud: '500000',
          jti: halves.messages[0]?.claims.jti,
          digest: 'A'.repeat(43),
          procedure: 'violation-notice/1',
          document: 'notice',
          case: halves.messages[0]?.claims.case,
        } as LogFact,
        ms,
      )
    const entries = [...a.entries, entry(exportedAt - 1000)]
    const note = await signHead(a, entries, [b], Math.floor(exportedAt / 1000) - 30)
    const export_ = files({ entries, checkpoint: note, witnessed: { w: note }, manifest: { ...honest.manifest, size: entries.length } })
    expect((await verify(export_)).report.notes.map(({ code }) => code)).toEqual(['message-open'])
    expect(await codesOf(export_)).toEqual([])
    expect(await codesOf(export_, { lateAfterMs: 500 })).toEqual(['message-late'])
  })
})

describe('the state of earlier audits', () => {
  const state = async (entries: readonly string[]) => {
    const { head } = await verify(exportFiles({ ...honest, ...(await older(entries)) }), {})
    return new Map([[a.log.key.name, head as NonNullable<typeof head>]])
  }
  const older = async (entries: readonly string[]): Promise<Partial<Parts>> => {
    const note = await signHead(a, entries, [b], Math.floor(exportedAt / 1000) - 30)
    const receipts = a.receipts.filter(({ digest }) => entries.some((entry) => entry.includes(digest)))
    return { entries, receipts, checkpoint: note, witnessed: { w: note }, manifest: { ...honest.manifest, size: entries.length } }
  }

  test('a log that grew', async () => {
    const { report } = await verify(files(), {
      state: new Map([[a.log.key.name, { size: 0, root: (await import('@hefu/translog')).emptyRoot() }]]),
    })
    expect(report.ok).toBe(true)
    expect(await codesOf(files(), { state: await state(a.entries) })).toEqual([])
  })

  test('rollback: a shorter log, however well signed and cosigned', async () => {
    const seen = await state(a.entries)
    const cut = exportFiles({ ...honest, ...(await older(a.entries.slice(0, 500))) })
    expect(await codesOf(cut, { state: seen })).toEqual(expect.arrayContaining(['rollback']))
  })

  test('fork: another history of the same length or longer, whoever signed it', async () => {
    const seen = await state(a.entries)
    const other = [...replaced(kindAt('heartbeat'), /"at":(\d+)/, '"at":1795308400000'), formatLogEntry({ kind: 'heartbeat' }, exportedAt)]
    const fork = exportFiles({ ...honest, ...(await older(other)) })
    expect(await codesOf(fork, { state: seen })).toEqual(expect.arrayContaining(['fork']))
  })
})

test('a part of the entries: what was not fetched is not examined, and never called good', async () => {
  const part = new Map(
    [...files({ manifest: { ...honest.manifest, from: 256, to: 512 } })].filter(
      ([path]) => !path.startsWith('tile/entries/') || path === 'tile/entries/001',
    ),
  )
  const { report } = await verify(part)
  expect(report.findings).toEqual([])
  expect(report.examined).toBe(256)
  part.delete('tile/entries/001')
  expect(await codesOf(part)).toEqual(['file-missing'])
})
