import { buildTree } from '@hefu/translog'
import { type Answer, type Receipt, receiptLeafHash, type SentBatch, signReceipt, toBase64url } from '../../src/index.ts'
import { exampleJti, ISSUED_AT, RECEIVER, SENDER } from './example.ts'
import { CHENGDU, CHONGQING, STRANGER, type TestKey } from './test-keys.ts'

const digestOf = (n: number): string => Buffer.alloc(32, n).toString('base64url')

export const sentBatch = (size: number): SentBatch => ({
  iss: SENDER,
  aud: RECEIVER,
  messages: Array.from({ length: size }, (_, n) => ({ jti: exampleJti(n + 1), digest: digestOf(n + 1) })),
})

/** The answer of an honest receiver: the second message refused `audience`, all others accepted. */
export async function honestAnswer(sent: SentBatch, changes: Partial<Receipt> = {}, key: TestKey = CHONGQING): Promise<Answer> {
  const judged = sent.messages.map(({ jti, digest }, n) =>
    n === 1 ? ({ jti, digest, status: 'refused', reason: 'audience' } as const) : ({ jti, digest, status: 'accepted' } as const),
  )
  const tree = buildTree(judged.map(receiptLeafHash))
  const receipt: Receipt = {
    iss: sent.aud,
    aud: sent.iss,
    jti: exampleJti(99),
    iat: ISSUED_AT + 2,
    receivedAt: ISSUED_AT + 2,
    tree: { size: tree.size, root: toBase64url(tree.root) },
    ...changes,
  }
  const messages = judged.map(({ digest: _, ...entry }, index) => ({
    ...entry,
    receipt: 0,
    index,
    path: (tree.paths[index] ?? []).map(toBase64url),
  }))
  return { receipts: [await signReceipt(receipt, key.signer)], messages }
}

interface AnswerVector {
  readonly name: string
  readonly sent: SentBatch
  /** Body of the answer, as text. */
  readonly answer: string
  /** Per message: its status, with the reason, or why the answer proves nothing. */
  readonly expected: readonly string[]
}

export async function buildAnswers(): Promise<{ valid: AnswerVector[]; invalid: AnswerVector[] }> {
  const one = sentBatch(1)
  const three = sentBatch(3)
  const good = await honestAnswer(three)
  const valid = [
    vector('one message', one, await honestAnswer(one), ['accepted']),
    vector('three messages, the second refused', three, good, ['accepted', 'refused audience', 'accepted']),
    vector('with a log promise', one, await honestAnswer(one, { log: { origin: 'hefu.example/500000', within: 60 } }), ['accepted']),
    vector('repeated: two receipts', three, await repeatedAnswer(), ['accepted', 'accepted', 'accepted']),
    vector('deferred', three, { ...good, messages: good.messages.map(deferSecondAndThird) }, [
      'accepted',
      'deferred clock',
      'deferred unverifiable',
    ]),
  ]
  return { valid, invalid: [...(await forgedReceipts()), ...wrongPlaces(good), ...wrongShapes(good)] }
}

function vector(name: string, sent: SentBatch, answer: Answer | string, expected: readonly string[]): AnswerVector {
  return { name, sent, answer: typeof answer === 'string' ? answer : JSON.stringify(answer), expected }
}

function deferSecondAndThird(entry: Answer['messages'][number], at: number): Answer['messages'][number] {
  if (at === 1) return { jti: entry.jti, status: 'deferred', reason: 'clock' }
  return at === 2 ? { jti: null, status: 'deferred', reason: 'unverifiable' } : entry
}

/** The third message had been answered before, alone: it brings its own receipt, and the other two share one. */
async function repeatedAnswer(): Promise<Answer> {
  const { messages, ...parties } = sentBatch(3)
  const parts = await Promise.all(
    [messages.slice(0, 1), messages.slice(1, 2), messages.slice(2)].map((m) => honestAnswer({ ...parties, messages: m })),
  )
  return {
    receipts: parts.flatMap(({ receipts }) => receipts),
    messages: parts.flatMap((part, at) => part.messages.map((entry) => (entry.status === 'deferred' ? entry : { ...entry, receipt: at }))),
  }
}

const times = (why: string, count: number): string[] => Array.from({ length: count }, () => `invalid ${why}`)

