import {
  type Deadline,
  type Finding,
  type NextDocument,
  nextFor,
  type Procedure,
  type Reason,
  type Replay,
  stateTitle,
  type Text,
} from '@hefu/procedures'
import { requireCaseScope } from '../access/require-scope.ts'
import { type ContentRequestView, readContentRequests } from '../content/content-store.ts'
import type { Caller, Context } from '../context.ts'
import type { DocumentRow } from '../db/schema.ts'
import { HefuError } from '../errors.ts'
import { caseEtag } from './case-etag.ts'
import { loadCases, readCaseRow } from './case-store.ts'
import { type LoadedCase, replayCase, storedClaims } from './loaded-case.ts'

export interface DocumentView {
  readonly id: string
  readonly document: string
  readonly by: string
  readonly from: string
  readonly to: string
  readonly issuedAt: string
  readonly receivedAt: string | null
  readonly digest: string
  readonly answers: string | null
  readonly standing: 'effective' | 'void' | 'waiting' | 'refused'
  readonly reason: Reason | null
}

export interface CaseDetail {
  readonly caseNumber: string
  readonly procedure: string
  readonly version: number
  readonly role: string
  readonly state: string
  readonly stateTitle: Text
  readonly final: boolean
  readonly ballHolder: string | null
  readonly due: string | null
  readonly effectiveUntil: string | null
  readonly openedAt: string
  readonly updatedAt: string
  readonly agency: string
  readonly participants: readonly { readonly region: string; readonly role: string; readonly agency: string }[]
  readonly agreement: string
  /** Unquoted. */
  readonly etag: string
  readonly deadlines: readonly Deadline[]
  readonly next: readonly NextDocument[]
  /** Since when the content is no longer used, and since when it is gone (its retention has ended). */
  readonly blockedAt: string | null
  readonly erasedAt: string | null
  /** What the sides asked each other about the bytes, and the answers. */
  readonly contentRequests: readonly ContentRequestView[]
  readonly findings: readonly (Finding & { readonly digest: string })[]
  readonly documents: readonly DocumentView[]
}

/** Officers see the cases of their agency, auditors the metadata of all; to everybody else a case does not exist. */
export async function readCase(
  ctx: Pick<Context, 'db' | 'procedures' | 'vault'>,
  caller: Caller,
  procedure: Procedure | null,
  caseNumber: string,
): Promise<CaseDetail> {
  const loaded = await readLoadedCase(ctx, caller, procedure, caseNumber)
  const requests = await readContentRequests(ctx.db, [caseNumber])
  return renderCase(loaded, requests.get(caseNumber))
}

export async function readLoadedCase(
  ctx: Pick<Context, 'db' | 'procedures' | 'vault'>,
  caller: Caller,
  procedure: Procedure | null,
  caseNumber: string,
): Promise<LoadedCase> {
  const row = await readCaseRow(ctx.db, caseNumber)
  if (!row || (procedure && row.procedure !== procedure.name)) throw new HefuError('not-found')
  if (caller.role === 'officer' && row.agency !== caller.agency) throw new HefuError('not-found')
  requireCaseScope(caller, row, 'read')
  const [loaded] = await loadCases(ctx.db, ctx, [row])
  if (!loaded) throw new HefuError('not-found')
  return loaded
}

export function renderCase(loaded: LoadedCase, contentRequests: readonly ContentRequestView[] = []): CaseDetail {
  const { row, procedure } = loaded
  const replay = replayCase(loaded)
  const dues = replay.deadlines.map((d) => d.due).filter((due) => due !== null)
  return {
    caseNumber: row.case_number,
    procedure: procedure.name,
    version: procedure.version,
    role: row.role,
    state: replay.state,
    stateTitle: stateTitle(procedure, replay.state),
    final: replay.final,
    ballHolder: replay.ballHolder,
    due: dues.sort()[0] ?? null,
    effectiveUntil: replay.effectiveUntil,
    openedAt: row.opened_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
    agency: row.agency,
    participants: row.participants.map(({ region, role, agency }) => ({ region, role, agency })),
    agreement: row.agreement,
    etag: caseEtag(loaded.documents),
    deadlines: replay.deadlines,
    next: row.erased_at === null ? nextFor(procedure, replay, row.role) : [],
    blockedAt: row.blocked_at?.toISOString() ?? null,
    erasedAt: row.erased_at?.toISOString() ?? null,
    contentRequests,
    findings: replay.findings,
    documents: documentsInOrder(loaded, replay).map((document) => renderDocument(document, replay)),
  }
}

/** In the order of the fold; what is not placed (waiting, refused) behind, by id. */
export function documentsInOrder(loaded: LoadedCase, replay: Replay): DocumentRow[] {
  const place = new Map(replay.order.map((digest, at) => [digest, at]))
  const at = (row: DocumentRow) => place.get(row.digest) ?? Number.MAX_SAFE_INTEGER
  return loaded.documents.filter((row) => row.status !== 'cancelled').toSorted((a, b) => at(a) - at(b) || (a.jti < b.jti ? -1 : 1))
}

function renderDocument(row: DocumentRow, replay: Replay): DocumentView {
  const standing = replay.standings.get(row.digest) ?? { standing: 'waiting' as const }
  return {
    id: row.jti,
    document: row.document,
    by: row.iss,
    from: row.from_agency,
    to: row.to_agency,
    issuedAt: row.issued_at.toISOString(),
    receivedAt: row.received_at?.toISOString() ?? null,
    digest: row.digest,
    answers: row.answers,
    standing: standing.standing,
    reason: 'reason' in standing ? (standing.reason ?? null) : null,
  }
}

/** Throws HefuError `erased` or `blocked` once the retention of the case has ended. */
export function requireContent({ blocked_at, erased_at }: LoadedCase['row']): void {
  if (erased_at !== null) throw new HefuError('erased')
  if (blocked_at !== null) throw new HefuError('blocked')
}

export interface DocumentContent extends DocumentView {
  readonly purpose: string | null
  readonly basis: string | null
  /** Null where this node refused the document: it keeps no content. */
  readonly data: unknown
  /** The exact signed bytes. */
  readonly message: string | null
}

export async function readDocument(
  ctx: Pick<Context, 'db' | 'procedures' | 'vault'>,
  caller: Caller,
  caseNumber: string,
  id: string,
): Promise<DocumentContent> {
  const loaded = await readLoadedCase(ctx, caller, null, caseNumber)
  const row = loaded.documents.find((document) => document.jti === id && document.status !== 'cancelled')
  if (!row) throw new HefuError('not-found')
  requireContent(loaded.row)
  if (row.recalled_at !== null) throw new HefuError('recalled')
  const claims = row.message === null ? null : storedClaims(row.message)
  return {
    ...renderDocument(row, replayCase(loaded)),
    purpose: claims?.purpose ?? null,
    basis: claims?.basis ?? null,
    data: claims?.data ?? null,
    message: row.message,
  }
}
