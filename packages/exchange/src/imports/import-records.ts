import type { Register } from '@hefu/procedures'
import type { Caller, Context } from '../context.ts'
import { insertAll } from '../db/bulk.ts'
import { transact } from '../db/transact.ts'
import { holdRecords, reapplyCasesAsking } from '../registers/question-store.ts'
import { recordOf } from '../registers/record-of.ts'
import { type RecordToWrite, writeRecords } from '../registers/register-store.ts'
import { tellToApply } from '../tell-queue.ts'
import { uuidv7 } from '../uuid.ts'
import { endRows, type StoredImport } from './import-store.ts'
import { parseRow } from './parse-row.ts'
import type { QueuedRow, RowFailure, RowOutcome } from './row-outcome.ts'

/**
 * Writes a batch of rows into a register, and ends the rows, in one transaction: killed in between, all of them wait again.
 * Of several rows for one record the last one stays, as if they had been written one after the other.
 */
export async function importRecords(
  ctx: Pick<Context, 'db' | 'queue' | 'vault' | 'now' | 'log'>,
  run: StoredImport,
  caller: Caller,
  register: Register,
  rows: readonly QueuedRow[],
): Promise<void> {
  const records = new Map<number, RecordToWrite>()
  const unreadable: RowOutcome[] = []
  for (const row of rows) {
    const parsed = parseRow(register.schema, row.body, 'malformed-request')
    if ('failure' in parsed) unreadable.push({ line: row.line, failure: parsed.failure })
    else records.set(row.line, recordOf(ctx, register, parsed.data))
  }
  const asking = await transact(ctx.db, async (tx) => {
    const last = new Map([...records.values()].map((record) => [record.key, record]))
    const lookupKeys = await holdRecords(tx, register.name, [...last.values()])
    const nowMs = ctx.now()
    const versions = await writeRecords(tx, ctx, register.name, run.agency, [...last.values()])
    const written = [...records].map(
      ([line, { key }]): RowOutcome => (versions.has(key) ? { line, result: null } : { line, failure: ofOtherAgency }),
    )
    await insertAll(
      tx,
      'audit',
      [...versions].map(([key, version]) =>
        auditRow(caller, nowMs, `register.record-${version === 1 ? 'created' : 'updated'}`, `${register.name}/${key}`),
      ),
    )
    await endRows(tx, run.id, [...unreadable, ...written])
    return await reapplyCasesAsking(tx, nowMs, register.name, lookupKeys)
  })
  await tellToApply(ctx, asking)
}

function auditRow(caller: Caller, nowMs: number, action: string, subject: string) {
  return {
    id: uuidv7(nowMs),
    at: new Date(nowMs),
    client: caller.client,
    role: caller.role,
    agency: caller.agency,
    actor: caller.actor,
    action,
    subject,
  }
}

const ofOtherAgency: RowFailure = {
  code: 'agency-not-allowed',
  errors: [
    {
      pointer: '',
      code: 'agency-not-allowed',
      zh: '该记录由本区域另一机构登记，只能由该机构修改',
      en: 'Another agency of this region wrote the record: only that agency may change it',
    },
  ],
}
