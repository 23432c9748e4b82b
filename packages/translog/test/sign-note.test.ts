import { generateKeyPairSync } from 'node:crypto'
import { expect, test } from 'vitest'
import { COSIGNATURE_V1, cosignCheckpoint, ED25519, formatSignatureLine, readCosignatures, signNote, verifierKey } from '../src/index.ts'
import { ExampleLog, SIGNED_AT } from './make-vectors/example-log.ts'
import { log, otherLog, stranger, witnessA, witnessB } from './make-vectors/test-keys.ts'

const coded = (code: string): unknown => expect.objectContaining({ name: 'TranslogError', code })
const example = ExampleLog.create(11)
const text = await example.text(11)

test('a signer with another key signs nothing', async () => {
  await expect(signNote(text, log.key, otherLog)).rejects.toThrow(coded('signer'))
  await expect(cosignCheckpoint(text, witnessA.key, witnessB, SIGNED_AT)).rejects.toThrow(coded('signer'))
  await expect(signNote(text, log.key, { sign: async () => new Uint8Array(63) })).rejects.toThrow(coded('signer'))
})

test('a log key does not cosign, a witness key does not sign, and neither signs what is no note or checkpoint', async () => {
  await expect(signNote(text, witnessA.key, witnessA)).rejects.toThrow(coded('key-type'))
  await expect(cosignCheckpoint(text, log.key, log, SIGNED_AT)).rejects.toThrow(coded('key-type'))
  for (const wrong of ['', 'no newline', 'CR\r\n', '\ud800\n', `${'x'.repeat(200_000)}\n`]) {
    await expect(signNote(wrong, log.key, log)).rejects.toThrow(coded('text'))
    await expect(cosignCheckpoint(wrong, witnessA.key, witnessA, SIGNED_AT)).rejects.toThrow(coded('text'))
  }
  await expect(cosignCheckpoint('three\nlines\nhere\n', witnessA.key, witnessA, SIGNED_AT)).rejects.toThrow(coded('text'))
  for (const time of [-1, 1.5, 2 ** 53]) await expect(cosignCheckpoint(text, witnessA.key, witnessA, time)).rejects.toThrow(coded('range'))
})

test('what a witness answers is verified line by line before it is published', async () => {
  const lineOf = async (witness: typeof witnessA, of = text): Promise<string> =>
    formatSignatureLine(await cosignCheckpoint(of, witness.key, witness, SIGNED_AT))
  const [a, b, other] = [await lineOf(witnessA), await lineOf(witnessB), await lineOf(stranger)]
  const keys = [witnessA.key, witnessB.key]
  expect(readCosignatures(Buffer.from(a + other + b), text, keys)).toMatchObject({
    ok: true,
    value: [{ time: SIGNED_AT }, { time: SIGNED_AT }],
  })
  const old = await lineOf(witnessA, await example.text(10))
  for (const [body, code] of [
    ['', 'signature-count'],
    [other, 'no-known-signature'],
    [old, 'bad-signature'],
    [a + old, 'repeated-signature'],
    [b + old, 'bad-signature'],
    [`${a}\n`, 'signature-line'],
    [`${text}\n${a}`, 'signature-line'],
    [a.slice(0, -1), 'signature-line'],
    [a.replace('\n', '\r\n'), 'control'],
  ] as const) {
    expect(readCosignatures(body, text, keys), JSON.stringify(body)).toEqual({ ok: false, code })
  }
})

test('key names and kinds of keys', () => {
  const { publicKey } = generateKeyPairSync('ed25519')
  expect(verifierKey('区域.example/日志', ED25519, publicKey).name).toBe('区域.example/日志')
  for (const name of ['', 'a b', 'a+b', 'a\nb', 'a\u2003b', 'a\u0085b', '\ud800', 'x'.repeat(256), '合'.repeat(86)]) {
    expect(() => verifierKey(name, COSIGNATURE_V1, publicKey), JSON.stringify(name)).toThrow(coded('text'))
  }
  expect(() => verifierKey('x', ED25519, generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey)).toThrow(coded('key-type'))
})
