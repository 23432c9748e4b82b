import {
  type CaseDocument,
  type CaseFacts,
  type Procedure,
  type RefusedDocument,
  type Replay,
  replay,
  type Standing,
} from '@hefu/procedures'
import type { AgencyCode, CaseNumber, RegionId } from '@hefu/reference'
import type { Context } from '../context.ts'
import type { CaseRow, DocumentRow } from '../db/schema.ts'

/** A case as stored: what replay needs, and nothing derived. */
export interface LoadedCase {
  readonly row: CaseRow
  readonly procedure: Procedure
  readonly documents: readonly DocumentRow[]
  /** Not stored yet: its row is written with the state that its first document gives it. */
  readonly isNew?: true
  /** Documents that are not stored yet, by `jti`: they are written with the standing that replay gives them. */
  readonly unstored?: ReadonlySet<string>
  /** What documents say, by digest, where it is at hand: reading it again from the bytes costs as much as replaying it. */
  readonly contents?: ReadonlyMap<string, unknown>
}

/** What a stored message says. The bytes were verified before they were stored (or signed here), so plain parsing is safe. */
export interface StoredClaims {
  readonly case: string
  readonly purpose: string
  readonly basis: string
  readonly agreement: string
  readonly data: unknown
}

export function storedClaims(message: string): StoredClaims {
  const start = message.indexOf('.') + 1
  return JSON.parse(Buffer.from(message.slice(start, message.indexOf('.', start)), 'base64url').toString()) as StoredClaims
}

export function procedureOf(ctx: Pick<Context, 'procedures'>, name: string, version: number): Procedure {
  const procedure = ctx.procedures.find((p) => p.name === name && p.version === version)
  if (!procedure) throw new Error(`procedure ${name}/${version} is not installed on this node`)
  return procedure
}

export function toCaseDocument(row: DocumentRow & { message: string }, contents?: ReadonlyMap<string, unknown>): CaseDocument {
  const data = contents?.has(row.digest) ? contents.get(row.digest) : storedClaims(row.message).data
  return { ...factsOfDocument(row), data }
}

function factsOfDocument(row: DocumentRow): Omit<CaseDocument, 'data'> {
  return {
    digest: row.digest,
    document: row.document,
    by: row.iss as RegionId,
    from: row.from_agency as AgencyCode,
    to: row.to_agency as AgencyCode,
    issuedAt: row.issued_at.getTime() / 1000,
    seen: row.seen,
    ...(row.answers === null ? {} : { answers: row.answers }),
  }
}

/** Documents and facts for `replay`; what was never sent (cancelled) is not part of the case. */
export function replayInput(loaded: LoadedCase): { documents: CaseDocument[]; facts: CaseFacts } {
  const documents: CaseDocument[] = []
  const refused: RefusedDocument[] = []
  const recalled = new Set<string>()
  const receivedAt = new Map<string, number>()
  for (const row of loaded.documents) {
    if (row.status === 'cancelled') continue
    if (row.received_at) receivedAt.set(row.digest, row.received_at.getTime() / 1000)
    if (row.status === 'refused')
      refused.push({ digest: row.digest, document: row.document, by: row.iss as RegionId, reason: row.refusal ?? '' })
    else if (row.recalled_at !== null) {
      recalled.add(row.digest)
      documents.push({ ...factsOfDocument(row), data: {} })
    } else if (row.message !== null) documents.push(toCaseDocument(row as DocumentRow & { message: string }, loaded.contents))
  }
  const { row } = loaded
  const facts: CaseFacts = {
    caseNumber: row.case_number as CaseNumber,
    owner: row.owner as RegionId,
    counterparties: row.participants.filter((p) => p.region !== row.owner).map((p) => p.region as RegionId),
    deadlineRules: row.deadline_rules,
    receivedAt,
    refused,
    ...(recalled.size > 0 && { recalled }),
  }
  return { documents, facts }
}

/** Of an erased case what its rows say: there is nothing left to replay. */
export function replayCase(loaded: LoadedCase): Replay {
  if (loaded.row.erased_at !== null) return remembered(loaded)
  const { documents, facts } = replayInput(loaded)
  return replay(loaded.procedure, documents, facts)
}

function remembered(loaded: LoadedCase): Replay {
  const { row } = loaded
  const documents = loaded.documents.filter(({ status }) => status !== 'cancelled')
  return {
    state: row.state,
    final: row.final,
    ballHolder: null,
    deadlines: [],
    effectiveUntil: row.effective_until,
    standings: new Map(documents.map(({ digest, standing, standing_reason: reason }) => [digest, { standing, reason } as Standing])),
    order: documents.map(({ digest }) => digest),
    forks: [],
    findings: [],
    view: { facts: replayInput({ ...loaded, documents: [] }).facts, state: row.state, effective: [], latest: () => undefined },
  }
}
