import type { DocumentDefinition, Procedure, Register } from '@hefu/procedures'
import { z } from 'zod'

/** The data of one kind of document: one component, to which requests and answers refer. */
export function dataOf(procedure: Procedure, document: string): z.ZodType {
  const { schema } = procedure.documents[document] as DocumentDefinition
  return schema.meta({ id: `${pascal(procedure.name)}${pascal(document)}DataV${procedure.version}` })
}

/** A record of a register, as it was written. */
export function recordDataOf(register: Register): z.ZodType {
  return register.schema.meta({ id: `${pascal(register.name)}RecordData` })
}

/** What cases enter in this register, per name of a procedure. */
export function entryDataOf(register: Register, procedures: readonly Procedure[]): Named[] {
  const kinds = procedures.flatMap(({ name, version, entries }) => {
    const data = entries?.[register.name]?.meta({ id: `${pascal(name)}${pascal(register.name)}EntryDataV${version}` })
    return data ? [{ name, data }] : []
  })
  return byName(kinds)
}

/**
 * One shape per name of a document, told apart by its member `document`; `shape` gets the data that documents of this name may
 * hold, in whichever of the procedures. Each shape is a component of its own, as the discriminator of OpenAPI wants it.
 */
export function oneOfDocuments(procedures: readonly Procedure[], id: string, shape: (name: string, data: z.ZodType) => z.ZodObject) {
  const kinds = procedures.flatMap((procedure) => Object.keys(procedure.documents).map((name) => ({ name, data: dataOf(procedure, name) })))
  const idOf = (name: string) => `${pascal(name)}${id}`
  const shapes = byName(kinds).map(({ name, data }) => ({ name, schema: shape(name, data).meta({ id: idOf(name) }) }))
  const mapping = Object.fromEntries(shapes.map(({ name }) => [name, `#/components/schemas/${idOf(name)}`]))
  return z
    .discriminatedUnion('document', shapes.map(({ schema }) => schema) as unknown as [z.ZodObject<{ document: z.ZodLiteral<string> }>])
    .meta({ id, discriminator: { propertyName: 'document', mapping } })
}

interface Named {
  readonly name: string
  readonly data: z.ZodType
}

/** Procedures share names of documents, and versions of a procedure its own name: there the data is any of theirs. */
function byName(kinds: readonly Named[]): Named[] {
  return [...Map.groupBy(kinds, ({ name }) => name)].map(([name, [first, ...others]]) => {
    const data = (first as Named).data
    return { name, data: others.length === 0 ? data : z.union([data, ...others.map((other) => other.data)]) }
  })
}

export function pascal(name: string): string {
  return name.replaceAll(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase())
}
