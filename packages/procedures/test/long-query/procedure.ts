import { z } from 'zod'
import type { CaseView, Procedure } from '../../src/index.ts'
import { addressQuery } from '../address-query/procedure.ts'

const request = z.strictObject({ text: z.string(), replyLength: z.int() })

/** A query that may be as long as one likes, answered without an officer and as long as the query says: for limits of size. */
export const longQuery: Procedure = {
  ...addressQuery,
  documents: {
    ...addressQuery.documents,
    request: documentOf('request', request),
    reply: documentOf('reply', z.strictObject({ text: z.string() })),
    confirmation: { ...documentOf('confirmation', z.strictObject({ usable: z.boolean() })), notNow: () => null },
  },
  registerAnswers: [
    {
      document: 'reply',
      role: 'keeper',
      states: ['asked'],
      lookUp: () => ({}),
      write: (view) => ({
        data: { text: 'x'.repeat(replyLength(view)) },
        automatic: true,
        note: { zh: '登记簿答复', en: 'The register answers' },
      }),
    },
  ],
}

function documentOf(name: string, schema: z.ZodType) {
  const before = addressQuery.documents[name]
  if (!before) throw new Error(`address-query has no ${name}`)
  return { ...before, schema, batch: true, examples: [] }
}

function replyLength(view: CaseView): number {
  return request.parse(view.latest('request')?.data).replyLength
}
