import type { Caller, Context } from '../context.ts'
import { insertAll, type Reader } from '../db/bulk.ts'
import { uuidv7 } from '../uuid.ts'

/** Who did what on this node; `subject` is a digest, id or code, never personal data. */
export async function audit(
  db: Reader,
  ctx: Pick<Context, 'now'>,
  caller: Caller,
  entry: { action: string; caseNumber?: string; subject?: string },
): Promise<void> {
  const nowMs = ctx.now()
  await insertAll(db, 'audit', [
    { id: uuidv7(nowMs), at: new Date(nowMs), client: caller.client, role: caller.role, agency: caller.agency, action: entry.action, case_number: entry.caseNumber ?? null, subject: entry.subject ?? null },
  ])
}
