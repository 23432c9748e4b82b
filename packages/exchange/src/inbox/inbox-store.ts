import { engineStates } from '@hefu/procedures'
import { sql } from 'kysely'
import type { Context } from '../context.ts'
import { insertAll, insertDocuments, insertRows, insertStatements, type Reader, rowsAs, type Statement, type Tx } from '../db/bulk.ts'
import type { CaseRow, DocumentRow, ReceiptRow } from '../db/schema.ts'
import { caseKey, messageOf, quarantinedOf, quarantineOwner } from '../vault/stored-keys.ts'
import { type Place, placeColumns } from './arrival-rows.ts'
import type { KnownCase } from './judge-message.ts'

/** What this node answered for one message before: the same for ever. */
export interface StoredAnswer {
  readonly jti: string
  readonly digest: string
  readonly first: boolean
  readonly status: 'accepted' | 'refused'
  readonly reason: string | null
  readonly receipt: string
  readonly index: number
  readonly path: readonly string[]
}

/** An answer as its row has it: the receipt by its digest, and its text where that is still there. */
export interface AnswerRow extends Omit<StoredAnswer, 'receipt'> {
  readonly receipt: string | null
  readonly receiptDigest: string
  readonly receivedAt: Date
}

export async function readAnswerRows(db: Reader, iss: string, jtis: readonly string[]): Promise<AnswerRow[]> {
  if (jtis.length === 0) return []
  const { rows } =
    await sql<AnswerRow>`select p.jti, p.digest, p.first, p.status, p.reason, r.receipt, p.receipt as "receiptDigest", p.received_at as "receivedAt",
      p.leaf_index as "index", string_to_array(p.path, '.') as path
    from inbox p left join receipts r on r.digest = p.receipt where p.iss = ${iss} and p.jti = any(${jtis}::uuid[])`.execute(db)
  return rows
}

export async function readKnownCases(db: Reader, caseNumbers: readonly string[]): Promise<Map<string, KnownCase>> {
  if (caseNumbers.length === 0) return new Map()
  const rows = await db
    .selectFrom('cases')
    .select(['case_number', 'procedure', 'version', 'owner', 'participants', 'agreement', hasStarted.as('started')])
    .where('case_number', '=', sql<string>`any(${caseNumbers})`)
    .execute()
  return new Map(rows.map((row) => [row.case_number, { ...row, participants: row.participants.map(({ region }) => region) }]))
}

/** Of a case: its first document is held. One that has been applied says so by its state. */
const hasStarted = sql<boolean>`(cases.state <> all(${Object.keys(engineStates)}) or ${firstIsHeld()})`

function firstIsHeld() {
  return sql<boolean>`exists (select 1 from documents d where d.case_number = cases.case_number and d.iss = cases.owner and d.seen = '{}' and d.status = 'held')`
}

export interface Arrival {
  readonly jti: string
  readonly iss: string
  readonly digest: string
  readonly first: boolean
  readonly case_number: string | null
  readonly status: 'accepted' | 'refused'
  readonly reason: string | null
  readonly received_at: Date
  readonly receipt: string
  readonly leaf_index: number
  readonly path: string
  readonly applied_at: Date | null
  readonly next_apply_at: Date | null
}

/**
 * Inserts in (iss, jti) order, so that two requests with the same messages wait for each other instead of deadlocking;
 * answers the keys that were really new. No conflict target: with the replay key alone as arbiter, a row that another request inserts at the same
 * instant would be met in the primary key first, as an error.
 */
export async function insertArrivals(tx: Tx, rows: readonly Arrival[]): Promise<Set<string>> {
  const sorted = rows.toSorted((a, b) => (a.jti < b.jti ? -1 : 1))
  const inserted = new Set<string>()
  for (const [part, conflict] of [
    [sorted.filter((row) => row.first), sql`on conflict do nothing`],
    [sorted.filter((row) => !row.first), sql`on conflict do nothing`],
  ] as const) {
    if (part.length === 0) continue
    const { rows: keys } = await sql<{ jti: string; digest: string }>`${insertRows(
      'inbox',
      part.map((row) => ({ ...row, apply_attempts: 0 })),
      conflict,
    )} returning jti, digest`.execute(tx)
    for (const key of keys) inserted.add(`${key.jti} ${key.digest}`)
  }
  return inserted
}