async function forgedReceipts(): Promise<AnswerVector[]> {
  const one = sentBatch(1)
  const forged = (name: string, answer: Answer, why: string): AnswerVector => vector(name, one, answer, times(why, 1))
  const good = await honestAnswer(one)
  const otherBytes = await honestAnswer({ ...one, messages: [{ jti: exampleJti(1), digest: digestOf(7) }] })
  const flipped = (good.receipts[0] ?? '').replace(/.{80}$/, (tail) => (tail.startsWith('A') ? 'B' : 'A') + tail.slice(1))
  return [
    forged('receipt for other bytes', otherBytes, 'path'),
    forged('signed by a stranger', await honestAnswer(one, {}, STRANGER), 'receipt-signature'),
    forged('signed by the sender itself', await honestAnswer(one, {}, CHENGDU), 'receipt-issuer'),
    forged('bit of the signature flipped', { ...good, receipts: [flipped] }, 'receipt-signature'),
    forged('receipt text with a line end', { ...good, receipts: good.receipts.map((token) => `${token}\n`) }, 'receipt-signature'),
    forged('in the name of another region', await honestAnswer(one, { iss: SENDER }), 'receipt-issuer'),
    forged('addressed to another region', await honestAnswer(one, { aud: RECEIVER }), 'receipt-audience'),
    forged('a message in place of the receipt', { ...good, receipts: ['e30.e30.e30'] }, 'receipt-signature'),
    forged('root of another tree', await honestAnswer(one, { tree: { size: 1, root: digestOf(0) } }), 'path'),
    forged('size of another tree', await honestAnswer(one, { tree: { size: 2, root: digestOf(0) } }), 'path'),
  ]
}

function wrongPlaces(good: Answer): AnswerVector[] {
  const sent = sentBatch(3)
  const [first, second, third] = good.messages as [Answer['messages'][number], Answer['messages'][number], Answer['messages'][number]]
  const withFirst = (changes: object): Answer => ({
    ...good,
    messages: [{ ...first, ...changes } as Answer['messages'][number], second, third],
  })
  const rest = ['refused audience', 'accepted']
  const path = first.status === 'deferred' ? [] : first.path
  return [
    vector('no receipt', sent, { ...good, receipts: [] }, times('no-receipt', 3)),
    vector('names a receipt that is not there', sent, withFirst({ receipt: 1 }), ['invalid no-receipt', ...rest]),
    vector('path cut short', sent, withFirst({ path: path.slice(0, -1) }), ['invalid path', ...rest]),
    vector('path too long', sent, withFirst({ path: [...path, digestOf(0)] }), ['invalid path', ...rest]),
    vector('path turned round', sent, withFirst({ path: path.toReversed() }), ['invalid path', ...rest]),
    vector('empty path', sent, withFirst({ path: [] }), ['invalid path', ...rest]),
    vector('place of another message', sent, withFirst({ index: 1 }), ['invalid path', ...rest]),
    vector('place outside the tree', sent, withFirst({ index: 3 }), ['invalid path', ...rest]),
    vector('accepted turned into refused', sent, withFirst({ status: 'refused', reason: 'expired' }), ['invalid path', ...rest]),
    vector('refused turned into accepted', sent, { ...good, messages: [first, accepted(second), third] }, [
      'accepted',
      'invalid path',
      'accepted',
    ]),
    vector('another reason', sent, { ...good, messages: [first, { ...second, reason: 'expired' } as typeof second, third] }, [
      'accepted',
      'invalid path',
      'accepted',
    ]),
    vector('other order', sent, { ...good, messages: [second, first, third] }, ['invalid order', 'invalid order', 'accepted']),
    vector('last entry missing', sent, { ...good, messages: [first, second] }, ['accepted', 'refused audience', 'invalid missing-entry']),
    vector('entry twice in place of another', sent, { ...good, messages: [first, first, third] }, [
      'accepted',
      'invalid missing-entry',
      'accepted',
    ]),
    vector('one entry too many', sent, { ...good, messages: [...good.messages, first] }, times('extra-entry', 3)),
  ]
}

function accepted(entry: Answer['messages'][number]): Answer['messages'][number] {
  if (entry.status === 'deferred') throw new Error('a deferred entry has no place')
  return { jti: entry.jti, status: 'accepted', receipt: entry.receipt, index: entry.index, path: entry.path }
}

function wrongShapes(good: Answer): AnswerVector[] {
  const sent = sentBatch(3)
  const json = JSON.stringify(good)
  const unreadable = (name: string, answer: string): AnswerVector => vector(name, sent, answer, times('unreadable', 3))
  return [
    unreadable('empty body', ''),
    unreadable('empty object', '{}'),
    unreadable('a proxy’s page', '<html><body>OK</body></html>'),
    unreadable('no entries', '{"receipts":[],"messages":[]}'),
    unreadable('receipts twice', json.replace('{', '{"receipts":[],')),
    unreadable('unknown member', json.replace('{', '{"ok":true,')),
    unreadable('unknown status', json.replace('"accepted"', '"delivered"')),
    unreadable('unknown reason', json.replace('"audience"', '"case-state"')),
    unreadable('reason on an accepted message', json.replace('"accepted"', '"accepted","reason":"expired"')),
    unreadable('place as text', json.replace('"index":0', '"index":"0"')),
    unreadable('place with a fraction', json.replace('"index":0', '"index":0.5')),
    unreadable('negative place', json.replace('"index":0', '"index":-1')),
    unreadable(
      'hash with an unused bit',
      json.replace(/"path":\["(.{43})/, (_, hash: string) => `"path":["${hash.slice(0, -1)}B`),
    ),
  ]
}
