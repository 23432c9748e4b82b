import { sql } from 'kysely'
import type { Context } from '../context.ts'
import type { Reader, Tx } from '../db/bulk.ts'
import type { CaseRow, DocumentRow } from '../db/schema.ts'
import { caseKey, messageOf } from '../vault/stored-keys.ts'
import { type LoadedCase, procedureOf } from './loaded-case.ts'

/** Locks the cases in one order everywhere, so that two transactions over several cases cannot deadlock. */
export async function lockCases(tx: Tx, caseNumbers: readonly string[]): Promise<CaseRow[]> {
  if (caseNumbers.length === 0) return []
  return await tx
    .selectFrom('cases')
    .selectAll()
    .where('case_number', '=', sql<string>`any(${caseNumbers})`)
    .orderBy('case_number')
    .forUpdate()
    .execute()
}

/** Of all cases, those that are over too: they are still listed, shown and retained. */
export async function readVersionsHeld(db: Reader): Promise<Pick<CaseRow, 'procedure' | 'version'>[]> {
  return await db.selectFrom('cases').select(['procedure', 'version']).distinct().orderBy('procedure').orderBy('version').execute()
}

/** Documents of these locked cases came back: until somebody has replayed them, the sweep does from `at` on. */
export async function markToReplay(tx: Tx, caseNumbers: readonly string[], at: Date): Promise<void> {
  if (caseNumbers.length === 0) return
  await sql`update cases c set replay_at = ${at} from unnest(${caseNumbers}::text[]) as n (number) where c.case_number = n.number`.execute(
    tx,
  )
}

/** Of locked cases, which now are replayed. */
export async function markReplayed(tx: Tx, rows: readonly CaseRow[]): Promise<void> {
  const marked = rows.flatMap(({ case_number, replay_at }) => (replay_at === null ? [] : [case_number]))
  if (marked.length === 0) return
  await sql`update cases c set replay_at = null from unnest(${marked}::text[]) as n (number) where c.case_number = n.number`.execute(tx)
}

/** Cases that wait to be replayed and are due; puts them off until `again`. What somebody has locked needs no sweep. */
export async function takeToReplay(db: Reader, now: Date, again: Date): Promise<string[]> {
  const { rows } = await sql<{ case_number: string }>`with late as materialized (select case_number from cases
      where replay_at <= ${now} order by replay_at limit 5000 for no key update skip locked)
    update cases c set replay_at = ${again} from late where c.case_number = late.case_number returning c.case_number`.execute(db)
  return rows.map((row) => row.case_number)
}

/**
 * Loads what replay needs. With the case rows locked, nothing but an acceptance can add to it. `held`: messages by digest that the
 * caller has in memory, so that their bytes need not travel again.
 */
export async function loadCases(
  db: Reader,
  ctx: Pick<Context, 'procedures' | 'vault'>,
  rows: readonly CaseRow[],
  held: ReadonlyMap<string, string> = new Map(),
): Promise<LoadedCase[]> {
  if (rows.length === 0) return []
  const facts = await readFacts(
    db,
    rows.map((row) => row.case_number),
  )
  const missing = facts.filter(({ status, digest, recalled_at }) => status !== 'refused' && recalled_at === null && !held.has(digest))
  const sealed = await readMessages(db, missing)
  const factsOf = Map.groupBy(facts, (row) => row.case_number)
  return rows.map((row) => ({
    row,
    procedure: procedureOf(ctx, row.procedure, row.version),
    documents: (factsOf.get(row.case_number) ?? [])
      .map((facts) => ({ ...facts, message: messageOfRow(ctx, row, facts, held, sealed) }))
      .sort((a, b) => (a.jti < b.jti ? -1 : 1)),
  }))
}

/** Of a recalled document nobody is shown the bytes, whether they are still here or not. */
function messageOfRow(
  ctx: Pick<Context, 'vault'>,
  row: CaseRow,
  facts: Pick<DocumentRow, 'jti' | 'iss' | 'digest' | 'recalled_at'>,
  held: ReadonlyMap<string, string>,
  sealed: ReadonlyMap<string, string>,
): string | null {
  if (facts.recalled_at !== null) return null
  return held.get(facts.digest) ?? openedMessage(ctx, row, facts, sealed.get(facts.digest))
}

/** Null also where the key is destroyed: of an erased case the facts remain. */
function openedMessage(
  { vault }: Pick<Context, 'vault'>,
  row: CaseRow,
  document: Pick<DocumentRow, 'jti' | 'iss'>,
  sealed: string | undefined,
): string | null {
  return sealed === undefined || row.erased_at !== null ? null : vault.openMessage(caseKey(row), messageOf(document), sealed)
}

/** Documents without their bytes. Joined, not `= any`: over a table that grows faster than its statistics the planner would read all of it. */
async function readFacts(db: Reader, caseNumbers: readonly string[]): Promise<Omit<DocumentRow, 'message'>[]> {
  return await db
    .selectFrom(sql<{ number: string }>`unnest(${caseNumbers}::text[])`.as<'n'>(sql`n (number)`))
    .innerJoin('documents', 'documents.case_number', 'n.number')
    .select(['jti', 'iss', 'aud', 'digest', 'case_number', 'document', 'from_agency', 'to_agency', 'issued_at', 'received_at', 'seen'])
    .select('recalled_at')
    .select(['answers', 'status', 'refusal', 'standing', 'standing_reason', 'stored_at'])
    .execute()
}

/** The message of the case's first document that this node holds. Gathered before it is put in order, so that no index over all documents is walked. */
export async function readFirstMessage({ db, vault }: Pick<Context, 'db' | 'vault'>, caseNumber: string): Promise<string | undefined> {
  const { rows } = await sql<{ jti: string; iss: string; message: string; data_key: string | null }>`with held as materialized (
      select jti, iss, message from documents where case_number = ${caseNumber} and message is not null and recalled_at is null and status <> 'cancelled')
    select held.jti, held.iss, held.message, c.data_key from held join cases c on c.case_number = ${caseNumber} and c.erased_at is null
      order by held.jti limit 1`.execute(db)
  const [row] = rows
  return row && vault.openMessage(caseKey({ case_number: caseNumber, ...row }), messageOf(row), row.message)
}

/** Sealed, by digest. */
async function readMessages(db: Reader, documents: readonly { jti: string }[]): Promise<Map<string, string>> {
  if (documents.length === 0) return new Map()
  const rows = await db
    .selectFrom('documents')
    .select(['digest', 'message'])
    .where('jti', '=', sql<string>`any(${documents.map(({ jti }) => jti)}::uuid[])`)
    .execute()
  return new Map(rows.flatMap(({ digest, message }) => (message === null ? [] : [[digest, message]])))
}

export async function readCaseRow(db: Reader, caseNumber: string): Promise<CaseRow | undefined> {
  return await db.selectFrom('cases').selectAll().where('case_number', '=', caseNumber).executeTakeFirst()
}
