import { caseNumberParts } from '@hefu/reference'
import { raiseAlert } from '../alerts/alert-store.ts'
import type { LoadedCase } from '../cases/loaded-case.ts'
import { projectCases } from '../cases/project-cases.ts'
import type { Context } from '../context.ts'
import { runTogether, type Statement, type Tx } from '../db/bulk.ts'
import type { CaseRow, DocumentRow } from '../db/schema.ts'
import { transact } from '../db/transact.ts'
import { logStatements } from '../log/pending-log-store.ts'
import { casesApplied } from '../telemetry.ts'
import { keysOfCases } from '../vault/case-key-store.ts'
import { sealedDocument } from '../vault/sealed-document.ts'
import { caseKey } from '../vault/stored-keys.ts'
import { arrivalRow, documentRow, type NewArrival, type Place } from './arrival-rows.ts'
import { caseRowOf } from './case-row.ts'
import {
  arrivedCaseStatements,
  arrivedDocumentStatements,
  insertArrivals,
  placeArrivals,
  quarantine,
  receiptStatements,
  type StoredAnswer,
} from './inbox-store.ts'
import { answersOf, issueReceipt } from './issue-receipt.ts'

export interface Stored {
  /** Of what was really new. */
  readonly answers: readonly StoredAnswer[]
  readonly caseNumbers: string[]
  readonly receipt: string | null
}

type StoreContext = Pick<
  Context,
  'region' | 'db' | 'federation' | 'vault' | 'signer' | 'exchangeLog' | 'now' | 'log' | 'metrics' | 'recent'
>

const nothing: Stored = { answers: [], caseNumbers: [], receipt: null }

/**
 * One transaction: arrivals, one receipt over those really inserted, places, documents, cases, pending log entries. Where the arrivals
 * open cases that ask no register, these are applied in it as well (ADR 0013): nobody else can know them yet. What stands in the way
 * of that, say another request that opens the same case, must not keep a message from being accepted: then the job applies it.
 */
export async function storeArrivals(ctx: StoreContext, iss: string, arrivals: readonly NewArrival[]): Promise<Stored> {
  if (arrivals.length === 0) return nothing
  const nowMs = ctx.now()
  const opened = openedCases(ctx, arrivals, nowMs)
  if (opened.length > 0) {
    try {
      return await storeAndApply(ctx, iss, arrivals, opened, nowMs)
    } catch (error) {
      ctx.log.warn(
        { event: 'messages.apply-postponed', messages: arrivals.length, error: (error as Error).name },
        'messages.apply-postponed',
      )
    }
  }
  return await storeAndApply(ctx, iss, arrivals, [], nowMs)
}

async function storeAndApply(
  ctx: StoreContext,
  iss: string,
  arrivals: readonly NewArrival[],
  opened: readonly LoadedCase[],
  nowMs: number,
): Promise<Stored> {
  const startedMs = performance.now()
  const applied = new Set(opened.map(({ row }) => row.case_number))
  const isApplied = ({ verdict }: NewArrival) => verdict.status === 'accepted' && applied.has(verdict.claims.case)
  // A refusal is a fact of its case as well: what was written behind the refused document waits for it no longer.
  const rowsToApply = (arrival: NewArrival) => (isApplied(arrival) ? [] : documentRow(ctx, arrival, nowMs))
  const issuedToAll = await issueReceipt(ctx, iss, arrivals, nowMs)
  const stored = await transact(ctx.db, async (tx): Promise<Stored> => {
    const keys = await insertArrivals(
      tx,
      arrivals.map((arrival, at) => arrivalRow(arrival, iss, nowMs, issuedToAll.places[at] as Place, rowsToApply(arrival).length > 0)),
    )
    const inserted = arrivals.filter((arrival) => keys.has(`${arrival.jti} ${arrival.digest}`))
    if (inserted.length === 0) return nothing
    const isWhole = inserted.length === arrivals.length
    if (opened.length > 0 && !isWhole) throw new Error('another request stores the same messages')
    const issued = isWhole ? issuedToAll : await issueReceipt(ctx, iss, inserted, nowMs)
    if (!isWhole) await placeArrivals(tx, iss, inserted, issued.places)
    const others = inserted.filter((arrival) => !isApplied(arrival))
    const documents = others.flatMap(rowsToApply)
    const sealed = await sealArrived(tx, ctx, others, documents)
    await projectCases(tx, ctx, opened, [
      ...arrivedDocumentStatements(sealed),
      ...receiptStatements([issued.row]),
      ...logStatements(nowMs, issued.entries),
    ])
    await keepReusedIds(
      tx,
      ctx,
      iss,
      inserted.filter((arrival) => !arrival.first),
    )
    const caseNumbers = [...new Set(documents.map((row) => row.case_number))]
    return { answers: answersOf(inserted, issued), caseNumbers, receipt: issued.row.digest }
  })
  if (opened.length > 0 && stored.receipt !== null)
    casesApplied(
      ctx,
      opened.map(({ row }) => row),
      performance.now() - startedMs,
    )
  return stored
}

