import { formatTlogProof, leafHash } from '../../src/index.ts'
import { ExampleLog } from './example-log.ts'
import { witnessA, witnessB } from './test-keys.ts'

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

/** Content of vectors/proof-files.json: `.tlog-proof` files under the policy of notes.json. */
export async function buildProofFiles() {
  const example = ExampleLog.create(11)
  const checkpoint = await example.note(11, [witnessA, witnessB])
  const path = await example.inclusion(3, 11)
  const text = formatTlogProof({ index: 3, path, checkpoint })
  const entry = Buffer.from('entry 3')
  const hashLine = `${text.split('\n')[2]}\n`
  const single = ExampleLog.create(1)
  const valid = [
    { why: 'entry 3 of 11', entryHex: hex(entry), leafHex: hex(leafHash(entry)), text },
    {
      why: 'the only entry: no hashes',
      entryHex: hex(Buffer.from('entry 0')),
      leafHex: hex(leafHash(Buffer.from('entry 0'))),
      text: formatTlogProof({ index: 0, path: [], checkpoint: await single.note(1, [witnessA, witnessB]) }),
    },
  ]
  const good = { leafHex: hex(leafHash(entry)) }
  const invalid = [
    { why: 'nothing', ...good, text: '', code: 'header' },
    { why: 'another version', ...good, text: text.replace('@v1', '@v2'), code: 'header' },
    { why: 'byte order mark', ...good, text: `\ufeff${text}`, code: 'header' },
    { why: 'CR LF', ...good, text: text.replaceAll('\n', '\r\n'), code: 'control' },
    { why: 'extra data', ...good, text: text.replace('index', 'extra AAAA\nindex'), code: 'extra' },
    { why: 'no index', ...good, text: text.replace('index 3\n', ''), code: 'index' },
    { why: 'index with a leading zero', ...good, text: text.replace('index 3', 'index 03'), code: 'index' },
    { why: 'negative index', ...good, text: text.replace('index 3', 'index -3'), code: 'index' },
    { why: 'index of 2^53', ...good, text: text.replace('index 3', 'index 9007199254740992'), code: 'index' },
    { why: 'index with a space after it', ...good, text: text.replace('index 3', 'index 3 '), code: 'index' },
    { why: 'a hash without padding', ...good, text: text.replace('=\n', '\n'), code: 'proof-hash' },
    { why: 'a hash with a space', ...good, text: text.replace('=\n', '= \n'), code: 'proof-hash' },
    { why: '64 hashes', ...good, text: text.replace(hashLine, hashLine.repeat(61)), code: 'proof-length' },
    { why: 'no blank line', ...good, text: text.slice(0, text.indexOf('\n\n') + 1), code: 'proof-end' },
    { why: 'no checkpoint', ...good, text: text.slice(0, text.indexOf('\n\n') + 2), code: 'form' },
    { why: 'an unsigned checkpoint', ...good, text: text.slice(0, text.lastIndexOf('\n\n') + 2), code: 'signature-count' },
    { why: 'another index', ...good, text: text.replace('index 3', 'index 2'), code: 'inclusion' },
    { why: 'an index outside the tree', ...good, text: text.replace('index 3', 'index 11'), code: 'inclusion' },
    { why: 'a hash missing', ...good, text: text.replace(hashLine, ''), code: 'inclusion' },
    { why: 'another entry', leafHex: hex(leafHash(Buffer.from('entry 4'))), text, code: 'inclusion' },
    {
      why: 'the path of a smaller tree',
      ...good,
      text: formatTlogProof({ index: 3, path: await example.inclusion(3, 7), checkpoint }),
      code: 'inclusion',
    },
    {
      why: 'one witness',
      ...good,
      text: formatTlogProof({ index: 3, path, checkpoint: await example.note(11, [witnessA]) }),
      code: 'quorum',
    },
    { why: 'another size', ...good, text: text.replace('\n11\n', '\n12\n'), code: 'bad-signature' },
  ]
  return { valid, invalid }
}
