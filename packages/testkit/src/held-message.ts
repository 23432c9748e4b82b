import type { Context } from '@hefu/exchange'

/** The text of a message that this node holds, as only the node itself can read it. */
export async function heldMessage({ db, vault }: Pick<Context, 'db' | 'vault'>, jti: string): Promise<string> {
  const { iss, message, case_number, data_key } = await db
    .selectFrom('documents')
    .innerJoin('cases', 'cases.case_number', 'documents.case_number')
    .select(['documents.iss', 'documents.message', 'cases.case_number', 'cases.data_key'])
    .where('documents.jti', '=', jti)
    .executeTakeFirstOrThrow()
  return vault.openMessage({ owner: `cases/${case_number}`, wrapped: data_key }, ['documents', `${jti}/${iss}`, 'message'], message ?? '')
}
