import { expect, test } from 'vitest'
import { formatNote, formatVerifierKey, parseCheckpointNote, parseNote, parseVerifierKey, verifyNote } from '../src/index.ts'

/** Of protocol.md, and of the documentation of Go's signed notes and of its checksum database. */
const KEYS = [
  'example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k',
  'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW',
  'sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8',
]

test('published verifier keys', () => {
  for (const text of KEYS) {
    const parsed = parseVerifierKey(text)
    expect(parsed.ok && formatVerifierKey(parsed.value), text).toBe(text)
  }
})

test('a published note verifies under its published key', () => {
  const text = 'If you think cryptography is the answer to your problem,\nthen you don’t know what your problem is.\n'.replace('’', "'")
  const line = '— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n'
  const key = parseVerifierKey(KEYS[1] ?? '')
  const note = parseNote(`${text}\n${line}`)
  if (!key.ok || !note.ok) return expect.fail('not read')
  expect(verifyNote(note.value, [key.value])).toMatchObject({ ok: true, value: [{ key: { name: 'PeterNeumann' } }] })
  expect(verifyNote({ ...note.value, text: text.replace('answer', 'Answer') }, [key.value])).toEqual({ ok: false, code: 'bad-signature' })
})

test('the cosigned checkpoint of C2SP tlog-cosignature is read and written again', () => {
  const published = `example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==
`
  const parsed = parseCheckpointNote(published)
  if (!parsed.ok) return expect.fail(parsed.code)
  expect(parsed.value.checkpoint).toMatchObject({ origin: 'example.com/behind-the-sofa', size: 20_852_163, extensions: [] })
  expect(parsed.value.note.signatures.map(({ name, signature }) => [name, signature.length])).toEqual([
    ['example.com/behind-the-sofa', 64],
    ['witness.example.com/w1', 72],
  ])
  expect(formatNote(parsed.value.note)).toBe(published)
})
