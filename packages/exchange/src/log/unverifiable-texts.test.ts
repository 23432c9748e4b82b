import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { UnverifiableTexts } from './unverifiable-texts.ts'

const sha256 = (...parts: Buffer[]) => createHash('sha256').update(Buffer.concat(parts))
const of = (text: string) => sha256(Buffer.from(text)).digest()

test('one entry a minute at most, over all texts since the last one in their order', () => {
  const texts = new UnverifiableTexts()
  expect(texts.take(0)).toBeUndefined()
  texts.add(['a'])
  expect(texts.take(1_000)).toEqual({ kind: 'refusal', reason: 'unverifiable', count: 1, digest: sha256(of('a')).digest('base64url') })
  texts.add(['b', 'c'])
  expect(texts.take(60_999)).toBeUndefined()
  texts.add(['d'])
  const digest = sha256(of('b'), of('c'), of('d')).digest('base64url')
  expect(texts.take(61_000)).toEqual({ kind: 'refusal', reason: 'unverifiable', count: 3, digest })
  expect(texts.take(200_000)).toBeUndefined()
})

test('when the node ends, what is left is written at once', () => {
  const texts = new UnverifiableTexts()
  texts.add(['a'])
  texts.take(0)
  texts.add(['b'])
  expect(texts.take(1)).toBeUndefined()
  expect(texts.take(1, { atOnce: true })).toMatchObject({ count: 1 })
})

test('what could not be written comes first the next time, and nothing of it is lost', () => {
  const texts = new UnverifiableTexts()
  texts.add(['a'])
  const fact = texts.take(0)
  if (fact === undefined) throw new Error('nothing was due')
  texts.putBack(fact)
  texts.add(['b', 'c'])
  expect(texts.take(59_999)).toBeUndefined()
  expect(texts.take(60_000)).toBe(fact)
  expect(texts.take(120_000)).toMatchObject({ count: 2 })
})
