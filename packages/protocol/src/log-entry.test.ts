import { readFile } from 'node:fs/promises'
import { leafHash } from '@hefu/translog'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { exampleFacts } from '../test/make-vectors/log-entries.ts'
import { type CanonicalValue, canonicalJson } from './canonical-json.ts'
import { formatLogEntry, judgeLogEntry, type LogEntryCode, logEntryKinds, MAX_LOG_ENTRY_BYTES, parseLogEntry } from './log-entry.ts'
import { readPlainLogEntry } from './plain-log-entry.ts'

const vectors = JSON.parse(await readFile(new URL('../vectors/log-entries.json', import.meta.url), 'utf8')) as {
  readonly valid: readonly {
    readonly entry: { readonly kind: string; readonly at: number }
    readonly text: string
    readonly leafHash: string
  }[]
  readonly invalid: readonly { readonly name: string; readonly text: string; readonly code: LogEntryCode }[]
}

const bytesOf = (text: string) => new Uint8Array(Buffer.from(text))

test('every kind has a vector, whose bytes are read back and hashed alike', () => {
  expect([...new Set(vectors.valid.map(({ entry }) => entry.kind))].sort()).toEqual([...logEntryKinds].sort())
  for (const { entry, text, leafHash: hash } of vectors.valid) {
    expect(parseLogEntry(bytesOf(text))).toEqual({ ok: true, entry })
    expect(Buffer.from(leafHash(bytesOf(text))).toString('hex')).toBe(hash)
  }
})

test.each(vectors.invalid)('$name is no entry', ({ text, code }) => {
  expect(parseLogEntry(bytesOf(text))).toEqual({ ok: false, code })
})

test('bytes that are not UTF-8, and more bytes than an entry may have', () => {
  expect(parseLogEntry(Uint8Array.of(0x22, 0xff, 0x22))).toEqual({ ok: false, code: 'json' })
  expect(parseLogEntry(new Uint8Array(MAX_LOG_ENTRY_BYTES + 1).fill(0x20))).toEqual({ ok: false, code: 'size' })
})

/** Values that are almost right somewhere: each stands once in each member of each kind. */
const hostileValues = [
  ...[0, 1, -0, -1, 0.5, 500, 501, 1000, 253_402_300_799_999, 253_402_300_800_000, 2 ** 53, '', '1', null, true, [], {}],
  ...['510100', '51010', '５10100', 'a', 'A', 'a/1', 'a/0', 'a/1000000', 'notice\n', '张三', 'a"b', 'a\\b', 'a'.repeat(64), 'a'.repeat(65)],
  ...['510100-VN-20261122-7K3F9QX6', '510100-VN-20260230-00000000', ['510100-VN-20261122-7K3F9QX6'], 'unverifiable', 'audience'],
  ...['A'.repeat(43), 'A'.repeat(42), `${'A'.repeat(42)}B`, '019aa800-0000-7000-8000-000000000000', '019AA800-0000-7000-8000-000000000000'],
]

test('the quick way gives what the whole judgement gives, or nothing: of every member with every hostile value', () => {
  const members = new Set(vectors.valid.flatMap(({ entry }) => Object.keys(entry)))
  for (const { entry } of vectors.valid) {
    for (const member of [...members, 'name']) {
      for (const value of hostileValues) expectAlike(Buffer.from(JSON.stringify(sorted({ ...entry, [member]: value }))))
    }
  }
})

test('the quick way gives what the whole judgement gives, or nothing: with bytes changed, lost and added', () => {
  const text = fc.constantFrom(...vectors.valid.map((one) => one.text))
  fc.assert(
    fc.property(text, fc.nat(), fc.nat(2), fc.uint8Array({ maxLength: 3 }), (whole, place, lost, added) => {
      const bytes = Buffer.from(whole)
      const at = place % (bytes.length + 1)
      expectAlike(Buffer.concat([bytes.subarray(0, at), added, bytes.subarray(at + lost)]))
    }),
    { numRuns: 20_000 },
  )
})

test('what a log is full of goes the quick way', () => {
  const quick = vectors.valid.filter(({ text }) => readPlainLogEntry(bytesOf(text)) !== undefined).map(({ entry }) => entry.kind)
  expect([...new Set(quick)].sort()).toEqual(
    ['message.sent', 'message.received', 'receipt.issued', 'receipt.received', 'access.read', 'refusal', 'heartbeat'].sort(),
  )
})

function expectAlike(bytes: Uint8Array) {
  const entry = readPlainLogEntry(bytes)
  if (entry !== undefined) expect(judgeLogEntry(bytes)).toEqual({ ok: true, entry })
}

function sorted(entry: object): object {
  return Object.fromEntries(Object.entries(entry).sort(([a], [b]) => (a < b ? -1 : 1)))
}

test.each(exampleFacts)('$kind with one more member is not written', (fact) => {
  expect(() => formatLogEntry({ ...fact, ...{ holder: '张三' } }, 0)).toThrow(expect.objectContaining({ name: 'ZodError' }))
})

test('the example of RFC 8785 section 3.2.3: members are sorted by UTF-16 code units', () => {
  const value = {
    '\u20ac': 'Euro Sign',
    '\r': 'Carriage Return',
    '\ufb33': 'Hebrew Letter Dalet With Dagesh',
    '1': 'One',
    '\u{1f600}': 'Emoji: Grinning Face',
    '\u0080': 'Control',
    '\u00f6': 'Latin Small Letter O With Diaeresis',
  }
  expect([...canonicalJson(value).matchAll(/:"([^"]+)"/g)].map(([, word]) => word)).toEqual([
    'Carriage Return',
    'One',
    'Control',
    'Latin Small Letter O With Diaeresis',
    'Euro Sign',
    'Emoji: Grinning Face',
    'Hebrew Letter Dalet With Dagesh',
  ])
  expect(canonicalJson('\u20ac$\u000f\nA\'B"\\\\"/')).toBe('"\u20ac$\\u000f\\nA\'B\\"\\\\\\\\\\"/"')
})

test('what is written is read as the same value, whatever the order of its members', () => {
  const { tree } = fc.letrec<{ tree: CanonicalValue }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 3 },
      fc.string({ unit: 'binary' }),
      fc.maxSafeInteger(),
      fc.boolean(),
      fc.constant(null),
      fc.array(tie('tree')),
      fc.dictionary(fc.string({ unit: 'binary' }), tie('tree')),
    ),
  }))
  fc.assert(
    fc.property(tree, (value) => {
      const text = canonicalJson(value)
      expect(canonicalJson(JSON.parse(text) as CanonicalValue)).toBe(text)
      expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)))
      expect(canonicalJson(reversed(value))).toBe(text)
    }),
  )
})

function reversed(value: CanonicalValue): CanonicalValue {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(reversed)
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([name, member]) => [name, reversed(member)]),
  )
}

test.each([0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, '\ud800', { a: undefined }, undefined])(
  '%j has no canonical text',
  (value) => {
    expect(() => canonicalJson(value as CanonicalValue)).toThrow(TypeError)
  },
)
