import { violationNotice } from '@hefu/procedures'
import { sql } from 'kysely'
import { submitDocument } from '../../src/cases/submit-document.ts'
import type { Context } from '../../src/context.ts'
import { applyCases } from '../../src/inbox/apply-cases.ts'
import { deliverToPeer } from '../../src/outbox/deliver-to-peer.ts'
import { caseKey, messageOf } from '../../src/vault/stored-keys.ts'
import { callerOf } from '../callers.ts'

let lastKey = 0
export const newKey = () => ({ idempotencyKey: `key-${++lastKey}`, fingerprint: 'f' })

/** The procedure's own example as the region would post it. */
export function noticeBody(from: string, to: string) {
  const example = violationNotice.documents.notice?.examples[0]?.body as { purpose: string; basis: string; data: object }
  return { from, to, purpose: example.purpose, basis: example.basis, data: example.data }
}

/** Opens a case with a notice; nothing is sent yet. */
export async function submitNotice(ctx: Context, peer: string): Promise<{ caseNumber: string; jti: string }> {
  const caller = callerOf('systems', 'officer', `${ctx.region}-0001`)
  const body = noticeBody(`${ctx.region}-0001`, `${peer}-0001`)
  const { caseNumber, document } = await submitDocument(ctx, { caller, ...newKey(), target: { open: violationNotice }, body })
  return { caseNumber, jti: document.id }
}

/** Everything due goes over, and is applied there. */
export async function settle(from: Context, to: Context): Promise<void> {
  await deliverToPeer(from, to.region)
  const rows = await to.db
    .selectFrom('inbox')
    .select('case_number')
    .where('applied_at', 'is', null)
    .where('case_number', 'is not', null)
    .execute()
  await applyCases(to, [...new Set(rows.map((row) => row.case_number as string))])
}

/** What must be the same on both nodes: per case its state and clocks, per document digest, standing, time and receipt. */
export async function halfOf(ctx: Context) {
  const { rows: cases } =
    await sql`select case_number, procedure, version, owner, participants, agreement, deadline_rules, state, final, ball_holder, due, effective_until, etag from cases order by case_number`.execute(
      ctx.db,
    )
  const { rows: documents } = await sql<{
    jti: string
    iss: string
    case_number: string
    message: string | null
    data_key: string | null
  }>`select d.jti, d.iss, d.aud, d.digest, d.case_number, d.document, d.from_agency, d.to_agency, d.issued_at, d.received_at, d.seen, d.answers,
      d.status, d.standing, d.message, c.data_key, p.receipt, p.leaf_index, p.path, r.receipt as signed
    from documents d join cases c on c.case_number = d.case_number left join places p on p.jti = d.jti and p.iss = d.iss and p.digest = d.digest left join receipts r on r.digest = p.receipt order by d.jti, d.iss`.execute(
    ctx.db,
  )
  const opened = documents.map(({ data_key, ...row }) => ({
    ...row,
    message: row.message === null ? null : ctx.vault.openMessage(caseKey({ ...row, data_key }), messageOf(row), row.message),
  }))
  return { cases, documents: opened }
}

/** As if a backup from before this message had been restored: nothing of it is left. */
export async function forget(ctx: Context, { jti, caseNumber }: { jti: string; caseNumber: string }): Promise<void> {
  await ctx.db.transaction().execute(async (tx) => {
    for (const table of ['inbox', 'outbox', 'documents'] as const) await sql`delete from ${sql.table(table)} where jti = ${jti}`.execute(tx)
    await sql`delete from receipts where not exists (select 1 from places p where p.receipt = receipts.digest)`.execute(tx)
    const rest = await tx.selectFrom('documents').select('jti').where('case_number', '=', caseNumber).execute()
    if (rest.length > 0) return
    for (const table of ['effects', 'claims', 'settlement_entries', 'tasks', 'acts', 'events', 'register_questions', 'cases'] as const)
      await sql`delete from ${sql.table(table)} where case_number = ${caseNumber}`.execute(tx)
  })
}
