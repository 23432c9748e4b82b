import { expect, it } from 'vitest'
import { progressBar } from './progress-bar.ts'

function written(isTTY: boolean, show: (bar: ReturnType<typeof progressBar>) => void): string {
  const texts: string[] = []
  const bar = progressBar('entries', { isTTY, write: (text: string | Uint8Array) => texts.push(String(text)) > 0 })
  show(bar)
  return texts.join('')
}

const all = (bar: ReturnType<typeof progressBar>) => {
  for (let done = 0; done <= 1_000; done++) bar.show(done, 1_000)
  bar.end()
}

it('on a terminal one line is written over and over, from empty to full, and ended once', () => {
  const text = written(true, all)
  const [before, ...states] = text.split('\r')
  expect(before).toBe('')
  expect(states[0]).toBe(`  ${'░'.repeat(30)} 0/1000  entries`)
  expect(states.at(-1)).toBe(`  ${'█'.repeat(30)} 1000/1000  entries\n`)
  // Drawn when there is something to see, and not for each entry.
  expect(states.length).toBe(201)
  const full = states.map((state) => state.split('█').length)
  expect(full).toEqual(full.toSorted((a, b) => a - b))
})

it('elsewhere it is a line at each quarter, without control characters', () => {
  expect(written(false, all)).toBe('  250/1000  entries\n  500/1000  entries\n  750/1000  entries\n  1000/1000  entries\n')
})

it('of nothing it is full at once; never shown, it leaves nothing behind', () => {
  expect(written(true, (bar) => bar.show(0, 0))).toContain('█'.repeat(30))
  expect(written(true, (bar) => bar.end())).toBe('')
})
