import { expect, test } from 'vitest'
import { isEarlierLog, successorOrigin } from './log-origin.ts'

const first = 'hefu.example/510100'
const named = (epoch: number) => (epoch === 0 ? first : successorOrigin(first, epoch))

test('a log comes before all that succeeded it, and before nothing else', () => {
  for (const [earlier, live] of [
    [0, 1],
    [0, 12],
    [1, 2],
    [9, 10],
  ] as const)
    expect([isEarlierLog(named(earlier), named(live)), isEarlierLog(named(live), named(earlier))]).toEqual([true, false])
  expect(isEarlierLog(named(1), named(1))).toBe(false)
})

test('a region is not mistaken for an epoch of another', () => {
  expect(isEarlierLog('hefu.example/500000', first)).toBe(false)
  expect(isEarlierLog('hefu.example', first)).toBe(false)
  expect(isEarlierLog('hefu.example/500000', named(1))).toBe(false)
  expect(isEarlierLog('hefu.example/500000/1', named(2))).toBe(false)
})
