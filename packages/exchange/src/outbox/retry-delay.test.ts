import { describe, expect, it } from 'vitest'
import { circuitOpenMs, circuitThreshold, retryAfterMs, retryDelayMs } from './retry-delay.ts'

it('waits from half a second to ten minutes, the upper half of it random', () => {
  expect([1, 2, 3].map((attempt) => [retryDelayMs(attempt, 0), retryDelayMs(attempt, 1)])).toEqual([
    [250, 500],
    [500, 1_000],
    [1_000, 2_000],
  ])
  expect(retryDelayMs(1_000, 1)).toBe(600_000)
})

it('a circuit is open for four seconds at most: a return is to be noticed within seconds', () => {
  expect(circuitOpenMs(circuitThreshold, 1)).toBe(500)
  expect(circuitOpenMs(1_000, 1)).toBe(4_000)
})

describe('Retry-After', () => {
  const now = Date.parse('2026-11-20T04:00:00Z')

  it.each([
    ['3', 3_000],
    ['0', 0],
    ['Fri, 20 Nov 2026 04:01:00 GMT', 60_000],
    ['Fri, 20 Nov 2026 03:00:00 GMT', 0],
    // Nobody may keep this node away for longer than an hour at a time.
    ['999999999', 3_600_000],
    ['Sat, 20 Nov 2027 04:00:00 GMT', 3_600_000],
    ['soon', null],
    ['-1', null],
    [undefined, null],
  ])('%s', (header, ms) => {
    expect(retryAfterMs(header, now)).toBe(ms)
  })
})
