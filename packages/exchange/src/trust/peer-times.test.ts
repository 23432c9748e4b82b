import { expect, test } from 'vitest'
import { PeerTimes } from './peer-times.ts'

/** Milliseconds of a minute at which the peer was asked; `step` says what is known then and what the peer answers. */
function asks(
  times: PeerTimes,
  clock: { ms: number },
  untilMs: number,
  step: (ms: number) => { isKnown: boolean; misses: number; ok: boolean },
) {
  const asked: number[] = []
  for (; clock.ms <= untilMs; clock.ms += 100) {
    const { isKnown, misses, ok } = step(clock.ms)
    if (!times.isDue('500000', { isKnown, misses, nowMs: clock.ms })) continue
    asked.push(clock.ms)
    times.asked('500000', { misses, nowMs: clock.ms })
    times.answered('500000', ok)
  }
  return asked
}
const clocked = () => {
  const clock = { ms: 0 }
  return { clock, times: new PeerTimes(() => clock.ms) }
}

test('a peer that does not answer is asked again, ever more seldom, and once a minute at last', () => {
  const { clock, times } = clocked()
  const asked = asks(times, clock, 300_000, () => ({ isKnown: false, misses: 0, ok: false }))
  expect(asked.slice(0, 5)).toEqual([0, 200, 600, 1_400, 3_000])
  expect((asked.at(-1) ?? 0) - (asked.at(-2) ?? 0)).toBe(60_000)
})

test('strangers with keys that nobody has bring one question a minute', () => {
  const { clock, times } = clocked()
  expect(asks(times, clock, 180_000, (ms) => ({ isKnown: true, misses: ms, ok: true }))).toEqual([0, 60_000, 120_000, 180_000])
})

test('what is known is asked for again every ten minutes, and at once when the clock jumped by more than an hour', () => {
  const { clock, times } = clocked()
  expect(asks(times, clock, 1_300_000, () => ({ isKnown: true, misses: 3, ok: true }))).toEqual([0, 600_000, 1_200_000])
  expect(times.isDue('500000', { isKnown: true, misses: 3, nowMs: clock.ms + 3_600_000 })).toBe(true)
})
