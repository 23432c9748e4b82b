/** The part of JSON Schema that the documents use. */
export interface Schema {
  readonly $ref?: string
  readonly type?: string | readonly string[]
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly properties?: Readonly<Record<string, Schema | boolean>>
  readonly additionalProperties?: Schema | boolean
  readonly items?: Schema | boolean
  readonly maxItems?: number
  readonly not?: Schema
  readonly anyOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
  readonly allOf?: readonly Schema[]
  readonly discriminator?: unknown
}

type Content = Readonly<Record<string, { readonly schema: Schema }>>
type Operation = { readonly operationId: string; readonly responses: Readonly<Record<string, { readonly content?: Content }>> }

/** The schemas of what an OpenAPI document promises for 2xx. */
export function successBodies(document: object): { at: string; schema: Schema }[] {
  const { paths } = document as { paths: Record<string, Record<string, Operation>> }
  return Object.values(paths)
    .flatMap((operations) => Object.values(operations))
    .flatMap(({ operationId, responses }) =>
      Object.entries(responses)
        .filter(([status]) => status.startsWith('2'))
        .flatMap(([, { content = {} }]) => Object.values(content).map(({ schema }) => ({ at: operationId, schema }))),
    )
}

/** Where a schema takes any value: nothing said, or an object or array whose content is not described. Follows references once. */
export function untyped(schema: Schema | boolean, at: string, document: object, seen = new Set<string>()): string[] {
  if (typeof schema === 'boolean') return [at]
  if (schema.$ref !== undefined) {
    if (seen.has(schema.$ref)) return []
    seen.add(schema.$ref)
    const name = schema.$ref.replace('#/components/schemas/', '')
    const { schemas } = (document as { components: { schemas: Record<string, Schema> } }).components
    return untyped(schemas[name] ?? {}, name, document, seen)
  }
  if (schema.const !== undefined || schema.enum !== undefined) return []
  // Beside a plain type, shapes only narrow it.
  if (schema.type !== undefined && schema.type !== 'object' && schema.type !== 'array') return []
  const shapes = [...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...(schema.allOf ?? [])]
  if (shapes.length > 0) return shapes.flatMap((shape, index) => untyped(shape, `${at}/${index}`, document, seen))
  if (schema.type === 'object') return untypedMembers(schema, at, document, seen)
  if (schema.type === 'array') return schema.maxItems === 0 ? [] : untyped(schema.items ?? {}, `${at}/*`, document, seen)
  return [at]
}

function untypedMembers({ properties, additionalProperties }: Schema, at: string, document: object, seen: Set<string>): string[] {
  const further = additionalProperties === undefined || additionalProperties === false ? [] : [additionalProperties]
  if (properties === undefined && further.length === 0) return [at]
  return [
    ...Object.entries(properties ?? {}).flatMap(([name, member]) => untyped(member, `${at}/${name}`, document, seen)),
    ...further.flatMap((member) => untyped(member, `${at}/*`, document, seen)),
  ]
}
