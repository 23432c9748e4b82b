import { type CasePosition, pageOfCaseRows } from '../cases/case-list-store.ts'
import { loadCases } from '../cases/case-store.ts'
import { type LoadedCase, storedClaims } from '../cases/loaded-case.ts'
import type { Caller, Context } from '../context.ts'
import { audit } from '../log/audit-store.ts'
import { idOf, officerAgency } from '../registers/record-of.ts'
import { pageOfRecords } from '../registers/register-store.ts'
import { readDealings } from './subject-store.ts'

/** The scope that a client needs to be told everything held on one person. */
export const SUBJECT_ACCESS_SCOPE = 'subject:access'

/** Why it is disclosed, in the exchange log. */
export const SUBJECT_ACCESS_PURPOSE = 'subject-access'

export interface SubjectFile {
  readonly cases: readonly {
    readonly caseNumber: string
    readonly procedure: string
    readonly role: string
    readonly state: string
    readonly openedAt: string
    /** Those that name the person. */
    readonly documents: readonly {
      readonly id: string
      readonly document: string
      readonly by: string
      readonly to: string
      readonly issuedAt: string
      readonly digest: string
      readonly purpose: string
      readonly basis: string
      readonly data: unknown
    }[]
  }[]
  readonly records: readonly { readonly register: string; readonly id: string; readonly updatedAt: string; readonly data: unknown }[]
  /** What was done with these cases on this node, by whom. */
  readonly dealings: readonly {
    readonly at: string
    readonly caseNumber: string
    readonly client: string
    readonly role: string
    readonly action: string
  }[]
}

type SubjectContext = Pick<Context, 'db' | 'vault' | 'procedures' | 'registers' | 'now'>

const ROWS_AT_ONCE = 200

/**
 * Everything that the caller's agency holds on one person, blocked content included; of what is erased there is nothing. No index leads from a person to
 * cases, so every case is opened once: rare, and slow where there are many. Throws HefuError: role-not-allowed, agency-not-allowed.
 */
export async function readSubject(ctx: SubjectContext, caller: Caller, idNumber: string): Promise<SubjectFile> {
  const agency = officerAgency(caller)
  const cases = await casesNaming(ctx, caller, idNumber)
  const records = await recordsNaming(ctx, agency, idNumber)
  await audit(ctx.db, ctx, caller, { action: 'subject.read', subject: ctx.vault.lookupKey('subject', idNumber) })
  const rows = await readDealings(
    ctx.db,
    cases.map(({ caseNumber }) => caseNumber),
  )
  const dealings = rows.flatMap(({ at, case_number: caseNumber, client, role, action }) =>
    caseNumber === null ? [] : [{ at: at.toISOString(), caseNumber, client, role, action }],
  )
  return { cases, records, dealings }
}

/** In any text of it: an identity number stands for itself wherever it is written. */
const names = (idNumber: string) => (data: unknown) => JSON.stringify(data).toUpperCase().includes(idNumber)

async function casesNaming(ctx: SubjectContext, caller: Caller, idNumber: string): Promise<SubjectFile['cases']> {
  const found: SubjectFile['cases'][number][] = []
  for (let after: CasePosition | undefined; ; ) {
    const rows = (await pageOfCaseRows(ctx.db, caller, { limit: ROWS_AT_ONCE, after })).slice(0, ROWS_AT_ONCE)
    const loaded = await loadCases(ctx.db, ctx, rows)
    found.push(...loaded.flatMap((one) => caseNaming(one, names(idNumber))))
    const last = rows.at(-1)
    if (rows.length < ROWS_AT_ONCE || last === undefined) return found
    after = { openedAt: last.opened_at.toISOString(), caseNumber: last.case_number }
  }
}

function caseNaming({ row, documents }: LoadedCase, isNamed: (data: unknown) => boolean): SubjectFile['cases'][number][] {
  const naming = documents.flatMap(({ message, ...document }) => {
    const claims = message === null ? undefined : storedClaims(message)
    if (claims === undefined || !isNamed(claims.data)) return []
    const { jti: id, iss: by, aud: to, digest } = document
    const { purpose, basis, data } = claims
    return [{ id, document: document.document, by, to, issuedAt: document.issued_at.toISOString(), digest, purpose, basis, data }]
  })
  if (naming.length === 0) return []
  const { case_number: caseNumber, procedure, role, state } = row
  return [{ caseNumber, procedure, role, state, openedAt: row.opened_at.toISOString(), documents: naming }]
}

async function recordsNaming(ctx: SubjectContext, agency: string, idNumber: string): Promise<SubjectFile['records']> {
  const isNamed = names(idNumber)
  const found: SubjectFile['records'][number][] = []
  for (const register of ctx.registers) {
    for (let after: string | undefined; ; ) {
      const rows = (await pageOfRecords(ctx, register.name, agency, { limit: ROWS_AT_ONCE, after })).slice(0, ROWS_AT_ONCE)
      for (const { data, updated_at } of rows.filter((row) => isNamed(row.data)))
        found.push({ register: register.name, id: idOf(register, data), updatedAt: updated_at.toISOString(), data })
      after = rows.at(-1)?.key
      if (rows.length < ROWS_AT_ONCE) break
    }
  }
  return found
}
