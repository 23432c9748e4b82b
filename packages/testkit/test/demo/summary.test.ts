import { procedures } from '@hefu/procedures'
import { expect, test } from 'vitest'
import { staysUp } from '../../src/demo/options.ts'
import type { DemoReport } from '../../src/demo/report.ts'
import { phaseTitles } from '../../src/demo/run-demo.ts'
import { problemsText, summaryText } from '../../src/demo/summary.ts'

const counted = procedures.map(({ name, states }) => {
  const each = Object.fromEntries(Object.keys(states).map((state) => [state, 1]))
  return [name, { cases: Object.keys(states).length, final: 1, states: each }] as const
})
const report: DemoReport = {
  ok: true,
  seconds: 12.3,
  procedures: Object.fromEntries(counted),
  messages: { sent: 5, receipted: 4, applied: 3 },
  halvesMatch: true,
  latencyMs: { p50: 10, p99: 20 },
}
const phases = Object.values(phaseTitles).map((title, at) => ({ title, seconds: at }))

const han = /\p{Script=Han}/u
const english = /[a-z]{4}/

test('every part of the summary is there in both languages', () => {
  for (const halvesMatch of [true, false]) {
    const blocks = summaryText({ ...report, halvesMatch }, phases)
      .split('\n\n')
      .filter((block) => block.trim() !== '')
    expect(blocks).toHaveLength(2)
    for (const block of blocks) {
      expect(block).toMatch(han)
      expect(block).toMatch(english)
    }
    // Whatever has a figure is named in both: rows of the table, counts, times, the verdict.
    const named = blocks.flatMap((block) => block.split('\n')).filter((line) => /^\S.*(\d|✓|✗)/.test(line))
    expect(named).toHaveLength(procedures.length + 4)
    for (const line of named) {
      expect(line).toMatch(han)
      expect(line).toMatch(english)
    }
  }
})

test('what took how long: each phase in both languages', () => {
  const line = summaryText(report, phases)
    .split('\n')
    .find((one) => one.startsWith('用时 seconds'))
  expect(line).toContain('12.3  (启动 start 0.0，登记簿 registers 1.0，办件 cases 2.0，等待送达 settle 3.0，比对 compare 4.0)')
})

test('a problem is told with its place, in Chinese and then in English', () => {
  const problem = { file: 'a.ndjson', line: 3, pointer: '/body', zh: '须为文本', en: 'Must be a text' }
  expect(problemsText([problem])).toBe('a.ndjson:3 /body\n  须为文本\n  Must be a text')
  expect(problemsText([{ ...problem, line: null, pointer: '' }])).toBe('a.ndjson\n  须为文本\n  Must be a text')
  expect(problemsText(Array.from({ length: 23 }, () => problem))).toMatch(/\n… 另有 3 处 \/ and 3 more$/)
})

test.each([
  [true, {}, true],
  [true, { exit: true }, false],
  [true, { stay: true }, true],
  [false, {}, false],
  [false, { exit: true }, false],
  [false, { stay: true }, true],
])('on a terminal: %s, asked for %j: the regions stay up: %s', (isTerminal, asked, stays) => {
  expect(staysUp({ exit: false, stay: false, ...asked }, isTerminal)).toBe(stays)
})