/**
 * Cases that these arrivals open, with all their documents: one of them starts it, no register is to be asked about it, and none of
 * them has seen anything else, which this node may hold as refused or may still wait for. In the order of their numbers, in which
 * everybody locks them.
 */
function openedCases(ctx: StoreContext, arrivals: readonly NewArrival[], nowMs: number): LoadedCase[] {
  const accepted = arrivals.flatMap((arrival) =>
    arrival.verdict.status === 'accepted' && arrival.isNewCase ? [{ arrival, verdict: arrival.verdict }] : [],
  )
  const opened = [...Map.groupBy(accepted, ({ verdict }) => verdict.claims.case).values()].flatMap((ofCase): LoadedCase[] => {
    const digests = new Set(ofCase.map(({ arrival }) => arrival.digest))
    if (!ofCase.every(({ verdict }) => verdict.claims.seen.every((seen) => digests.has(seen)))) return []
    const [start, ...others] = ofCase.filter(({ verdict }) => verdict.starts)
    if (!start || others.length > 0) return []
    const row = caseRowOf(ctx, start.verdict)
    if (start.verdict.procedure.registerAnswers.some(({ role }) => role === row.role)) return []
    const documents = ofCase.flatMap(({ arrival }) => documentRow(ctx, arrival, nowMs)).sort((a, b) => (a.jti < b.jti ? -1 : 1))
    const contents = new Map(ofCase.map(({ arrival, verdict }) => [arrival.digest, verdict.claims.data]))
    const unstored = new Set(documents.map(({ jti }) => jti))
    return [{ row, procedure: start.verdict.procedure, documents, contents, isNew: true, unstored }]
  })
  return opened.sort((a, b) => (a.row.case_number < b.row.case_number ? -1 : 1))
}

/**
 * Documents of cases that are not opened with them, sealed. Another request may open the same case at this instant and its key then stands, so the
 * cases are written first and their keys read behind that.
 */
async function sealArrived(
  tx: Tx,
  ctx: StoreContext,
  inserted: readonly NewArrival[],
  documents: readonly DocumentRow[],
): Promise<DocumentRow[]> {
  await runTogether(tx, caseStatements(ctx, inserted))
  const keys = await keysOfCases(tx, ctx, [...new Set(documents.map((row) => row.case_number))])
  return documents.map((row) => sealedDocument(ctx.vault, caseKey({ ...row, data_key: keys.get(row.case_number) ?? null }), row))
}

function caseStatements(ctx: StoreContext, inserted: readonly NewArrival[]): Statement[] {
  const starting: CaseRow[] = []
  const early: CaseRow[] = []
  for (const { verdict } of inserted) {
    // Of a case that is known here, only its owner's first document could change anything.
    if (verdict.status !== 'accepted' || verdict.claims.iss !== caseNumberParts(verdict.claims.case).owner) continue
    const rows = verdict.starts ? starting : early
    rows.push(caseRowOf(ctx, verdict))
  }
  return arrivedCaseStatements(starting, early)
}

async function keepReusedIds(tx: Tx, ctx: StoreContext, iss: string, reused: readonly NewArrival[]): Promise<void> {
  if (reused.length === 0) return
  await quarantine(
    tx,
    ctx,
    reused.map(({ jti, digest, token }) => ({ iss, jti, digest, message: token })),
  )
  for (const { jti, digest } of reused)
    await raiseAlert(tx, ctx, { kind: 'message.reused-id', key: `${iss}:${jti}:${digest}`, peer: iss, jti, detail: { digest } })
}
