import type { Procedure } from '@hefu/procedures'
import { z } from 'zod'
import type { SubmitBody } from './submit-document.ts'

const agencyCode = z.string().regex(/^\d{6}-\d{4}$/)

const known = new WeakMap<Procedure, Map<string, z.ZodType<SubmitBody>>>()

/**
 * The body of the POST that writes this document (protocol.md section 5), and a row of an import that opens cases with it: whichever
 * way a document comes, this decides what is signed. `data`: the document's own schema under a name, for OpenAPI.
 */
export function submitSchema(procedure: Procedure, document: string, data?: z.ZodType): z.ZodType<SubmitBody> {
  if (data) return makeSchema(procedure, document, data)
  const ofProcedure = known.get(procedure) ?? new Map<string, z.ZodType<SubmitBody>>()
  known.set(procedure, ofProcedure)
  const schema = ofProcedure.get(document) ?? makeSchema(procedure, document)
  ofProcedure.set(document, schema)
  return schema
}

/** What any of these versions of a procedure takes; the one that the case has is asked again when the case is known. */
export function anySubmitSchema(
  versions: readonly Procedure[],
  schemaOf: (procedure: Procedure) => z.ZodType<SubmitBody>,
): z.ZodType<SubmitBody> {
  const [first, ...others] = versions.map(schemaOf)
  if (!first) throw new Error('a procedure has a version at least')
  return others.length === 0 ? first : z.union([first, ...others])
}

function makeSchema(procedure: Procedure, document: string, data?: z.ZodType): z.ZodType<SubmitBody> {
  const definition = procedure.documents[document]
  const purposes = procedure.purposes.map(({ code }) => code)
  if (!definition || purposes.length === 0) throw new Error(`procedure ${procedure.name} has no purposes, or no document ${document}`)
  const members = {
    from: agencyCode.optional(),
    purpose: z.enum(purposes),
    basis: z
      .string()
      .min(1)
      .max(500)
      .regex(/^[^\p{Cc}]*$/u),
    data: data ?? definition.schema,
  }
  return definition.starts ? z.strictObject({ ...members, to: agencyCode }) : z.strictObject(members)
}
