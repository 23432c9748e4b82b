import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  formatAddCheckpoint,
  formatCheckpoint,
  formatEntryBundle,
  formatNote,
  formatTlogProof,
  formatVerifierKey,
  type Parsed,
  parseAddCheckpoint,
  parseCheckpoint,
  parseCheckpointNote,
  parseEntryBundle,
  parseNote,
  parsePolicies,
  parseTile,
  parseTilePath,
  parseTlogProof,
  parseVerifierKey,
  readCosignatures,
  tilePath,
  verifyCheckpoint,
} from '../src/index.ts'
import { ExampleLog } from './make-vectors/example-log.ts'
import { buildPolicies, examplePolicy } from './make-vectors/policies.ts'
import { log, witnessA, witnessB } from './make-vectors/test-keys.ts'

const example = ExampleLog.create(11)
const note = await example.note(11, [witnessA, witnessB])
const text = await example.text(11, ['extension'])
const proof = { index: 3, path: await example.inclusion(3, 11), checkpoint: note }
const request = { oldSize: 5, path: await example.consistency(5, 11), checkpoint: note }
const bundle = formatEntryBundle([Buffer.from('a'), Buffer.from(''), Buffer.from('bcd')])
const policies = buildPolicies().valid.map((valid) => valid.text)

/** Reads the input and writes what was read; undefined when it was refused. */
type ReadAndWrite = (input: Buffer) => string | Uint8Array | undefined
function written<Value>(parsed: Parsed<Value, string>, write: (value: Value) => string | Uint8Array): string | Uint8Array | undefined {
  return parsed.ok ? write(parsed.value) : undefined
}
const asText = (input: Buffer): string => input.toString('utf8')

const PARSERS: Record<string, { good: string | Uint8Array; readAndWrite: ReadAndWrite }> = {
  note: { good: note, readAndWrite: (input) => written(parseNote(input), formatNote) },
  checkpoint: { good: text, readAndWrite: (input) => written(parseCheckpoint(asText(input)), formatCheckpoint) },
  'checkpoint with signatures': {
    good: note,
    readAndWrite: (input) => written(parseCheckpointNote(input), (value) => formatNote(value.note)),
  },
  'proof file': { good: formatTlogProof(proof), readAndWrite: (input) => written(parseTlogProof(input), formatTlogProof) },
  'witness request': {
    good: formatAddCheckpoint(request),
    readAndWrite: (input) => written(parseAddCheckpoint(input), formatAddCheckpoint),
  },
  'verifier key': {
    good: formatVerifierKey(log.key),
    readAndWrite: (input) => written(parseVerifierKey(asText(input)), formatVerifierKey),
  },
  'tile path': { good: 'tile/2/x001/x234/067.p/25', readAndWrite: (input) => written(parseTilePath(asText(input)), tilePath) },
  'entry bundle': { good: bundle, readAndWrite: (input) => written(parseEntryBundle(input, 3), formatEntryBundle) },
}

describe.each(Object.entries(PARSERS))('%s', (_name, { good, readAndWrite }) => {
  const bytes = Buffer.from(good)

  test('what is read is written again byte for byte', () => {
    expect(Buffer.from(readAndWrite(bytes) ?? '')).toEqual(bytes)
  })

  test('changed bytes never throw, and what is still read has one spelling', () => {
    const place = fc.record({ at: fc.nat(bytes.length - 1), cut: fc.nat(3), put: fc.uint8Array({ maxLength: 4 }) })
    const textual = fc.constantFrom('\n', '\r', ' ', '0', '=', '+', '—', '\0', 'A', '\t', '/').map((char) => Buffer.from(char))
    fc.assert(
      fc.property(place, fc.option(textual), ({ at, cut, put }, char) => {
        const changed = Buffer.concat([bytes.subarray(0, at), char ?? put, bytes.subarray(at + cut)])
        const again = readAndWrite(changed)
        // A replacement character stands for bytes that the parsers which take strings never saw.
        if (again !== undefined && !asText(changed).includes('\ufffd')) expect(Buffer.from(again)).toEqual(changed)
      }),
      { numRuns: 400 },
    )
  })

  test('random bytes never throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (random) => void readAndWrite(Buffer.from(random))),
      { numRuns: 100 },
    )
  })
})

test('a changed byte of a published checkpoint never verifies as anything else', () => {
  const bytes = Buffer.from(note)
  fc.assert(
    fc.property(fc.nat(bytes.length - 1), fc.nat(7), (at, bit) => {
      const verified = verifyCheckpoint(bytes.with(at, (bytes[at] ?? 0) ^ (1 << bit)), examplePolicy)
      if (!verified.ok) return
      // Lines of other keys are not looked at: the change made a stranger of a witness, and nothing else of anybody.
      expect(verified.value.text).toBe(note.slice(0, note.indexOf('\n\n') + 1))
      expect(verified.value.cosignatures.length).toBe(1)
      expect(verified.value.quorum).toBe(false)
    }),
    { numRuns: 300 },
  )
})

test('a changed byte of a policy never throws', () => {
  for (const policy of policies) {
    const bytes = Buffer.from(policy)
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.nat(255), (at, byte) => void parsePolicies(bytes.with(at, byte))),
      { numRuns: 60 },
    )
  }
})

test('bytes that are not UTF-8, lone surrogates, and too much of anything', () => {
  const parsers = [parseNote, parseCheckpointNote, parseTlogProof, parseAddCheckpoint, parsePolicies]
  for (const parse of parsers) {
    for (const bytes of [Buffer.of(0xff), Buffer.of(0xc0, 0x80), Buffer.of(0xed, 0xa0, 0x80), Buffer.from('a\n\n—').subarray(0, -1)]) {
      expect(parse(bytes), parse.name).toEqual({ ok: false, code: 'utf8' })
    }
    expect(parse('\ud800\n\n'), parse.name).toEqual({ ok: false, code: 'utf8' })
    expect(parse(Buffer.alloc(5 * 1024 * 1024, 'a')), parse.name).toEqual({ ok: false, code: 'size' })
    expect(parse('合'.repeat(2 * 1024 * 1024)), parse.name).toEqual({ ok: false, code: 'size' })
  }
  expect(readCosignatures('合'.repeat(128 * 1024), text, [])).toEqual({ ok: false, code: 'size' })
})

test('hash tiles that are not as wide as asked for', () => {
  const tile = Buffer.alloc(2 * 32)
  expect(parseTile(tile, 2)).toMatchObject({ ok: true, value: { length: 2 } })
  for (const width of [0, 1, 3, 257, 1.5, -1, Number.NaN]) expect(parseTile(tile, width)).toEqual({ ok: false, code: 'length' })
  expect(parseTile(tile.subarray(1), 2)).toEqual({ ok: false, code: 'length' })
})
