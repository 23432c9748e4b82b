import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { fieldErrorsOf, jsonPointer } from '../../src/field-errors.ts'

const secret = '511702198001010018'

function errorsFor(schema: z.ZodType, input: unknown) {
  const parsed = schema.safeParse(input)
  if (parsed.success) throw new Error('the schema took it')
  const errors = fieldErrorsOf(parsed.error, input)
  expect(JSON.stringify(errors)).not.toContain(secret)
  for (const { zh, en } of errors) {
    expect(zh).toMatch(/\p{Script=Han}/u)
    expect(en).toMatch(/^[A-Z]/)
  }
  return errors.map(({ pointer, code }) => [pointer, code])
}

describe('fieldErrorsOf', () => {
  const cases: [string, z.ZodType, unknown, [string, string][]][] = [
    ['a missing member', z.strictObject({ a: z.strictObject({ b: z.string() }) }), { a: {} }, [['/a/b', 'required']]],
    ['a missing code', z.strictObject({ a: z.enum(['x', 'y']) }), {}, [['/a', 'required']]],
    ['a wrong type', z.strictObject({ a: z.string() }), { a: 7 }, [['/a', 'invalid-type']]],
    ['null for a text', z.strictObject({ a: z.string() }), { a: null }, [['/a', 'invalid-type']]],
    ['a body that is no object', z.strictObject({}), secret, [['', 'invalid-type']]],
    ['a code outside the list', z.strictObject({ a: z.enum(['x', 'y']) }), { a: secret }, [['/a', 'invalid-value']]],
    [
      'a text too short and one too long',
      z.tuple([z.string().min(2), z.string().max(2)]),
      ['', secret],
      [
        ['/0', 'too-small'],
        ['/1', 'too-big'],
      ],
    ],
    [
      'a number out of bounds',
      z.array(z.int().min(1).max(3)),
      [0, 4],
      [
        ['/0', 'too-small'],
        ['/1', 'too-big'],
      ],
    ],
    ['too few items', z.strictObject({ a: z.array(z.int()).min(1) }), { a: [] }, [['/a', 'too-small']]],
    [
      'a wrong format',
      z.strictObject({ a: z.string().regex(/^x/), b: z.iso.date() }),
      { a: secret, b: '2026-02-30' },
      [
        ['/a', 'invalid-format'],
        ['/b', 'invalid-format'],
      ],
    ],
    ['not a multiple', z.strictObject({ a: z.number().multipleOf(5) }), { a: 3 }, [['/a', 'not-multiple-of']]],
    [
      'unknown members',
      z.strictObject({}),
      { extra: 1, 'a/b': 1, [secret]: 1 },
      [
        ['/extra', 'unrecognized-key'],
        ['', 'unrecognized-key'],
        ['', 'unrecognized-key'],
      ],
    ],
    ['a wrong member name', z.record(z.string().regex(/^x/), z.number()), { [secret]: 1 }, [['', 'invalid-key']]],
    ['an unknown variant', z.discriminatedUnion('t', [z.strictObject({ t: z.literal('p') })]), { t: secret }, [['/t', 'no-variant']]],
    ['a missing variant', z.discriminatedUnion('t', [z.strictObject({ t: z.literal('p') })]), {}, [['/t', 'required']]],
    ['a union, as its closest shape', z.union([z.string(), z.strictObject({ k: z.string() })]), { k: 7 }, [['/k', 'invalid-type']]],
    ['a union of plain types', z.strictObject({ a: z.union([z.string(), z.number()]) }), { a: true }, [['/a', 'no-variant']]],
  ]
  it.each(cases)('names %s', (_, schema, input, expected) => {
    expect(errorsFor(schema, input)).toEqual(expected)
  })

  it('passes on the code and the texts of a schema of our own', () => {
    const id = z.string().refine(() => false, { error: 'x', params: { code: 'person-id', zh: '请核对', en: 'Check it' } })
    const parsed = z.strictObject({ id, other: z.string().refine(() => false) }).safeParse({ id: secret, other: secret })
    expect(fieldErrorsOf(parsed.error as z.ZodError)).toEqual([
      { pointer: '/id', code: 'person-id', zh: '请核对', en: 'Check it' },
      { pointer: '/other', code: 'invalid', zh: expect.any(String), en: expect.any(String) },
    ])
  })

  it('tells the first hundred', () => {
    const input = Array.from({ length: 500 }, () => secret)
    expect(errorsFor(z.array(z.number()), input)).toHaveLength(100)
  })
})

describe('jsonPointer', () => {
  it('escapes as RFC 6901 says', () => {
    expect(jsonPointer(['a/b', 'm~n', 0])).toBe('/a~1b/m~0n/0')
    expect(jsonPointer([])).toBe('')
  })
})
