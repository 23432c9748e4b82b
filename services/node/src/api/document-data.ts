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

/** What cases of this procedure enter in this register; undefined: nothing. */
export function entryDataOf(procedure: Procedure, register: Register): z.ZodType | undefined {
  return procedure.entries?.[register.name]?.meta({ id: `${pascal(procedure.name)}${pascal(register.name)}EntryDataV${procedure.version}` })
}

/**
 * One shape per name of a document, told apart by its member `document`; `shape` gets the data that documents of this name may
 * hold, in whichever of the procedures. Each shape is a component of its own, as the discriminator of OpenAPI wants it.
 */
export function oneOfDocuments(procedures: readonly Procedure[], id: string, shape: (name: string, data: z.ZodType) => z.ZodObject) {
  const kinds = procedures.flatMap((procedure) => Object.keys(procedure.documents).map((name) => ({ name, data: dataOf(procedure, name) })))
  const idOf = (name: string) => `${pascal(name)}${id}`
  const shapes = [...Map.groupBy(kinds, ({ name }) => name)].map(([name, found]) => {
    const data = found.map((kind) => kind.data)
    return { name, schema: shape(name, data.length === 1 ? (data[0] as z.ZodType) : z.union(data)).meta({ id: idOf(name) }) }
  })
  const mapping = Object.fromEntries(shapes.map(({ name }) => [name, `#/components/schemas/${idOf(name)}`]))
  return z
    .discriminatedUnion('document', shapes.map(({ schema }) => schema) as unknown as [z.ZodObject<{ document: z.ZodLiteral<string> }>])
    .meta({ id, discriminator: { propertyName: 'document', mapping } })
}

export function pascal(name: string): string {
  return name.replaceAll(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase())
}
