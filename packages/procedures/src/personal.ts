import { z } from 'zod'

/**
 * What a value says about a person, which decides how it is masked. `account` and `medical` are sensitive (PIPL 28): a purpose alone does not
 * show them. `text`: free text, in which anybody may have been named.
 */
export type PersonalKind = 'name' | 'id-number' | 'phone' | 'address' | 'account' | 'medical' | 'number' | 'date' | 'text'

type Mark = PersonalKind | 'open'

const marks = z.registry<{ mark: Mark }>()

/** Marks a field as personal where it is declared: nobody has to think of a list elsewhere. */
export function personal<Schema extends z.ZodType>(kind: PersonalKind, schema: Schema): Schema {
  return marked(kind, schema)
}

/** Says of a field that could hold personal data that it is about no person: an organisation, an office, the number of a decision. */
export function open<Schema extends z.ZodType>(schema: Schema): Schema {
  return marked('open', schema)
}

function marked<Schema extends z.ZodType>(mark: Mark, schema: Schema): Schema {
  const own = schema.clone() as Schema
  marks.add(own, { mark })
  return own
}

export interface Leaf {
  /** Members on the way; `*` for each element. */
  readonly path: readonly string[]
  readonly schema: z.ZodType
  readonly mark: Mark | undefined
}

/** Every value that data of this schema may hold, in whichever of its shapes. */
export function leavesOf(schema: z.ZodType, path: readonly string[] = []): Leaf[] {
  const mark = marks.get(schema)?.mark
  const def = schema.def as unknown as Definition
  if (mark !== undefined) return [{ path, schema, mark }]
  if (def.shape) return Object.entries(def.shape).flatMap(([name, member]) => leavesOf(member, [...path, name]))
  if (def.options) return def.options.flatMap((option) => leavesOf(option, path))
  const inner = def.innerType ?? def.in
  if (inner) return leavesOf(inner, path)
  const each = def.element ?? def.valueType
  return each ? leavesOf(each, [...path, '*']) : [{ path, schema, mark }]
}

/** As much of a zod schema's definition as leads to others. */
interface Definition {
  readonly shape?: Readonly<Record<string, z.ZodType>>
  readonly options?: readonly z.ZodType[]
  readonly innerType?: z.ZodType
  readonly in?: z.ZodType
  readonly element?: z.ZodType
  readonly valueType?: z.ZodType
}

interface PersonalPath {
  readonly path: readonly string[]
  readonly kind: PersonalKind
}

const known = new WeakMap<z.ZodType, readonly PersonalPath[]>()

function personalPaths(schema: z.ZodType): readonly PersonalPath[] {
  const found =
    known.get(schema) ?? leavesOf(schema).flatMap(({ path, mark }) => (mark === undefined || mark === 'open' ? [] : [{ path, kind: mark }]))
  known.set(schema, found)
  return found
}

export type MaskExtent = 'personal' | 'sensitive'

/** A copy of data of this schema with its personal values masked, or its sensitive ones alone. */
export function maskData(schema: z.ZodType, data: unknown, extent: MaskExtent): unknown {
  const paths = personalPaths(schema).filter(({ kind }) => extent === 'personal' || kind === 'account' || kind === 'medical')
  return paths.reduce((masked, { path, kind }) => maskAt(masked, path, kind), data)
}

function maskAt(value: unknown, path: readonly string[], kind: PersonalKind): unknown {
  const [first, ...rest] = path
  if (value === undefined || value === null) return value
  if (first === undefined) return maskValue(kind, value)
  if (typeof value !== 'object') return null
  if (first === '*') return Array.isArray(value) ? value.map((one) => maskAt(one, rest, kind)) : value
  if (!Object.hasOwn(value, first)) return value
  return { ...value, [first]: maskAt((value as Record<string, unknown>)[first], rest, kind) }
}

/** `510104********1237`, `张**`, `138****5678`: enough to recognise what one knows already. */
export function maskValue(kind: PersonalKind, value: unknown): string | null {
  if (typeof value !== 'string') return null
  const letters = [...value]
  const ends = (first: number, last: number) =>
    letters.length > first + last
      ? letters.slice(0, first).join('') + '*'.repeat(letters.length - first - last) + tail(letters, last)
      : '****'
  switch (kind) {
    case 'id-number':
      return letters.length >= 15 ? ends(6, 4) : ends(1, 2)
    case 'phone':
      return letters.length >= 11 ? ends(3, 4) : ends(0, 2)
    case 'name':
      return `${letters[0] ?? ''}**`
    case 'address':
      return letters.length > 6 ? `${letters.slice(0, 6).join('')}****` : '****'
    case 'account':
    case 'number':
      return letters.length > 8 ? `****${tail(letters, 4)}` : '****'
    case 'date':
    case 'medical':
    case 'text':
      return '****'
  }
}

function tail(letters: readonly string[], count: number): string {
  return count === 0 ? '' : letters.slice(-count).join('')
}
