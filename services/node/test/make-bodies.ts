import fc from 'fast-check'
import { zocker } from 'zocker'
import type { z } from 'zod'
import type { Route } from '../src/http/route.ts'

/** What a body is, and what made it: shown when it does harm. */
export interface MadeBody {
  readonly how: string
  readonly text: string | Buffer
}

/**
 * Bodies of one route, the same for the same seed: values that its schema describes (zocker; some rules of a schema are code, so that most of
 * these are nearly right), examples with one place changed, and texts that only look like JSON. A third each.
 */
export function makeBodies(route: Route, { count, seed }: { readonly count: number; readonly seed: number }): MadeBody[] {
  const examples = (route.examples ?? []).map(({ value }) => value)
  const third = Math.ceil(count / 3)
  const described = Array.from({ length: third }, (_, at) => ({ how: 'described', value: fromSchema(route.body, seed + at) ?? {} }))
  const bases = [...examples, ...described.slice(0, 5).map(({ value }) => value)]
  const changed = fc.sample(fc.tuple(fc.nat(), fc.nat(), harmful), { numRuns: third, seed }).map(([base, place, value]) => ({
    how: 'changed',
    value: changeAt(bases[base % bases.length], place, value),
  }))
  const values = [...described, ...changed].map(({ how, value }) => ({ how, text: JSON.stringify(value) ?? '' }))
  const texts = fc.sample(notQuiteJson, { numRuns: third, seed }).map((text) => ({ how: 'text', text }))
  return [...values, ...texts]
}

/** Bytes of any kind, for routes that parse them themselves. */
export function makeBytes(examples: readonly string[], { count, seed }: { readonly count: number; readonly seed: number }): MadeBody[] {
  const cut = fc.tuple(fc.constantFrom(...examples), fc.nat(), notQuiteJson).map(([text, at, other]) => {
    const place = at % (text.length + 1)
    return Buffer.concat([Buffer.from(text.slice(0, place)), Buffer.from(other), Buffer.from(text.slice(place + (at % 3)))])
  })
  return fc.sample(fc.oneof(cut, notQuiteJson.map(Buffer.from)), { numRuns: count, seed }).map((text) => ({ how: 'bytes', text }))
}

function fromSchema(schema: z.ZodType | undefined, seed: number): unknown {
  try {
    return schema && zocker(schema).setSeed(seed).generate()
  } catch {
    // Of a schema that it cannot read there are examples.
    return undefined
  }
}

const hugeText = fc.integer({ min: 1_000, max: 20_000 }).map((length) => '办'.repeat(length))
const deepList = fc.integer({ min: 10, max: 60 }).map((depth) => {
  let value: unknown = []
  for (let at = 0; at < depth; at++) value = [value]
  return value
})
const odd = fc.constantFrom<unknown>(
  null,
  true,
  '',
  ' ',
  '\u0000',
  '\u202e',
  '０１２',
  '510104199001011237',
  '-0.00',
  '1e999',
  '99999999999999999999.99',
  '2026-02-30',
  '0000-01-01',
  '9999-12-31',
  "'; drop table cases --",
  '%s%n{{7*7}}',
  -1,
  0,
  1.5,
  Number.MAX_SAFE_INTEGER,
  1e300,
  [],
  {},
  { __proto__: null, constructor: { prototype: {} } },
)
const harmful = fc.oneof({ weight: 4, arbitrary: odd }, fc.jsonValue(), fc.string({ unit: 'binary' }), hugeText, deepList)

const notQuiteJson = fc.oneof(
  fc.json(),
  fc.json().map((text) => text.slice(0, -1)),
  fc.json().map((text) => `{"__proto__":${text},"__proto__":1}`),
  fc.string({ unit: 'binary' }),
  fc.string().map((text) => `{"data":"${text}`),
  fc.integer({ min: 1, max: 3_000 }).map((depth) => '['.repeat(depth)),
  fc.bigInt().map((number) => `{"data":${number}${number}}`),
)

/** The same value with one of its places, counted through, holding another. */
function changeAt(base: unknown, place: number, value: unknown): unknown {
  const places: (string | number)[][] = [[]]
  const walk = (at: unknown, path: (string | number)[]) => {
    if (typeof at !== 'object' || at === null) return
    for (const [name, member] of Object.entries(at)) {
      const own = [...path, Array.isArray(at) ? Number(name) : name]
      places.push(own)
      walk(member, own)
    }
  }
  walk(base, [])
  return withAt(base, places[place % places.length] ?? [], value)
}

function withAt(base: unknown, [name, ...rest]: readonly (string | number)[], value: unknown): unknown {
  if (name === undefined) return value
  const copy: Record<string, unknown> = Array.isArray(base) ? ([...base] as never) : { ...(base as object) }
  copy[name] = withAt(copy[name], rest, value)
  return copy
}