/** The places of arrivals in another receipt than the one they were inserted with. */
export async function placeArrivals(
  tx: Tx,
  iss: string,
  arrivals: readonly Pick<Arrival, 'jti' | 'digest'>[],
  places: readonly Place[],
): Promise<void> {
  const rows = arrivals.map(({ jti, digest }, at) => ({ jti, digest, ...placeColumns(places[at] as Place) }))
  await sql`update inbox i set receipt = r.receipt, leaf_index = r.leaf_index, path = r.path from ${rowsAs('inbox', rows)}
    where i.jti = r.jti and i.iss = ${iss} and i.digest = r.digest`.execute(tx)
}

/**
 * The case rows that arriving documents need to hang on; the starting document sets what an early follower could not know, also where
 * another start was refused before it. A case in one of the engine's own states has not begun.
 */
export function arrivedCaseStatements(starting: readonly CaseRow[], early: readonly CaseRow[]): Statement[] {
  const startingNumbers = new Set(starting.map((row) => row.case_number))
  return [
    ...insertStatements(
      'cases',
      byNumber(starting),
      sql`on conflict (case_number) do update set agency = excluded.agency, participants = excluded.participants, agreement = excluded.agreement, deadline_rules = excluded.deadline_rules,
      opened_at = excluded.opened_at where cases.state = any(${Object.keys(engineStates)})
        and not ${firstIsHeld()}`,
    ),
    ...insertStatements(
      'cases',
      byNumber(early.filter((row) => !startingNumbers.has(row.case_number))),
      sql`on conflict (case_number) do nothing`,
    ),
  ]
}

/** Accepted documents of cases that are not applied with them. One that a restored half brought back is there already. */
export function arrivedDocumentStatements(rows: readonly DocumentRow[]): Statement[] {
  return insertDocuments(rows, sql`on conflict do nothing`)
}

function byNumber(rows: readonly CaseRow[]): Record<string, unknown>[] {
  return [...new Map(rows.map((row) => [row.case_number, row])).values()]
    .toSorted((a, b) => (a.case_number < b.case_number ? -1 : 1))
    .map((row) => ({ ...row }))
}

/** Issued and received alike. */
export function receiptStatements(receipts: readonly ReceiptRow[]): Statement[] {
  return insertStatements(
    'receipts',
    receipts.map((receipt) => ({ ...receipt })),
    sql`on conflict (digest) do nothing`,
  )
}

const quarantineMs = 30 * 86_400_000

interface ReusedId {
  readonly iss: string
  readonly jti: string
  readonly digest: string
  readonly message: string
}

/** Two texts under one (iss, jti): both are kept for thirty days, each under a key of its own. */
export async function quarantine(tx: Tx, ctx: Pick<Context, 'vault' | 'now'>, rows: readonly ReusedId[]): Promise<void> {
  const nowMs = ctx.now()
  const all = [...rows, ...(await readFirstTexts(tx, ctx, rows))]
  await insertAll(
    tx,
    'quarantine',
    all.map((row) => ({ ...quarantinedRow(ctx, row), stored_at: new Date(nowMs), expires_at: new Date(nowMs + quarantineMs) })),
    sql`on conflict do nothing`,
  )
}

function quarantinedRow({ vault }: Pick<Context, 'vault'>, { message, ...row }: ReusedId) {
  const wrapped = vault.newKey(quarantineOwner(row))
  const sealed = vault.sealMessage({ owner: quarantineOwner(row), wrapped }, quarantinedOf(row), message)
  return { ...row, message: sealed, data_key: wrapped }
}

/** What this node holds under the same ids. */
async function readFirstTexts(tx: Tx, { vault }: Pick<Context, 'vault'>, rows: readonly ReusedId[]): Promise<ReusedId[]> {
  const jtis = rows.map((row) => row.jti)
  const held = await tx
    .selectFrom('documents')
    .innerJoin('cases', 'cases.case_number', 'documents.case_number')
    .select(['documents.iss', 'documents.jti', 'documents.digest', 'documents.message', 'cases.case_number', 'cases.data_key'])
    .where('documents.jti', '=', sql<string>`any(${jtis}::uuid[])`)
    .where('documents.iss', '=', rows[0]?.iss ?? '')
    .where('cases.erased_at', 'is', null)
    .where('documents.recalled_at', 'is', null)
    .execute()
  return held.flatMap((row) => {
    const { iss, jti, digest, message } = row
    return message === null ? [] : [{ iss, jti, digest, message: vault.openMessage(caseKey(row), messageOf(row), message) }]
  })
}
