import { readFile } from 'node:fs/promises'
import { leafHash } from '@hefu/translog'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { exampleFacts } from '../test/make-vectors/log-entries.ts'
import { type CanonicalValue, canonicalJson } from './canonical-json.ts'
import { formatLogEntry, type LogEntryCode, logEntryKinds, MAX_LOG_ENTRY_BYTES, parseLogEntry } from './log-entry.ts'

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
