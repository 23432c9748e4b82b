import type { Caller, Context } from '../context.ts'
import { runTogether, type Tx } from '../db/bulk.ts'
import { actorName } from './actor-name.ts'
import { type AuditEntry, auditStatement } from './audit-store.ts'
import { logStatements } from './pending-log-store.ts'

/**
 * What somebody changed without a document of a case saying so, in the transaction that changes it: for this node's own look-ups, and for
 * ever in the exchange log.
 */
export async function logAdminChange(tx: Tx, ctx: Pick<Context, 'now'>, caller: Caller, entry: AuditEntry): Promise<void> {
  await logChange(tx, ctx, caller, entry, entry.subject)
}

/**
 * The same of a record, whose key could be guessed from what it identifies: in the log it stands under a digest of this node's own key,
 * alike for the same record.
 */
export async function logRecordChange(
  tx: Tx,
  ctx: Pick<Context, 'now' | 'actorKey'>,
  caller: Caller,
  { action, register, key }: { readonly action: string; readonly register: string; readonly key: string },
): Promise<void> {
  const subject = `${register}/${key}`
  await logChange(tx, ctx, caller, { action, subject }, `${register}/${actorName(ctx.actorKey, `record ${subject}`)}`)
}

async function logChange(tx: Tx, ctx: Pick<Context, 'now'>, caller: Caller, entry: AuditEntry, logged: string | undefined): Promise<void> {
  const { client, role } = caller
  const fact = { kind: 'admin.change', client, role, action: entry.action, ...(logged && { subject: logged }) } as const
  await runTogether(tx, [auditStatement(ctx, caller, entry), ...logStatements(ctx.now(), [fact])])
}
