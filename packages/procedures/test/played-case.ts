import type { AgencyCode, CaseNumber, RegionId } from '@hefu/reference'
import type { CaseDocument, CaseFacts, Procedure, Replay } from '../src/engine/procedure.ts'
import { replay } from '../src/engine/replay.ts'

export interface PlayedCase {
  readonly procedure: Procedure
  readonly replay: Replay
  /** The case before its last document. */
  readonly before: Replay
  readonly documents: readonly CaseDocument[]
}

export interface Regions {
  readonly owner: string
  readonly other: string
}

const chengduToChongqing: Regions = { owner: '510100', other: '500000' }

/** Each document saw and, where it answers, answers the latest before it; all were received an hour after they were issued. */
export function playCase(
  procedure: Procedure,
  written: readonly (readonly [string, unknown])[],
  { owner, other }: Regions = chengduToChongqing,
  issuedOn = '2026-11-20',
): PlayedCase {
  const documents: CaseDocument[] = []
  const start = Date.parse(`${issuedOn}T09:00:00+08:00`) / 1000
  for (const [document, data] of written) {
    const definition = procedure.documents[document]
    const answered = documents.findLast((one) => definition?.answers?.includes(one.document))
    const mine = definition?.by === procedure.roles.owner.role
    documents.push({
      digest: `${documents.length}-${document}`,
      document,
      by: (mine ? owner : other) as RegionId,
      from: `${mine ? owner : other}-0001` as AgencyCode,
      to: `${mine ? other : owner}-0001` as AgencyCode,
      issuedAt: start + documents.length,
      seen: documents.slice(-1).map((one) => one.digest),
      ...(answered !== undefined && { answers: answered.digest }),
      data,
    })
  }
  const facts: CaseFacts = {
    caseNumber: `${owner}-${procedure.code}-20261120-00000000` as CaseNumber,
    owner: owner as RegionId,
    counterparties: [other as RegionId],
    deadlineRules: 1,
    receivedAt: new Map(documents.map((one) => [one.digest, one.issuedAt + 3600])),
    refused: [],
  }
  return {
    procedure,
    replay: replay(procedure, documents, facts),
    before: replay(procedure, documents.slice(0, -1), facts),
    documents,
  }
}

/** What `check` says about the last document where it stands, as `code pointer`. */
export function findingsOfLast({ procedure, before, documents }: PlayedCase): string[] {
  const last = documents.at(-1) as CaseDocument
  return procedure.check(before.view, last).map((found) => `${found.code} ${found.pointer}`)
}
