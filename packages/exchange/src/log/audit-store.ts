import type { Caller, Context } from '../context.ts'
import { insertRows, type Reader, type Statement } from '../db/bulk.ts'
import { uuidv7 } from '../uuid.ts'

export interface AuditEntry {
  readonly action: string
  readonly caseNumber?: string
  /** A digest, id or code, never personal data. */
  readonly subject?: string
}

/** Who did what on this node. */
export async function audit(db: Reader, ctx: Pick<Context, 'now'>, caller: Caller, entry: AuditEntry): Promise<void> {
  await auditStatement(ctx, caller, entry).execute(db)
}

export function auditStatement(ctx: Pick<Context, 'now'>, caller: Caller, entry: AuditEntry): Statement {
  const nowMs = ctx.now()
  return insertRows('audit', [
    {
      id: uuidv7(nowMs),
      at: new Date(nowMs),
      client: caller.client,
      role: caller.role,
      agency: caller.agency,
      actor: caller.actor,
      action: entry.action,
      case_number: entry.caseNumber ?? null,
      subject: entry.subject ?? null,
    },
  ])
}
