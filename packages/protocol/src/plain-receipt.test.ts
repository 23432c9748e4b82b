import fc from 'fast-check'
import { expect, test } from 'vitest'
import { exportedReceipt, parseExported } from './log-export.ts'
import { readPlainReceiptClaims, readPlainReceiptLine } from './plain-receipt.ts'
import { receiptClaims } from './receipt.ts'

const digest = (value: number) => Buffer.alloc(32, value).toString('base64url')
const jti = '019aa800-0000-7000-8000-000000000001'
const leaves = [
  { jti, digest: digest(1), status: 'accepted' },
  { jti, digest: digest(2), status: 'refused', reason: 'agreement', index: 1, path: [digest(3), digest(4)] },
]
const line = { digest: digest(5), receipt: 'e30.e30.AA', direction: 'issued', leaves }
const claims = { iss: '500000', aud: '510100', jti, iat: 1_764_000_000, receivedAt: 1_764_000_000, tree: { size: 2, root: digest(6) } }
const promising = { ...claims, log: { origin: '500000.hefu.example/log', within: 60 } }

const [lineTexts, claimTexts] = [
  [line, { ...line, leaves: leaves.slice(0, 1) }],
  [claims, promising],
].map((values) => values.map((value) => JSON.stringify(value))) as [string[], string[]]

test('what this software writes goes the quick way', () => {
  for (const text of lineTexts) expect(readPlainReceiptLine(Buffer.from(text))).toEqual(JSON.parse(text))
  for (const text of claimTexts) expect(readPlainReceiptClaims(Buffer.from(text))).toEqual(JSON.parse(text))
})

test.each([
  ['a list of 501 messages', { ...line, leaves: Array.from({ length: 501 }, () => leaves[0]) }],
  ['no message', { ...line, leaves: [] }],
  ['a place beyond 500', { ...line, leaves: [{ ...leaves[1], index: 501 }] }],
  ['a path of 65', { ...line, leaves: [{ ...leaves[1], path: Array.from({ length: 65 }, () => digest(1)) }] }],
  ['one more member', { ...line, name: '张三' }],
])('%s is left to the schema', (_, value) => {
  expect(readPlainReceiptLine(Buffer.from(JSON.stringify(value)))).toBeUndefined()
  expect(parseExported(exportedReceipt, Buffer.from(JSON.stringify(value)))).toBeUndefined()
})

test('the quick way gives what the schema gives, or nothing: with bytes changed, lost and added', () => {
  const texts = fc.constantFrom(...lineTexts, ...claimTexts)
  const signs = fc.string({ unit: fc.constantFrom(...'0159",{}[]:-_.aAzZé\\ \n'), maxLength: 3 })
  fc.assert(
    fc.property(texts, fc.nat(), fc.nat(2), fc.oneof(signs, fc.string({ maxLength: 2 })), (text, place, lost, added) => {
      const at = place % (text.length + 1)
      const bytes = Buffer.from(text.slice(0, at) + added + text.slice(at + lost))
      const [quickLine, quickClaims] = [readPlainReceiptLine(bytes), readPlainReceiptClaims(bytes)]
      if (quickLine !== undefined) expect(parseExported(exportedReceipt, bytes)).toEqual(quickLine)
      if (quickClaims !== undefined) expect(parseExported(receiptClaims, bytes)).toEqual(quickClaims)
    }),
    { numRuns: 20_000 },
  )
})
