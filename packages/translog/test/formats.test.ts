import { expect, test } from 'vitest'
import {
  EMPTY_RANGE,
  formatAddCheckpoint,
  formatCheckpoint,
  formatEntryBundle,
  formatPolicies,
  formatTile,
  formatTlogProof,
  MAX_ENTRY_BYTES,
  parseEntryBundle,
  parsePolicies,
  parseRecordedSize,
  policyFor,
  rangeRoot,
  tilePath,
  tileWidth,
} from '../src/index.ts'
import { examplePolicy } from './make-vectors/policies.ts'
import { log, otherLog, stranger } from './make-vectors/test-keys.ts'

const coded = (code: string): unknown => expect.objectContaining({ name: 'TranslogError', code })

test('nothing is written that could not be read again', () => {
  const root = rangeRoot(EMPTY_RANGE)
  for (const wrong of [
    { origin: '', size: 0, root },
    { origin: 'a\nb', size: 0, root },
    { origin: 'a\r', size: 0, root },
    { origin: 'a', size: 1.5, root },
    { origin: 'a', size: -1, root },
    { origin: 'a', size: 2 ** 53, root },
    { origin: 'a', size: 1, root: root.subarray(1) },
    { origin: 'a', size: 0, root: Buffer.alloc(32) },
    { origin: 'a', size: 0, root, extensions: [''] },
    { origin: 'a', size: 0, root, extensions: ['b\nc'] },
  ]) {
    expect(() => formatCheckpoint(wrong), JSON.stringify(wrong)).toThrow(coded('text'))
  }
  const hashes = (count: number): Uint8Array[] => Array.from({ length: count }, () => root)
  for (const count of [0, 257]) expect(() => formatTile(hashes(count))).toThrow(coded('range'))
  expect(() => formatTile([root.subarray(1)])).toThrow(coded('hash-length'))
  expect(() => formatTlogProof({ index: 0, path: hashes(64), checkpoint: '' })).toThrow(coded('proof-length'))
  expect(() => formatAddCheckpoint({ oldSize: 0, path: hashes(64), checkpoint: '' })).toThrow(coded('proof-length'))
  expect(() => formatAddCheckpoint({ oldSize: 0, path: [root.subarray(1)], checkpoint: '' })).toThrow(coded('hash-length'))
  expect(() => formatTlogProof({ index: -1, path: [], checkpoint: '' })).toThrow(coded('range'))
  for (const tile of [
    { level: 64, index: 0, width: 1 },
    { level: 0, index: -1, width: 1 },
    { level: 0, index: 0, width: 0 },
    { level: 0, index: 0, width: 257 },
  ]) {
    expect(() => tilePath(tile)).toThrow(coded('range'))
  }
  expect(() => tileWidth(0, 0, -1)).toThrow(coded('range'))
})

test('the largest entry, and one byte more', () => {
  const largest = Buffer.alloc(MAX_ENTRY_BYTES, 'x')
  const bundle = formatEntryBundle([largest, Buffer.from('y')])
  expect(parseEntryBundle(bundle, 2)).toEqual({ ok: true, value: [new Uint8Array(largest), new Uint8Array(Buffer.from('y'))] })
  expect(() => formatEntryBundle([Buffer.alloc(65_536)])).toThrow(coded('entry-size'))
  expect(() => formatEntryBundle([])).toThrow(coded('range'))
  expect(() => formatEntryBundle(Array.from({ length: 257 }, () => largest))).toThrow(coded('range'))
})

test('a policy file holds one policy for each log', () => {
  const other = { log: otherLog.key, witnesses: [stranger.key], threshold: 1 }
  const parsed = parsePolicies(formatPolicies([examplePolicy, other]))
  if (!parsed.ok) return expect.fail(parsed.code)
  expect(policyFor(parsed.value, log.key.name)?.threshold).toBe(2)
  expect(policyFor(parsed.value, otherLog.key.name)?.witnesses.map(({ name }) => name)).toEqual([stranger.key.name])
  expect(policyFor(parsed.value, 'nobody.example')).toBeUndefined()
  for (const threshold of [0, 1, 4]) expect(() => formatPolicies([{ ...examplePolicy, threshold }])).toThrow(coded('policy'))
  expect(() => formatPolicies([])).toThrow(coded('policy'))
})

test('the size that a witness answers with 409', () => {
  expect(parseRecordedSize(Buffer.from('0\n'))).toEqual({ ok: true, value: 0 })
  expect(parseRecordedSize('9007199254740991\n')).toEqual({ ok: true, value: Number.MAX_SAFE_INTEGER })
  for (const body of ['', '\n', '1', '01\n', '-1\n', '+1\n', '1 \n', '1\n\n', '1.0\n', '0x1\n', '9007199254740992\n', '<html>\n']) {
    expect(parseRecordedSize(body), JSON.stringify(body)).toEqual({ ok: false, code: 'tree-size' })
  }
  expect(parseRecordedSize('1\r\n')).toEqual({ ok: false, code: 'control' })
  expect(parseRecordedSize(Buffer.of(0xff, 0x0a))).toEqual({ ok: false, code: 'utf8' })
  expect(parseRecordedSize(`${'1'.repeat(100)}\n`)).toEqual({ ok: false, code: 'size' })
})
