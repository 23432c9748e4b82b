import { expect, test } from 'vitest'
import { parseSandboxOptions } from '../../src/sandbox/options.ts'

const parse = (...args: string[]) => parseSandboxOptions(args, '2026-11-22')

test('the federation of the first two regions is the default', () => {
  expect(parse()).toEqual({ ok: true, options: { json: false, regions: ['510100', '500000'] } })
  expect(parse('--json', '--regions', '510100,500000,510700', '--data', './d', '--port-base=20000')).toEqual({
    ok: true,
    options: { json: true, regions: ['510100', '500000', '510700'], dataDir: './d', portBase: 20_000 },
  })
})

test.each([
  ['an unknown region', ['--regions', '510100,999900'], '"999900"'],
  ['a district', ['--regions', '510100,510104'], '"510104"'],
  ['no code', ['--regions', '510100,chengdu'], '"chengdu"'],
  ['an empty list', ['--regions', ''], 'needs a value'],
  ['one region', ['--regions', '510100'], 'at least two'],
  ['a region twice', ['--regions', '510100,510100'], 'named twice'],
  ['a port that is no number', ['--port-base', 'http'], 'whole number'],
  ['a privileged port', ['--port-base', '80'], 'whole number'],
  ['ports beyond the last', ['--port-base', '65533'], 'whole number'],
  ['a missing value', ['--data'], 'needs a value'],
  ['a value too much', ['--json=yes'], 'takes no value'],
  ['an unknown option', ['--verbose'], '--verbose'],
  ['an argument', ['start'], 'start'],
])('%s is refused in both languages', (_, args, text) => {
  const parsed = parse(...args)
  if (parsed.ok) throw new Error('was accepted')
  expect(parsed.problems.map(({ en }) => en).join('\n')).toContain(text)
  for (const { zh } of parsed.problems) expect(zh).toMatch(/\p{Script=Han}/u)
})

test('all problems are named at once', () => {
  const parsed = parse('--regions', '999900', '--port-base', 'x', 'y')
  expect(parsed.ok ? 0 : parsed.problems.length).toBe(4)
})
