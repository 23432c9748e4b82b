import { expect, test } from 'vitest'
import { Rates } from './rates.ts'

function ratesAt(requests: number, seconds: number) {
  const clock = { ms: 5_000 }
  return { clock, rates: new Rates({ requests, seconds }, () => clock.ms) }
}

test('allows so many in a window, and all again in the next', () => {
  const { clock, rates } = ratesAt(2, 10)
  expect(rates.take('desk')).toEqual({ allowed: true, requests: 1, seconds: 10 })
  clock.ms += 3_500
  expect(rates.take('desk')).toEqual({ allowed: true, requests: 0, seconds: 7 })
  expect(rates.take('desk')).toEqual({ allowed: false, requests: 0, seconds: 7 })
  clock.ms += 6_500
  expect(rates.take('desk')).toEqual({ allowed: true, requests: 1, seconds: 10 })
})

test('one caller takes nothing from another', () => {
  const { rates } = ratesAt(1, 10)
  rates.take('desk')
  expect(rates.take('desk').allowed).toBe(false)
  expect(rates.take('counter').allowed).toBe(true)
})

test('a look counts nothing', () => {
  const { rates } = ratesAt(1, 10)
  expect(rates.look('desk').allowed).toBe(true)
  expect(rates.look('desk').allowed).toBe(true)
  rates.take('desk')
  expect(rates.look('desk').allowed).toBe(false)
})

test('many names take no more than their share of the memory, and the oldest give way', () => {
  const { rates } = ratesAt(1, 10)
  for (let n = 0; n < 10_001; n++) rates.take(`caller-${n}`)
  expect(rates.look('caller-0').allowed).toBe(true)
  expect(rates.look('caller-1').allowed).toBe(false)
  expect(rates.look('caller-10000').allowed).toBe(false)
})
