import { z } from 'zod'
import { personal } from '../../src/index.ts'
import { addressQuery } from './procedure.ts'

/** What its opening document says in tests; the account is sensitive. */
export const accountData = { uscc: '91500112MA5U7B2C22', reason: '核对张伟的账户', account: '6222021234567890123' }

const schema = z.strictObject({
  uscc: z.string(),
  reason: personal('text', z.string().max(500)),
  account: personal('account', z.string().max(30)),
})

const { request } = addressQuery.documents
if (request === undefined) throw new Error('the worked example has no request')
const examples = request.examples.map((example) => ({ ...example, body: { ...example.body, data: accountData } }))

/** The worked example with a bank account in its opening document. */
export const accountQuery = {
  ...addressQuery,
  documents: { ...addressQuery.documents, request: { ...request, schema, examples } },
}
