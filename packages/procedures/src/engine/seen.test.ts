import { expect, test } from 'vitest'
import { addressQuery } from '../../test/address-query/procedure.ts'
import { chengdu, chongqing, document, exampleData, factsWith, refusal } from '../../test/build-case.ts'
import { causalHeads, replay, seenFor } from '../index.ts'

const start = document('a', 'request', { data: exampleData(addressQuery, 'request') })
const answer = document('b', 'reply', { by: chongqing, seen: ['a'], answers: 'a', data: exampleData(addressQuery, 'reply') })
const again = document('c', 'reply', { by: chongqing, seen: ['b'], answers: 'a', data: exampleData(addressQuery, 'reply') })
const received = (...digests: string[]) => ({ receivedAt: new Map(digests.map((digest) => [digest, 0])) })

test('the first document sees nothing', () => {
  expect(seenFor([], factsWith(), chengdu)).toEqual([])
})

test('the heads, and the own latest even when the other side has seen it', () => {
  expect(causalHeads([start, answer], new Set())).toEqual(['b'])
  expect(seenFor([start, answer], factsWith(received('a', 'b')), chengdu)).toEqual(['a', 'b'])
  expect(seenFor([start, answer], factsWith(received('a', 'b')), chongqing)).toEqual(['b'])
})

test('refused documents are left out, and hide no head', () => {
  const facts = factsWith({ ...received('a', 'b'), refused: [refusal(again)] })
  expect(seenFor([start, answer, again], facts, chongqing)).toEqual(['b'])
})

test('behind an own document without receipt stands what it saw, so that its refusal leaves no gap', () => {
  const seen = seenFor([start, answer, again], factsWith(received('a', 'b')), chongqing)
  expect(seen).toEqual(['c', 'b'])
  const next = document('d', 'reply', { by: chongqing, seen, answers: 'a', data: exampleData(addressQuery, 'reply') })
  const result = replay(addressQuery, [start, answer, next], factsWith({ refused: [refusal(again)] }))
  expect(result.forks).toEqual([])
  expect(result.order).toEqual(['a', 'b', 'd'])
})

test('a document of the other side that waits for a parent is not seen', () => {
  const waiting = document('z', 'reply', { by: chongqing, seen: ['missing'] })
  expect(seenFor([start, waiting], factsWith(received('a', 'z')), chengdu)).toEqual(['a'])
})

test('at most 64', () => {
  const crowd = Array.from({ length: 100 }, (_, at) => document(`r${at}`, 'reply', { by: chongqing, seen: ['a'] }))
  const seen = seenFor([start, ...crowd], factsWith(), chengdu)
  expect(seen).toHaveLength(64)
  expect(seen[0]).toBe('a')
})
