import { z } from 'zod'
import { type DocumentDefinition, defineProcedure, type Procedure, personal } from '../../src/index.ts'
import { addressQuery } from './procedure.ts'

const reason = personal('text', z.string().min(1).max(500))

/** A query says how urgent it is, a confirmation when the address was used. */
export const secondAddressQuery: Procedure = defineProcedure({
  ...addressQuery,
  version: 2,
  documents: {
    ...addressQuery.documents,
    request: changed('request', z.strictObject({ uscc: z.string(), reason, urgent: z.boolean() }), (data) => ({ ...data, urgent: true })),
    confirmation: changed('confirmation', z.strictObject({ usedOn: z.iso.date() }), () => ({ usedOn: '2026-11-20' })),
  },
})

function changed(name: string, schema: z.ZodType, changeData: (data: object) => object): DocumentDefinition {
  const before = addressQuery.documents[name] as DocumentDefinition
  const examples = before.examples.map(({ title, body }) => ({ title, body: { ...body, data: changeData(body.data as object) } }))
  return { ...before, schema, examples }
}
