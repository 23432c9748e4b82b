import { cosignCheckpoint, formatNote, formatSignatureLine, formatVerifierKey, parseNote, signNote } from '../../src/index.ts'
import { ExampleLog, SIGNED_AT } from './example-log.ts'
import { log, otherLog, stranger, witnessA, witnessB, witnessC } from './test-keys.ts'

/** Content of vectors/notes.json: keys, a checkpoint with cosignatures, and hostile checkpoints judged under 2 of 3 witnesses. */
export async function buildNotes() {
  const example = ExampleLog.create(11)
  const note = await example.note(11, [witnessA, witnessB])
  return {
    keys: [log, otherLog, witnessA, witnessB, witnessC, stranger].map(({ key, seedHex }) => ({
      name: key.name,
      type: key.type,
      seedHex,
      verifierKey: formatVerifierKey(key),
    })),
    invalidVerifierKeys: invalidVerifierKeys(),
    policy: { log: log.key.name, witnesses: [witnessA, witnessB, witnessC].map(({ key }) => key.name), threshold: 2 },
    checkpoint: { text: await example.text(11), note, times: [SIGNED_AT, SIGNED_AT + 1], quorum: true, quorumTime: SIGNED_AT + 1 },
    valid: [
      { why: 'one witness: no quorum', note: await example.note(11, [witnessC]), quorum: false },
      { why: 'no witness', note: await example.note(11), quorum: false },
      { why: 'a stranger counts for nothing', note: await example.note(11, [witnessA, stranger]), quorum: false },
      { why: 'extension lines are kept and signed', note: await example.note(11, [witnessA, witnessB], ['x', 'y z']), quorum: true },
      { why: 'the empty log', note: await example.note(0, [witnessA, witnessB, witnessC]), quorum: true },
    ],
    invalid: [...hostileTexts(note), ...(await hostileSignatures(example, note))],
  }
}

function invalidVerifierKeys() {
  const good = formatVerifierKey(log.key)
  // Base64 may have a plus of its own.
  const [, name = '', id = '', key = ''] = /^([^+]+)\+([^+]+)\+(.+)$/.exec(good) ?? []
  const bytes = Buffer.from(key, 'base64')
  const encoded = (change: Uint8Array): string => Buffer.from(change).toString('base64')
  return [
    { text: '', code: 'form' },
    { text: name, code: 'form' },
    { text: `${name}+${id}`, code: 'form' },
    { text: `+${id}+${key}`, code: 'form' },
    { text: `${name}+${id.toUpperCase()}+${key}`, code: /[a-f]/.test(id) ? 'form' : 'key-id' },
    { text: `${name}+${id.slice(1)}+${key}`, code: 'form' },
    { text: `${good}\n`, code: 'form' },
    { text: `${good} `, code: 'form' },
    { text: good.slice(0, -1), code: 'form' },
    { text: `${'n'.repeat(400)}+${id}+${key}`, code: 'form' },
    { text: `a b+${id}+${key}`, code: 'name' },
    { text: `a\u3000b+${id}+${key}`, code: 'name' },
    { text: `a\tb+${id}+${key}`, code: 'name' },
    { text: `${'n'.repeat(256)}+${id}+${key}`, code: 'name' },
    { text: `${name}+${id}+${encoded(bytes.subarray(0, 32))}`, code: 'key' },
    { text: `${name}+${id}+${key.slice(0, -2)}==`, code: 'key' },
    { text: `${name}+${id}+${encoded(bytes.with(0, 2))}`, code: 'type' },
    { text: `${name}+${id}+${encoded(bytes.with(0, 4))}`, code: 'key-id' },
    { text: `${name}+${id}+${encoded(bytes.with(32, (bytes[32] ?? 0) ^ 1))}`, code: 'key-id' },
    { text: `other.example+${id}+${key}`, code: 'key-id' },
  ]
}

