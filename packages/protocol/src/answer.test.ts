import { expect, test } from 'vitest'
import { honestAnswer, sentBatch } from '../test/make-vectors/answers.ts'
import { exampleFederation } from '../test/make-vectors/example.ts'
import { verifyAnswer } from './answer.ts'
import { keyOwner, parseFederation } from './federation.ts'
import { receiptLeaf } from './receipt.ts'

const parsed = parseFederation(exampleFederation)
if (!parsed.ok) throw new Error('the example federation is not valid')
const { federation } = parsed
let lookUps = 0
const lookUpKey = (kid: string) => {
  lookUps++
  return keyOwner(federation, kid)
}

test('a full batch: one signature, a path of at most nine hashes for each message', async () => {
  const sent = sentBatch(250)
  const answer = await honestAnswer(sent)
  lookUps = 0
  const outcomes = verifyAnswer(Buffer.from(JSON.stringify(answer)), sent, lookUpKey)
  expect(lookUps).toBe(1)
  expect(outcomes.map(({ status }) => status)).toEqual(sent.messages.map((_, n) => (n === 1 ? 'refused' : 'accepted')))
  for (const outcome of outcomes) expect('path' in outcome && outcome.path.length).toBeLessThanOrEqual(8)
})

test('the receipt comes back with its exact text, digest and time', async () => {
  const sent = sentBatch(1)
  const answer = await honestAnswer(sent)
  const [outcome] = verifyAnswer(Buffer.from(JSON.stringify(answer)), sent, lookUpKey)
  expect(outcome).toMatchObject({ status: 'accepted', receipt: answer.receipts[0], receivedAt: 1795305602, index: 0, path: [] })
  expect(outcome).toHaveProperty('receiptDigest', expect.stringMatching(/^[\w-]{43}$/))
})

test('no flipped bit in the answer of one message is taken for the same answer', async () => {
  const sent = sentBatch(3)
  const bytes = Buffer.from(JSON.stringify(await honestAnswer(sent)))
  const honest = JSON.stringify(verifyAnswer(bytes, sent, lookUpKey))
  for (let at = 0; at < bytes.length; at++) {
    const flipped = Buffer.from(bytes)
    flipped[at] = (flipped[at] as number) ^ (1 << (at % 8))
    const outcomes = verifyAnswer(flipped, sent, lookUpKey)
    expect(JSON.stringify(outcomes) !== honest, `byte ${at}`).toBe(true)
    expect(
      outcomes.some(({ status }) => status === 'invalid'),
      `byte ${at}`,
    ).toBe(true)
  }
})

test('a whole tree proves only what stands in it: one entry shown in the place of another, or of none, is invalid', async () => {
  const sent = sentBatch(4)
  const honest = await honestAnswer(sent)
  const statuses = async (change: (messages: Record<string, unknown>[]) => void) => {
    const messages = structuredClone(honest.messages) as unknown as Record<string, unknown>[]
    change(messages)
    const outcomes = verifyAnswer(Buffer.from(JSON.stringify({ ...honest, messages })), sent, lookUpKey)
    return outcomes.map(({ status }) => status)
  }
  const place = ({ index, path }: Record<string, unknown>) => ({ index, path })
  const good = await statuses(() => {})
  expect(good).not.toContain('invalid')
  expect(await statuses((all) => Object.assign(all[2] as object, place(all[3] ?? {})))).toEqual([good[0], good[1], 'invalid', good[3]])
  expect(await statuses((all) => Object.assign(all[0] as object, { index: 4 }))).toEqual(['invalid', ...good.slice(1)])
  expect(await statuses((all) => all.reverse())).toEqual(['invalid', 'invalid', 'invalid', 'invalid'])
  const swapped = await statuses((all) => {
    const [two, three] = [place(all[2] ?? {}), place(all[3] ?? {})]
    Object.assign(all[2] as object, three)
    Object.assign(all[3] as object, two)
  })
  expect(swapped).toEqual([good[0], good[1], 'invalid', 'invalid'])
})

test('a receipt over one message proves no second one that claims its place', async () => {
  const [first, second] = sentBatch(2).messages
  const one = await honestAnswer({ ...sentBatch(1), messages: [first as NonNullable<typeof first>] })
  const [entry] = one.messages
  const sent = { ...sentBatch(2), messages: [second as NonNullable<typeof second>, first as NonNullable<typeof first>] }
  const answer = { receipts: one.receipts, messages: [{ ...entry, jti: second?.jti }, entry] }
  const outcomes = verifyAnswer(Buffer.from(JSON.stringify(answer)), sent, lookUpKey)
  expect(outcomes.map(({ status }) => status)).toEqual(['invalid', 'accepted'])
})

test('the leaf is four parts joined by zero bytes', () => {
  const leaf = { jti: 'j', digest: 'D', status: 'refused', reason: 'schema' } as const
  expect(Buffer.from(receiptLeaf(leaf)).toString('latin1')).toBe('j\0D\0refused\0schema')
  expect(Buffer.from(receiptLeaf({ jti: 'j', digest: 'D', status: 'accepted' })).toString('latin1')).toBe('j\0D\0accepted\0')
})
