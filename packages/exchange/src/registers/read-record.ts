import type { Register } from '@hefu/procedures'
import { shanghaiDate } from '@hefu/reference'
import type { Caller, Context } from '../context.ts'
import { HefuError } from '../errors.ts'
import { audit } from '../log/audit-store.ts'
import { idOf, keyOfId, officerAgency, registerNamed } from './record-of.ts'
import { entriesOf, lookupKeysOf, type OpenedRecord, pageOfRecords, readStoredRecord } from './register-store.ts'

/** What a case has entered with a record, and where it comes from: for `employers` the integrity file. */
export interface RegisterEntry {
  readonly caseNumber: string
  readonly procedure: string
  /** Digest of the document that the entry rests on. */
  readonly digest: string
  readonly data: unknown
  /** ISO time at which this node entered it. */
  readonly since: string
  /** Last day (yyyy-mm-dd) on which it may be shown, or null. */
  readonly until: string | null
}

export interface StoredRecord {
  readonly id: string
  readonly data: unknown
  /** Counts the writes of this record; its ETag. */
  readonly version: number
  readonly createdAt: string
  readonly updatedAt: string
}

/**
 * A record of the caller's agency with the entries of cases. Where the agency has no such record but holds cases with
 * entries under this id, `record` is null: an integrity file does not wait for the employer's registration.
 * Throws HefuError: role-not-allowed, not-found.
 */
export async function readRecord(
  ctx: Pick<Context, 'db' | 'vault' | 'now' | 'registers'>,
  caller: Caller,
  registerName: string,
  id: string,
): Promise<{ id: string; record: StoredRecord | null; entries: RegisterEntry[] }> {
  const agency = officerAgency(caller)
  const register = registerNamed(ctx, registerName)
  const key = keyOfId(ctx, register, id)
  const stored = await readStoredRecord(ctx, register.name, key)
  const own = stored?.agency === agency ? stored : undefined
  const lookupKeys = own ? await lookupKeysOf(ctx.db, register.name, key) : [key]
  // The keeper of the record sees its whole file; others see what their own cases entered.
  const today = shanghaiDate(ctx.now())
  const entries = await entriesOf(ctx, register.name, lookupKeys, { today, caller, ...(own ? {} : { agency }) })
  if (!own && entries.length === 0) throw new HefuError('not-found')
  await audit(ctx.db, ctx, caller, { action: 'register.record-read', subject: `${register.name}/${key}` })
  return {
    id,
    record: own ? toRecord(register, own) : null,
    entries: entries.map((row) => ({
      caseNumber: row.case_number,
      procedure: row.procedure,
      digest: row.digest,
      data: row.data,
      since: row.created_at.toISOString(),
      until: row.effective_until,
    })),
  }
}

/**
 * The records of the caller's agency, a page of at most `limit`; `next` is the cursor of the next page (opaque, no
 * identifier). Throws HefuError: role-not-allowed, not-found (no such register).
 */
export async function listRecords(
  ctx: Pick<Context, 'db' | 'vault' | 'now' | 'registers'>,
  caller: Caller,
  registerName: string,
  page: { limit: number; after?: string | undefined },
): Promise<{ items: StoredRecord[]; next: string | null }> {
  const agency = officerAgency(caller)
  const register = registerNamed(ctx, registerName)
  const rows = await pageOfRecords(ctx, register.name, agency, page)
  await audit(ctx.db, ctx, caller, { action: 'register.records-listed', subject: register.name })
  const shown = rows.slice(0, page.limit)
  return { items: shown.map((row) => toRecord(register, row)), next: rows.length > page.limit ? (shown.at(-1)?.key ?? null) : null }
}

function toRecord(register: Register, row: OpenedRecord): StoredRecord {
  return {
    id: idOf(register, row.data),
    data: row.data,
    version: row.version,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
  }
}
