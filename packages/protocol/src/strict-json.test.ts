import fc from 'fast-check'
import { expect, test } from 'vitest'
import { MAX_DEPTH, parseStrictJson } from './strict-json.ts'

const parse = (text: string) => parseStrictJson(Buffer.from(text))

test('gives the value of JSON.parse on every valid text, however it is spaced', () => {
  const character = fc.oneof(
    fc.constantFrom('"', '\\', '/', '\n', '\t', '\u007f', '\u2028', '成', '😀'),
    fc.string({ minLength: 1, maxLength: 1, unit: 'binary' }),
  )
  const text = fc.string({ unit: character.filter((unit) => unit !== '\0' && unit.isWellFormed()) })
  const number = fc.oneof(fc.maxSafeInteger(), fc.double({ min: -1e15, max: 1e15, noNaN: true }))
  const value = fc.anything({ key: text, values: [text, number, fc.boolean(), fc.constant(null)], maxDepth: 8, depthSize: 'medium' })
  fc.assert(
    fc.property(value, fc.constantFrom(undefined, 1, '\t'), fc.boolean(), (drawn, space, escaped) => {
      const plain = JSON.stringify(drawn, null, space)
      const json = escaped ? plain.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`) : plain
      expect(parse(json)).toStrictEqual({ ok: true, value: JSON.parse(json) })
    }),
    { numRuns: 2000 },
  )
})

test('canonical text, which takes a shorter way, and the same text spaced out are judged alike', () => {
  const members = fc.constantFrom('a', 'b', '__proto__', '1', '10', 'constructor')
  const scalar = fc.constantFrom(
    '1',
    '-0',
    '1.0',
    '9007199254740991',
    '9007199254740992',
    '9007199254740993',
    '1e21',
    '1e+21',
    '1e400',
    '0.1',
    '"x"',
    '"1"',
    'null',
    '""',
  )
  const { text } = fc.letrec<{ text: string; array: string; object: string }>((tie) => ({
    text: fc.oneof({ depthSize: 'small' }, scalar, tie('array'), tie('object')),
    array: fc.array(tie('text'), { maxLength: 4 }).map((parts) => `[${parts.join(',')}]`),
    object: fc
      .array(fc.tuple(members, tie('text')), { maxLength: 4 })
      .map((parts) => `{${parts.map(([name, value]) => `"${name}":${value}`).join(',')}}`),
  }))
  fc.assert(
    fc.property(text, (json) => {
      // As text: a member called constructor or __proto__ confuses comparisons of objects. -0 has no text of its own.
      expect(JSON.stringify(parse(json))).toBe(JSON.stringify(parse(` ${json}`)))
    }),
    { numRuns: 3000 },
  )
})

test('refuses whatever JSON.parse refuses', () => {
  const seeds = ['{"a":[1,2.5e3,"x\\n"],"b":{"c":null,"d":true}}', '[[],{},"\\u0041",-0.1,false]']
  const broken = fc.tuple(
    fc.constantFrom(...seeds),
    fc.nat(60),
    fc.nat(2),
    fc.string({ maxLength: 2, unit: fc.constantFrom(...'{}[],:"\\0123.eE+-untf ') }),
  )
  let refused = 0
  fc.assert(
    fc.property(broken, ([seed, at, cut, inserted]) => {
      const text = seed.slice(0, at) + inserted + seed.slice(at + cut)
      let value: unknown
      try {
        value = JSON.parse(text)
      } catch {
        refused++
        expect(parse(text)).toMatchObject({ ok: false })
        return
      }
      const result = parse(text)
      if (result.ok) expect(result.value).toStrictEqual(value)
      // An insertion may make \u0000 of \u0041.
      else expect(['duplicate-member', 'number', 'nul']).toContain(result.code)
    }),
    { numRuns: 3000 },
  )
  expect(refused).toBeGreaterThan(500)
})

test.each([
  ['{"a":1,"a":1}', 'duplicate-member'],
  ['{"a":1,"\\u0061":2}', 'duplicate-member'],
  ['{"x":{"":1,"":2}}', 'duplicate-member'],
  ['{"__proto__":1,"__proto__":2}', 'duplicate-member'],
  ['{"constructor":1,"constructor":2}', 'duplicate-member'],
  ['"\\u0000"', 'nul'],
  ['"\0"', 'nul'],
  ['"a\\n\\u0000"', 'nul'],
  ['"\\ud800"', 'surrogate'],
  ['"\\udc00\\ud800"', 'surrogate'],
  ['{"\\ud800":1}', 'surrogate'],
  ['9007199254740992', 'number'],
  ['-9007199254740993', 'number'],
  ['9007199254740993.0', 'number'],
  ['1e16', 'number'],
  ['-1e400', 'number'],
  ['\uFEFF{}', 'syntax'],
  ['', 'syntax'],
  ['{} {}', 'syntax'],
  ['\u00a0{}', 'syntax'],
  ['"\\a"', 'syntax'],
  ['"unterminated', 'syntax'],
  ['"unterminated\\', 'syntax'],
  ['-', 'syntax'],
  ['tru', 'syntax'],
] as const)('%j: %s', (text, code) => {
  expect(parse(text)).toEqual({ ok: false, code })
})

test.each([
  [[0xff]],
  [[0x22, 0xc0, 0xaf, 0x22]],
  [[0x22, 0xed, 0xa0, 0x80, 0x22]],
  [[0x22, 0xf5, 0x80, 0x80, 0x80, 0x22]],
  [[0x22, 0xe6, 0x22]],
])('bytes %j are not UTF-8', (bytes) => {
  expect(parseStrictJson(Uint8Array.from(bytes))).toEqual({ ok: false, code: 'utf8' })
})

test('accepts the greatest exact integers and what lies beside them', () => {
  expect(parse('[9007199254740991,-9007199254740991,-0,0.1,1e15,1E-2,"\\ud83d\\ude00"]')).toEqual({
    ok: true,
    value: [9007199254740991, -9007199254740991, -0, 0.1, 1e15, 0.01, '😀'],
  })
})

test('depth is counted over objects and arrays together', () => {
  const nested = (depth: number) => `${'[{"a":'.repeat(depth / 2)}1${'}]'.repeat(depth / 2)}`
  expect(parse(nested(MAX_DEPTH))).toMatchObject({ ok: true })
  expect(parse(`[${nested(MAX_DEPTH)}]`)).toEqual({ ok: false, code: 'depth' })
  expect(parse('['.repeat(1_000_000))).toEqual({ ok: false, code: 'depth' })
})

test('__proto__ is a member like any other and never a prototype', () => {
  const result = parse('{"__proto__":{"admin":true}}')
  if (!result.ok) throw new Error(result.code)
  const value = result.value as Record<string, unknown>
  expect(Object.getPrototypeOf(value)).toBe(Object.prototype)
  expect(Object.keys(value)).toEqual(['__proto__'])
  expect(value.admin).toBeUndefined()
})
