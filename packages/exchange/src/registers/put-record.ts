import type { Caller, Context } from '../context.ts'
import { transact } from '../db/transact.ts'
import { HefuError } from '../errors.ts'
import { fieldErrorsOf } from '../field-errors.ts'
import { logRecordChange } from '../log/log-admin-change.ts'
import { tellToApply } from '../tell-queue.ts'
import { holdRecords, reapplyCasesAsking } from './question-store.ts'
import { idOf, keyOfId, officerAgency, recordOf, registerNamed } from './record-of.ts'
import { lockStoredRecord, removeRecord, writeRecords } from './register-store.ts'

export interface Precondition {
  /** Version as in the ETag, without quotes, or `*`: any that exists. */
  readonly ifMatch?: string
  /** Only create. */
  readonly ifNoneMatch?: '*'
}

/**
 * Writes one record of a register for the caller's agency; open cases that asked for it are looked at again. `id` is what the URL says and must be the record's own.
 * Throws HefuError: role-not-allowed, not-found (no such register), malformed-request (`errors`), agency-not-allowed
 * (another agency wrote the record), if-match-failed.
 */
export async function putRecord(
  ctx: Pick<Context, 'db' | 'queue' | 'vault' | 'now' | 'log' | 'registers' | 'actorKey'>,
  caller: Caller,
  registerName: string,
  id: string,
  data: unknown,
  precondition: Precondition = {},
): Promise<{ outcome: 'created' | 'updated'; version: number }> {
  const agency = officerAgency(caller)
  const register = registerNamed(ctx, registerName)
  const parsed = register.schema.safeParse(data)
  if (!parsed.success) throw new HefuError('malformed-request', { errors: fieldErrorsOf(parsed.error, data) })
  const record = recordOf(ctx, register, parsed.data)
  if (idOf(register, parsed.data) !== id || record.key !== keyOfId(ctx, register, id)) {
    throw new HefuError('malformed-request', {
      errors: [
        {
          pointer: `/${register.id}`,
          code: 'id-mismatch',
          zh: '与地址中的标识不一致',
          en: 'Differs from the id in the address: they must be the same',
        },
      ],
    })
  }
  const { asking, ...written } = await transact(ctx.db, async (tx) => {
    const lookupKeys = await holdRecords(tx, register.name, [record])
    const version = (await writeRecords(tx, ctx, register.name, agency, [record])).get(record.key)
    if (version === undefined) throw notYours()
    // Judged by what the write found, under its row lock: throwing takes the write back.
    if (!meets(precondition, version - 1)) throw new HefuError('if-match-failed')
    const outcome = version === 1 ? 'created' : 'updated'
    await logRecordChange(tx, ctx, caller, { action: `register.record-${outcome}`, register: register.name, key: record.key })
    return { outcome, version, asking: await reapplyCasesAsking(tx, ctx.now(), register.name, lookupKeys) } as const
  })
  await tellToApply(ctx, asking)
  return written
}

/** Throws HefuError: role-not-allowed, not-found, agency-not-allowed (another agency wrote it), if-match-failed. */
export async function deleteRecord(
  ctx: Pick<Context, 'db' | 'queue' | 'vault' | 'now' | 'log' | 'registers' | 'actorKey'>,
  caller: Caller,
  registerName: string,
  id: string,
  precondition: Precondition = {},
): Promise<void> {
  const agency = officerAgency(caller)
  const register = registerNamed(ctx, registerName)
  const key = keyOfId(ctx, register, id)
  const asking = await transact(ctx.db, async (tx) => {
    const lookupKeys = await holdRecords(tx, register.name, [{ key, lookupKeys: [] }])
    const stored = await lockStoredRecord(tx, register.name, key)
    if (!stored) throw new HefuError('not-found')
    if (stored.agency !== agency) throw notYours()
    if (!meets(precondition, stored.version)) throw new HefuError('if-match-failed')
    await removeRecord(tx, register.name, key)
    await logRecordChange(tx, ctx, caller, { action: 'register.record-deleted', register: register.name, key })
    return await reapplyCasesAsking(tx, ctx.now(), register.name, lookupKeys)
  })
  await tellToApply(ctx, asking)
}

/** `version` 0: there was no record. */
function meets({ ifMatch, ifNoneMatch }: Precondition, version: number): boolean {
  if (ifNoneMatch !== undefined && version !== 0) return false
  if (ifMatch === undefined) return true
  return version !== 0 && (ifMatch === '*' || ifMatch === String(version))
}

function notYours(): HefuError {
  return new HefuError('agency-not-allowed', {
    detail: {
      zh: '该记录由本区域另一机构登记，只能由该机构修改',
      en: 'Another agency of this region wrote the record: only that agency may change it',
    },
  })
}
