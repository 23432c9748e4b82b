import type { AgencyCode, CaseNumber, RegionId } from '@hefu/reference'
import { type CaseDocument, type CaseFacts, type Procedure, type RefusedDocument, type Replay, replay } from '../src/index.ts'

export const chengdu = '510100' as RegionId
export const chongqing = '500000' as RegionId

/** 2026-02-13 09:00 in Asia/Shanghai, the Friday of the known answers. */
export const friday = Date.UTC(2026, 1, 13, 1) / 1000

export function document(digest: string, kind: string, more: Partial<CaseDocument> = {}): CaseDocument {
  return {
    digest,
    document: kind,
    by: chengdu,
    from: '510100-0001' as AgencyCode,
    to: '500000-0001' as AgencyCode,
    issuedAt: friday,
    seen: [],
    data: {},
    ...more,
  }
}

export function factsWith(more: Partial<CaseFacts> = {}): CaseFacts {
  return {
    caseNumber: '510100-VN-20260213-7K3F9QX6' as CaseNumber,
    owner: chengdu,
    counterparties: [chongqing],
    deadlineRules: 1,
    receivedAt: new Map(),
    refused: [],
    ...more,
  }
}

export function refusal(of: CaseDocument, reason = 'expired'): RefusedDocument {
  return { digest: of.digest, document: of.document, by: of.by, reason }
}

/** The documents of a case in which each side reads everything before it writes; all received when issued. */
export function conversation(
  procedure: Procedure,
  steps: readonly (readonly [kind: string, data: unknown])[],
): { documents: CaseDocument[]; result: Replay } {
  const documents: CaseDocument[] = []
  const facts = () => factsWith({ receivedAt: new Map(documents.map(({ digest, issuedAt }) => [digest, issuedAt])) })
  for (const [kind, data] of steps) {
    const role = procedure.documents[kind]?.by ?? ''
    const by = role === procedure.roles.owner.role ? chengdu : chongqing
    const answered = replay(procedure, documents, facts()).view.latest(...(procedure.documents[kind]?.answers ?? []))
    documents.push(
      document(`${documents.length}-${kind}`, kind, {
        by,
        seen: documents.slice(-1).map((last) => last.digest),
        data,
        ...(answered && { answers: answered.digest }),
      }),
    )
  }
  return { documents, result: replay(procedure, documents, facts()) }
}

export function exampleData(procedure: Procedure, kind: string, at = 0): unknown {
  return procedure.documents[kind]?.examples[at]?.body.data
}
