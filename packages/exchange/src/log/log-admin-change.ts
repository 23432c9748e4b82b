import type { Caller, Context } from '../context.ts'
import { runTogether, type Tx } from '../db/bulk.ts'
import { type AuditEntry, auditStatement } from './audit-store.ts'
import { logStatements } from './pending-log-store.ts'

/** What an operator changed, in the transaction that changes it: for this node's own look-ups, and for ever in the exchange log. */
export async function logAdminChange(tx: Tx, ctx: Pick<Context, 'now'>, caller: Caller, entry: AuditEntry): Promise<void> {
  const { client, role } = caller
  const fact = { kind: 'admin.change', client, role, action: entry.action, ...(entry.subject && { subject: entry.subject }) } as const
  await runTogether(tx, [auditStatement(ctx, caller, entry), ...logStatements(ctx.now(), [fact])])
}
