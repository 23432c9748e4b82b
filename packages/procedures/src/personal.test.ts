import { expect, test } from 'vitest'
import { z } from 'zod'
import { day, personId } from './fields.ts'
import { procedures, registers } from './index.ts'
import { leavesOf, maskData, maskValue, open, personal } from './personal.ts'

const schemas: readonly (readonly [string, z.ZodType])[] = [
  ...procedures.flatMap(({ name, documents, entries = {} }) => [
    ...Object.entries(documents).map(([document, { schema }]) => [`${name}/${document}`, schema] as const),
    ...Object.entries(entries).map(([register, schema]) => [`${name} in ${register}`, schema] as const),
  ]),
  ...registers.map(({ name, schema }) => [name, schema] as const),
]

const canaries = ['张伟', '510104199001011237', '13812345678', '6222021234567890123', '成都市锦江区红星路一段1号']

/** A field that takes a name, a number or an address can hold somebody's, whatever it is meant for. */
const couldHold = (schema: z.ZodType) => canaries.some((text) => schema.safeParse(text).success)

test.each(schemas)('%s: every field that could hold personal data says whether it does', (_, schema) => {
  const silent = leavesOf(schema).filter((leaf) => leaf.mark === undefined && couldHold(leaf.schema))
  expect(silent.map(({ path }) => `/${path.join('/')}`)).toEqual([])
})

test('a schema whose fields say nothing is found', () => {
  const schema = z.strictObject({ a: z.array(z.strictObject({ phone: z.string().optional() })), b: open(z.string()), c: day })
  const silent = leavesOf(schema).filter((leaf) => leaf.mark === undefined && couldHold(leaf.schema))
  expect(silent.map(({ path }) => path.join('/'))).toEqual(['a/*/phone'])
})

test.each([
  ['id-number', '510104199001011237', '510104********1237'],
  ['id-number', '510104900101123', '510104*****1123'],
  ['id-number', 'H12345678', 'H******78'],
  ['name', '欧阳修', '欧**'],
  ['phone', '13812345678', '138****5678'],
  ['phone', '028-86112233', '028*****2233'],
  ['phone', '110', '*10'],
  ['address', '重庆市北碚区水土街道思源路100号', '重庆市北碚区****'],
  ['address', '北碚区', '****'],
  ['account', '6222021234567890123', '****0123'],
  ['number', '12345678', '****'],
  ['date', '1990-01-01', '****'],
  ['text', '举报人张伟', '****'],
] as const)('%s %s is shown as %s', (kind, value, masked) => {
  expect(maskValue(kind, value)).toBe(masked)
})

test('whatever is no text is not shown either', () => {
  expect(maskValue('account', 6_222_021)).toBeNull()
})

test('every shape is masked, at every depth, and what is open stays', () => {
  const person = z.strictObject({ name: personal('name', z.string()), idNumber: personId.optional(), work: open(z.string()) })
  const schema = z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('one'), person }),
    z.strictObject({ kind: z.literal('many'), people: z.array(person).nullable(), card: personal('account', z.string()) }),
  ])
  const one = { name: '张伟', idNumber: '510104199001011237', work: '焊工' }
  const masked = { name: '张**', idNumber: '510104********1237', work: '焊工' }
  expect(maskData(schema, { kind: 'one', person: one }, 'personal')).toEqual({ kind: 'one', person: masked })
  const many = { kind: 'many', people: [one, { name: '李四', work: '电工' }], card: '6222021234567890123' }
  expect(maskData(schema, many, 'personal')).toEqual({ kind: 'many', people: [masked, { name: '李**', work: '电工' }], card: '****0123' })
  expect(maskData(schema, many, 'sensitive')).toEqual({ ...many, card: '****0123' })
  expect(maskData(schema, { kind: 'many', people: null, card: 'x' }, 'personal')).toEqual({ kind: 'many', people: null, card: '****' })
})

test('the examples of all procedures lose every name and number of a person', () => {
  const texts = procedures.flatMap(({ documents }) =>
    Object.values(documents).flatMap(({ schema, examples }) =>
      examples.map(({ body }) => JSON.stringify(maskData(schema, body.data, 'personal'))),
    ),
  )
  expect(texts.join()).not.toMatch(/"\d{17}[\dX]"/)
})