function hostileTexts(note: string) {
  const [origin = '', size = '', root = '', , ...signatures] = note.slice(0, -1).split('\n')
  const withText = (...lines: readonly string[]): string => [...lines, '', ...signatures, ''].join('\n')
  const [first = ''] = signatures
  return [
    { why: 'nothing', text: '', code: 'form' },
    { why: 'no signatures', text: `${origin}\n${size}\n${root}\n\n`, code: 'signature-count' },
    { why: 'no blank line', text: `${origin}\n${size}\n${root}\n${first}\n`, code: 'form' },
    { why: 'no newline at the end', text: note.slice(0, -1), code: 'form' },
    { why: 'blank line at the end', text: `${note}\n`, code: 'signature-count' },
    { why: 'CR LF', text: note.replaceAll('\n', '\r\n'), code: 'control' },
    { why: 'a NUL', text: note.replace('\n', '\0\n'), code: 'control' },
    { why: 'a tab', text: note.replace(origin, `${origin}\t`), code: 'control' },
    { why: 'byte order mark', text: `\ufeff${note}`, code: 'other-log' },
    { why: 'size with a leading zero', text: withText(origin, `0${size}`, root), code: 'tree-size' },
    { why: 'size with a sign', text: withText(origin, `+${size}`, root), code: 'tree-size' },
    { why: 'negative size', text: withText(origin, '-1', root), code: 'tree-size' },
    { why: 'size in hexadecimal', text: withText(origin, '0xb', root), code: 'tree-size' },
    { why: 'size with an exponent', text: withText(origin, '1e1', root), code: 'tree-size' },
    { why: 'size with a space', text: withText(origin, `${size} `, root), code: 'tree-size' },
    { why: 'size in other digits', text: withText(origin, '１１', root), code: 'tree-size' },
    { why: 'size of 2^53', text: withText(origin, '9007199254740992', root), code: 'tree-size' },
    { why: 'size of many digits', text: withText(origin, '9'.repeat(400), root), code: 'tree-size' },
    { why: 'root of 31 bytes', text: withText(origin, size, `${'A'.repeat(42)}==`), code: 'root' },
    { why: 'root of 33 bytes', text: withText(origin, size, 'A'.repeat(44)), code: 'root' },
    { why: 'root without padding', text: withText(origin, size, root.slice(0, -1)), code: 'root' },
    { why: 'root in base64url', text: withText(origin, size, `${'_'.repeat(42)}8=`), code: 'root' },
    { why: 'root with stray bits', text: withText(origin, size, `${'A'.repeat(42)}B=`), code: 'root' },
    { why: 'empty tree with a root', text: withText(origin, '0', root), code: 'root' },
    { why: 'empty origin', text: withText('', size, root), code: 'form' },
    { why: 'two lines', text: withText(origin, size), code: 'form' },
    { why: 'blank line within', text: withText(origin, size, root, '', 'x'), code: 'form' },
    { why: 'origin too long', text: withText('o'.repeat(256), size, root), code: 'origin' },
    { why: 'hyphen for a dash', text: note.replace('— ', '- '), code: 'signature-line' },
    { why: 'two spaces', text: note.replace('— ', '—  '), code: 'signature-line' },
    { why: 'something after the signature', text: `${note.slice(0, -1)} x\n`, code: 'signature-line' },
    { why: 'a signature of only a key id', text: `${note}— x AAAAAA==\n`, code: 'signature-line' },
    { why: 'a signature with stray bits', text: `${note}— x AAAAAAAB=\n`, code: 'signature-line' },
    { why: 'a name with a plus', text: `${note}— x+y AAAAAAAA\n`, code: 'signature-line' },
    { why: 'text between signatures', text: `${note}remark\n`, code: 'signature-line' },
    { why: 'too many signatures', text: note + '— x AAAAAAAA\n'.repeat(513), code: 'signature-count' },
    { why: 'another size under the same signatures', text: withText(origin, '12', root), code: 'bad-signature' },
    { why: 'an extension line under the same signatures', text: withText(origin, size, root, 'x'), code: 'bad-signature' },
  ]
}

async function hostileSignatures(example: ExampleLog, note: string) {
  const text = await example.text(11)
  const parsed = parseNote(note)
  const lines = parsed.ok ? parsed.value.signatures : []
  const [own, first, second] = lines
  if (own === undefined || first === undefined || second === undefined) throw new Error('three signatures expected')
  const signed = (...signatures: (typeof own)[]): string => formatNote({ text, signatures })
  const flipped = (line: typeof own, at: number): typeof own => ({
    ...line,
    signature: line.signature.map((byte, n) => (n === at ? byte ^ 1 : byte)),
  })
  const otherText = await example.text(10)
  const claimed = async (key: typeof log, from: typeof log): Promise<typeof own> => ({
    ...key.key,
    signature: await from.sign(Buffer.from(text)),
  })
  const noteOf = ({ name, keyId, signature }: typeof own): string => `${text}\n${formatSignatureLine({ name, keyId, signature })}`
  return [
    { why: 'the witnesses alone', text: signed(first, second), code: 'no-log-signature' },
    { why: 'a stranger alone', text: signed(await cosignCheckpoint(text, stranger.key, stranger, SIGNED_AT)), code: 'no-log-signature' },
    { why: 'another log signs for this origin', text: signed(await signNote(text, otherLog.key, otherLog)), code: 'no-log-signature' },
    { why: 'the checkpoint of another log', text: await ExampleLog.create(11, { signer: otherLog }).note(11), code: 'other-log' },
    { why: 'the name and id of the log, the key of another', text: noteOf(await claimed(log, otherLog)), code: 'bad-signature' },
    { why: 'a witness’s key signs as the log', text: noteOf(await claimed(log, witnessA)), code: 'bad-signature' },
    { why: 'a flipped bit in the log’s signature', text: signed(flipped(own, 40)), code: 'bad-signature' },
    { why: 'a flipped bit in a cosignature', text: signed(own, flipped(first, 40)), code: 'bad-signature' },
    { why: 'another time in a cosignature', text: signed(own, flipped(first, 7)), code: 'bad-signature' },
    { why: 'a time beyond 2^53', text: signed(own, flipped(first, 0)), code: 'bad-signature' },
    { why: 'a cosignature without time', text: signed(own, { ...first, signature: first.signature.subarray(8) }), code: 'bad-signature' },
    { why: 'a cosignature of 4 bytes', text: signed(own, { ...first, signature: first.signature.subarray(0, 4) }), code: 'bad-signature' },
    { why: 'a signature cut short', text: signed({ ...own, signature: own.signature.subarray(0, 63) }), code: 'bad-signature' },
    {
      why: 'a signature with a byte more',
      text: signed({ ...own, signature: Buffer.concat([own.signature, Buffer.of(0)]) }),
      code: 'bad-signature',
    },
    {
      why: 'a cosignature of an older head',
      text: signed(own, await cosignCheckpoint(otherText, witnessA.key, witnessA, SIGNED_AT)),
      code: 'bad-signature',
    },
    { why: 'the plain signature of a witness', text: signed(own, await claimed(witnessA, witnessA)), code: 'bad-signature' },
    {
      why: 'one witness twice, at two times',
      text: signed(own, first, await cosignCheckpoint(text, witnessA.key, witnessA, 5)),
      code: 'repeated-signature',
    },
    { why: 'the log twice', text: signed(own, own), code: 'repeated-signature' },
  ]
}
